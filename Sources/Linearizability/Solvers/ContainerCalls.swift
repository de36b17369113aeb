/// What calls on a container of elements do.
package enum ContainerKind {
  package static let insert: UInt8 = 0
  package static let remove: UInt8 = 1
  package static let look: UInt8 = 2
  /// They found nothing.
  package static let removeNothing: UInt8 = 3
  package static let lookNothing: UInt8 = 4
  /// It says nothing.
  package static let observeNothing: UInt8 = 5
  /// It took something that nobody knows, or found nothing; what its value is does not matter.
  package static let removeUnknown: UInt8 = 6

  package static let crashed: [UInt8] = [
    insert, removeUnknown, observeNothing, removeUnknown, observeNothing, observeNothing,
    removeUnknown,
  ]
}

/// The calls on a container of unique elements, by element.
///
/// Intervals are tightened: an element was put in before anybody saw it, and taken out after
/// everybody who looked at it. Putting in by a crashed call that nobody saw is left out. A crashed
/// call that took a known element takes effect; one of which nobody knows what it took may have
/// taken anything, or nothing.
///
/// Gap p is the time right behind the event at position p, up to the next one.
struct ContainerCalls: ~Copyable {
  typealias Kind = ContainerKind
  static let none = CallColumns.none

  let columns: CallColumns
  /// By element, the calls that put it in and took it out.
  let inserter: Scratch<UInt32>
  let remover: Scratch<UInt32>
  /// By element, the first completion and the last invocation of the calls that looked at it, if any
  /// call looked at any.
  private(set) var lookEnd = Scratch<UInt32>(repeating: 0, count: 0)
  private(set) var lookStart = Scratch<UInt32>(repeating: 0, count: 0)
  private(set) var hasLooks = false
  /// Whether calls that completed found nothing, or say nothing.
  private(set) var hasEmpties = false
  private(set) var hasFree = false
  /// Crashed calls of which nobody knows what they took, in order of invocation.
  private(set) var unknownRemovals: [UInt32] = []
  /// An element's tightened intervals: it was put in between `start` and `certain`, and taken out
  /// between `gone` and `end`, which are `none` if that never happened or has no end. From `certain`
  /// to `gone` it was there.
  struct Element: BitwiseCopyable {
    var start: UInt32
    var certain: UInt32
    var gone: UInt32
    var end: UInt32
  }

  init(_ columns: CallColumns) {
    self.columns = columns
    inserter = Scratch(repeating: Self.none, count: columns.valueCount)
    remover = Scratch(repeating: Self.none, count: columns.valueCount)
  }

  var count: UInt32 { UInt32(columns.valueCount) }

  // MARK: Gathering

  /// Gathers the calls; the answer, if it is known already.
  mutating func gather(_ calls: CallColumns.Pointers) -> Decision? {
    let (inserter, remover) = (inserter.base, remover.base)
    var isRepeated = false
    for call in 0..<calls.count {
      let kind = calls.kind[call]
      if kind > Kind.remove {
        if let decision = gatherOther(calls, call) { return decision }
        continue
      }
      // Without branches: insertions and removals alternate at random.
      let places = kind == Kind.insert ? inserter : remover
      let value = calls.value[call]
      isRepeated = isRepeated || places[value] != Self.none
      places[value] = UInt32(call)
    }
    if isRepeated { return repetition(calls) }
    for element in 0..<count {
      if let core = flaw(of: element, calls) { return .impossible(core) }
    }
    return nil
  }

  private mutating func gatherOther(_ calls: CallColumns.Pointers, _ call: Int) -> Decision? {
    let completion = calls.completion[call]
    if calls.kind[call] == Kind.removeUnknown {
      if completion != Self.none { return .undecided }
      unknownRemovals.append(UInt32(call))
    }
    if completion == Self.none { return nil }
    switch calls.kind[call] {
    case Kind.look: gatherLook(calls.value[call], calls.invocation[call], completion)
    case Kind.observeNothing: hasFree = true
    default: hasEmpties = true
    }
    return nil
  }

  private mutating func gatherLook(_ value: UInt32, _ start: UInt32, _ end: UInt32) {
    if !hasLooks {
      hasLooks = true
      lookEnd = Scratch(repeating: Self.none, count: columns.valueCount)
      lookStart = Scratch(repeating: 0, count: columns.valueCount)
    }
    lookEnd[value] = min(lookEnd[value], end)
    lookStart[value] = start
  }

  /// An element that was taken out twice; undecided if one was put in twice.
  private func repetition(_ calls: CallColumns.Pointers) -> Decision {
    var removals: [Int]?
    var seen = Array(repeating: false, count: columns.valueCount)
    var taken = Array(repeating: Self.none, count: columns.valueCount)
    for call in 0..<calls.count {
      let value = calls.value[call]
      if calls.kind[call] == Kind.insert {
        if seen[Int(value)] { return .undecided }
        seen[Int(value)] = true
      } else if calls.kind[call] == Kind.remove {
        let other = taken[Int(value)]
        if other != Self.none { removals = removals ?? [Int(other), call] }
        taken[Int(value)] = UInt32(call)
      }
    }
    return .impossible(removals ?? [])
  }

  /// The calls that show that an element's intervals are the wrong way round.
  private func flaw(of element: UInt32, _ calls: CallColumns.Pointers) -> [Int]? {
    let (insertion, removal) = (inserter[element], remover[element])
    if !hasLooks, removal == Self.none { return nil }
    let start = insertion == Self.none ? Self.none : calls.invocation[insertion]
    let end = removal == Self.none ? Self.none : calls.completion[removal]
    if removal != Self.none, insertion == Self.none || end < start {
      return (insertion == Self.none ? [] : [Int(insertion)]) + [Int(removal)]
    }
    guard hasLooks, lookEnd[element] < start || lookStart[element] > end else { return nil }
    let look = looks(calls, at: element).first {
      calls.completion[$0] < start || calls.invocation[$0] > end
    }
    return [insertion, removal].filter { $0 != Self.none }.map(Int.init) + (look.map { [$0] } ?? [])
  }

  func looks(_ calls: CallColumns.Pointers, at element: UInt32) -> [Int] {
    (0..<calls.count).filter {
      calls.kind[$0] == Kind.look && calls.value[$0] == element
        && calls.completion[$0] != Self.none
    }
  }

  // MARK: Elements

  /// An element's intervals; nil if it was never put in, or by a crashed call that nobody saw.
  @inline(__always)
  func element(_ element: UInt32, _ calls: CallColumns.Pointers) -> Element? {
    let (insertion, removal) = (inserter[element], remover[element])
    if insertion == Self.none { return nil }
    let start = calls.invocation[insertion]
    var result = Element(
      start: start, certain: calls.completion[insertion], gone: Self.none, end: Self.none)
    if removal != Self.none {
      result.end = calls.completion[removal]
      result.gone = max(start, calls.invocation[removal])
      result.certain = min(result.certain, result.end)
    }
    if hasLooks {
      result.certain = min(result.certain, lookEnd[element])
      if removal != Self.none { result.gone = max(result.gone, lookStart[element]) }
    }
    return result.certain == Self.none && removal == Self.none ? nil : result
  }

  /// An element that takes part, with its calls and the gaps that they can take effect in; what nobody
  /// took is gone where there are no more gaps.
  struct Member {
    var number: UInt32
    var insertion: UInt32
    var insertionGaps: Range<Int>
    /// `none` if nobody took it.
    var removal: UInt32
    var removalGaps: Range<Int>
    var looks: [(call: UInt32, gaps: Range<Int>)] = []

    /// The gaps in which it is there for certain; empty if there are none.
    var critical: Range<Int> {
      min(insertionGaps.upperBound, removalGaps.lowerBound)..<removalGaps.lowerBound
    }
  }

  /// The elements that take part, in order of their numbers.
  func members(_ pointers: CallColumns.Pointers) -> [Member] {
    let last = Int(columns.lastPosition) + 1
    func limited(_ position: UInt32) -> Int { position == Self.none ? last : Int(position) }
    let looks = hasLooks ? GroupedNumbers(pointers, kind: Kind.look, valueCount: count) : nil
    var members: [Member] = []
    members.reserveCapacity(columns.valueCount)
    for number in 0..<count {
      guard let element = element(number, pointers) else { continue }
      let gone = limited(element.gone)
      var member = Member(
        number: number, insertion: inserter[number],
        insertionGaps: Int(element.start)..<limited(element.certain), removal: remover[number],
        removalGaps: gone..<max(gone, limited(element.end)))
      if let looks {
        member.looks = looks[Int(number)].map { call in
          let gaps = interval(of: call, pointers) ?? 0..<0
          return (call, Int(gaps.lowerBound)..<limited(gaps.upperBound))
        }
      }
      members.append(member)
    }
    return members
  }

  /// Calls that completed and found nothing, with their gaps.
  func empties(_ pointers: CallColumns.Pointers) -> [(call: UInt32, gaps: Range<Int>)] {
    if !hasEmpties { return [] }
    return (0..<pointers.count).filter { call in
      let kind = pointers.kind[call]
      return (kind == Kind.removeNothing || kind == Kind.lookNothing)
        && pointers.completion[call] != Self.none
    }.map { (UInt32($0), Int(pointers.invocation[$0])..<Int(pointers.completion[$0])) }
  }

  /// Says that a crashed call took the element, or with `none` that nobody did.
  func giveRemoval(_ call: UInt32, to element: UInt32) { remover[element] = call }

  /// All calls on the elements that fit.
  func calls(on isPart: (UInt32) -> Bool) -> [Int] {
    columns.withPointers { calls in
      (0..<calls.count).filter {
        calls.kind[$0] <= Kind.look && isPart(calls.value[$0])
      }
    }
  }
}

extension ContainerCalls {
  /// An order with the calls that say nothing merged in.
  func mergingFree(_ order: [UInt32]) -> [UInt32] {
    if !hasFree { return order }
    let free = columns.withPointers { calls in
      (0..<calls.count).filter {
        calls.kind[$0] == Kind.observeNothing && calls.completion[$0] != Self.none
      }
    }
    return mergedLinearization([order, free.map(UInt32.init)], callCount: columns.count)
  }
}

extension ContainerCalls {
  /// Elements, few if possible, of which at every gap of the range one is there for certain.
  func elementsCovering(
    _ gaps: Range<UInt32>, _ pointers: CallColumns.Pointers,
    where fits: (UInt32) -> Bool = { _ in true }
  ) -> Set<UInt32> {
    var critical: [(certain: UInt32, gone: UInt32, number: UInt32)] = []
    for number in 0..<count {
      guard let element = element(number, pointers), element.certain < element.gone,
        element.certain < gaps.upperBound, element.gone > gaps.lowerBound, fits(number)
      else { continue }
      critical.append((element.certain, element.gone, number))
    }
    critical.sort { $0.certain < $1.certain }
    var chosen: Set<UInt32> = []
    var gap = gaps.lowerBound
    var best = (gone: UInt32(0), number: Self.none)
    var next = critical[...]
    while gap < gaps.upperBound {
      while let first = next.first, first.certain <= gap {
        if first.gone > best.gone { best = (first.gone, first.number) }
        next.removeFirst()
      }
      if best.gone <= gap { return chosen }
      chosen.insert(best.number)
      gap = best.gone
    }
    return chosen
  }
}

extension ContainerCalls {
  /// The gaps in which a call that took or saw its element can have done so.
  func interval(of call: UInt32, _ pointers: CallColumns.Pointers) -> Range<UInt32>? {
    guard let element = element(pointers.value[call], pointers) else { return nil }
    if pointers.kind[call] == Kind.remove { return element.gone..<max(element.gone, element.end) }
    let start = max(element.start, pointers.invocation[call])
    return start..<max(start, min(element.end, pointers.completion[call]))
  }
}
