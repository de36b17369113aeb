internal import Histories

/// What an operation on a collection did, as far as elements are concerned.
struct ElementAct {
  /// What an operation showed not to be there.
  enum Absence: Hashable {
    case nothing
    case element(Value)
    /// All but these: of nothing found, all.
    case allBut(Set<Value>)

    func includes(_ element: Value) -> Bool {
      switch self {
      case .nothing: false
      case .element(let absent): absent == element
      case .allBut(let present): !present.contains(element)
      }
    }
  }

  var operation: Operation
  /// What it added, if it took effect.
  var adds: Value?
  /// What it took, if it took effect and that was there.
  var takes: Value?
  /// Whether it may have taken any element.
  var takesUnknown = false
  /// What it showed to be there.
  var finds: [Value] = []
  /// What it showed to be absent.
  var lacks = Absence.nothing

  /// Its end; nil if it crashed, so that it may take effect at any time.
  var end: Int? { operation.isOk ? operation.completion : nil }

  func mayTake(_ element: Value) -> Bool { takesUnknown || takes == element }

  /// Whether it says itself that it took the element.
  func hasTaken(_ element: Value) -> Bool { takes == element && finds.contains(element) }

  func isOver(before position: Int) -> Bool { end.map { $0 < position } ?? false }
}

/// Which of the elements of a collection comes back first.
enum ElementOrder {
  case any, firstIn, lastIn
  /// Nothing is taken out, and reads show all: in a list in the order in which it came.
  case kept(isList: Bool)
  case smallest(@Sendable (Value) -> Double?)
}

/// Why an operation on a collection is impossible, before it is put into words. Each case says
/// enough to be checked against the operations, and is a proof if it is true.
enum ElementReason: Hashable {
  /// It found the element, which nobody can have added.
  case neverAdded(Value)
  /// It took the element, as others had: more often than it can have been added.
  case takenTooOften(Value)
  /// It showed the element to be absent, which had been there since that operation, or from the
  /// start.
  case wasThere(Value, since: Int?)
  /// It found the second element, although the first had been there likewise and comes ahead of it.
  case notFirst(Value, since: Int?, found: Value)
  /// It lacked the element, which that operation had seen before, although nothing is taken out.
  case wasSeen(Value, by: Int)
  /// It and that operation saw contents of which neither can have become the other.
  case disagrees(Int)
}

/// The operations on a collection up to the end of one that is impossible.
struct ElementHistory {
  let initial: [Value]
  let order: ElementOrder
  let blamed: ElementAct
  /// The end of the impossible operation.
  let end: Int
  /// What had begun by then, without what failed and the impossible operation.
  let others: [ElementAct]

  /// Whether the reason is true of the operations. Complexity: O(n).
  func isTrue(_ reason: ElementReason) -> Bool {
    switch reason {
    case .neverAdded(let element):
      return blamed.finds.contains(element) && !initial.contains(element)
        && !others.contains { $0.adds == element }
    case .takenTooOften(let element):
      return blamed.hasTaken(element) && takers(of: element).count + 1 > supply(of: element)
    case .wasThere(let element, let since):
      return blamed.lacks.includes(element) && wasThere(element, since: since)
    case .notFirst(let element, let since, let found):
      return element != found && blamed.finds.contains(found) && wasThere(element, since: since)
        && comesFirst(element, since: since, before: found)
    case .wasSeen(let element, let id):
      guard case .kept = order, let seer = others.first(where: { $0.operation.id == id }) else {
        return false
      }
      return blamed.lacks.includes(element) && seer.finds.contains(element)
        && seer.isOver(before: blamed.operation.invocation)
    case .disagrees(let id):
      guard case .kept(let isList) = order, case .allBut(let own) = blamed.lacks,
        let reader = others.first(where: { $0.operation.id == id }),
        case .allBut(let other) = reader.lacks, reader.isOver(before: end)
      else { return false }
      return isList
        ? !reader.finds.starts(with: blamed.finds) && !blamed.finds.starts(with: reader.finds)
        : !own.isSubset(of: other) && !other.isSubset(of: own)
    }
  }

  /// What had certainly taken the element.
  func takers(of element: Value) -> [ElementAct] {
    others.filter { $0.hasTaken(element) && $0.isOver(before: end) }
  }

  /// How often the element can have been there at most.
  func supply(of element: Value) -> Int {
    initial.count { $0 == element } + others.count { $0.adds == element }
  }

  /// Whether the element was there all the time that the impossible operation lasted: it had been
  /// added before, and whatever may have taken it was over before it was added.
  private func wasThere(_ element: Value, since: Int?) -> Bool {
    var begin = -1
    if let since {
      guard let adder = others.first(where: { $0.operation.id == since }), adder.adds == element,
        adder.isOver(before: blamed.operation.invocation)
      else { return false }
      begin = adder.operation.invocation
    } else if !initial.contains(element) {
      return false
    }
    return others.allSatisfy { !$0.mayTake(element) || $0.isOver(before: begin) }
  }

  private func comesFirst(_ element: Value, since: Int?, before found: Value) -> Bool {
    let adders = others.filter { $0.adds == found }
    switch order {
    case .any, .kept: return false
    case .firstIn:
      guard !initial.contains(found) else { return false }
      guard let since, let end = others.first(where: { $0.operation.id == since })?.end else {
        return true
      }
      return adders.allSatisfy { $0.operation.invocation > end }
    case .lastIn:
      guard let begin = others.first(where: { $0.operation.id == since })?.operation.invocation
      else { return false }
      return adders.allSatisfy { $0.isOver(before: begin) }
    case .smallest(let priority):
      guard let one = priority(element), let other = priority(found) else { return false }
      return one < other
    }
  }

  /// A true reason, looked for among the elements and operations that the core is about.
  func reason(among elements: [Value], and members: Set<Int>) -> ElementReason? {
    candidates(among: elements, and: members).prefix(2_000).first(where: isTrue)
  }

  /// What may be the reason.
  func candidates(among elements: [Value], and members: Set<Int>) -> [ElementReason] {
    var candidates: [ElementReason] = blamed.finds.prefix(1_000).map { .neverAdded($0) }
    candidates += blamed.takes.map { [.takenTooOften($0)] } ?? []
    for element in elements {
      let adders: [Int?] = others.filter { $0.adds == element }.map(\.operation.id) + [nil]
      candidates += adders.map { .wasThere(element, since: $0) }
      for found in blamed.finds.prefix(1) {
        candidates += adders.map { .notFirst(element, since: $0, found: found) }
      }
    }
    for other in others where members.contains(other.operation.id) && !other.finds.isEmpty {
      candidates += Set(other.finds.prefix(100)).map { .wasSeen($0, by: other.operation.id) }
      candidates.append(.disagrees(other.operation.id))
    }
    return candidates
  }
}
