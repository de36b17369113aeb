/// A call that needs elements to be gone: those of a higher rank that are there for certain by its start.
struct RemovalClaim {
  var rank: Double
  /// It took effect in a gap from here on.
  var start: UInt32
  /// It was over there: the elements must be gone by then.
  var end: UInt32
}

/// What crashed calls took of which nobody knows what it was.
///
/// It must be elements that nobody else took. Each claim on an element that is there for certain before
/// the claim's call can take effect sets a *deadline*: some crashed call took it before that. A crashed call
/// can take it if it began before the deadline, so the calls that can are the first few, the more the
/// later the deadline: there is an assignment if and only if the calls in the order of their beginning,
/// given to the elements in the order of their deadlines, all begin in time (P. Hall). If not, there is no linearization.
///
/// That is exact for what claims say, but there is more that keeps calls from their places. So three
/// questions are asked of the solver, which is exact for calls that took what is known:
///
/// - Is there an order in which the crashed calls took the elements with deadlines? Then it is one.
/// - Is there none without any of the elements that nobody took, and without the crashed calls? Then there is
///   none with them: from a linearization all calls on these elements can be left out.
/// - Else, what is in the way of an order is guessed to have been taken as well, one element after the other. An order
///   proves a guess right; that there is none proves nothing.
struct CrashedRemovals {
  private static let none = CallColumns.none
  /// How many calls may be looked at in all while guessing.
  private static let mostGuessing = 1_000_000

  /// In order of invocation.
  private let removals: [UInt32]
  /// What they took, in the order of deadlines, then of the moments from which they were there for certain.
  private var taken: [(deadline: UInt32, certain: UInt32, element: UInt32)]

  /// `rank` is that of an element.
  init(
    _ calls: borrowing ContainerCalls, _ pointers: CallColumns.Pointers, claims: [RemovalClaim],
    rank: (UInt32, ContainerCalls.Element) -> Double
  ) {
    removals = calls.unknownRemovals
    taken = []
    if removals.isEmpty { return }
    taken = Self.deadlines(calls, pointers, claims, rank).sorted { $0 < $1 }
  }

  /// The decision for calls of which `flaw` gives a core if there is no order with the removals as they are, and
  /// `decideOthers` decides some of the calls by themselves. `isExact`: nothing else than what claims say can be
  /// in the way.
  func decide(
    _ calls: borrowing ContainerCalls, _ pointers: CallColumns.Pointers, isExact: Bool = false,
    decideOthers: (CallColumns) -> Decision, flaw: () -> [Int]?
  ) -> Decision {
    for (index, element) in taken.enumerated() {
      guard index < removals.count, pointers.invocation[removals[index]] < element.deadline else {
        return .impossible(Array(0..<pointers.count))
      }
      calls.giveRemoval(removals[index], to: element.element)
    }
    guard let core = flaw() else { return .linearizable }
    if removals.isEmpty || isExact { return .impossible(core) }
    var isTaken = Array(repeating: true, count: calls.columns.valueCount)
    for element in Self.untaken(calls, pointers) + taken.map(\.element) {
      isTaken[Int(element)] = false
    }
    let (others, indexes) = calls.columns.keeping { call, kind in
      kind > ContainerKind.look
        ? kind != ContainerKind.removeUnknown
        : isTaken[Int(pointers.value[call])]
    }
    if case .impossible(let core) = decideOthers(others) {
      return .impossible(core.map { indexes[$0] })
    }
    return guess(amid: core, calls, pointers, flaw: flaw)
  }

  // MARK: Deadlines

  private static func deadlines(
    _ calls: borrowing ContainerCalls, _ pointers: CallColumns.Pointers, _ claims: [RemovalClaim],
    _ rank: (UInt32, ContainerCalls.Element) -> Double
  ) -> [(deadline: UInt32, certain: UInt32, element: UInt32)] {
    var elements: [(rank: Double, certain: UInt32, number: UInt32)] = []
    for number in untaken(calls, pointers) {
      guard let element = calls.element(number, pointers) else { continue }
      elements.append((rank(number, element), element.certain, number))
    }
    elements.sort { $0.rank < $1.rank }
    let claims = claims.filter { $0.end != none }.sorted { $0.rank < $1.rank }
    let ends = EarliestEnds(lastPosition: calls.columns.lastPosition)
    var next = claims[...]
    var found: [(deadline: UInt32, certain: UInt32, element: UInt32)] = []
    for element in elements {
      while let claim = next.first, claim.rank < element.rank {
        ends.insert(claim.end, startingAt: claim.start)
        next.removeFirst()
      }
      let deadline = ends.first(from: element.certain)
      if deadline != none { found.append((deadline, element.certain, element.number)) }
    }
    return found
  }

  /// The elements that are there for certain at some time and that nobody took.
  private static func untaken(
    _ calls: borrowing ContainerCalls, _ pointers: CallColumns.Pointers
  ) -> [UInt32] {
    var numbers: [UInt32] = []
    for number in 0..<calls.count where calls.remover[number] == none {
      if calls.element(number, pointers) != nil { numbers.append(number) }
    }
    return numbers
  }

  // MARK: Guesses

  /// Of what is in the way, that is taken first which was there first: it may be what keeps the next from its place.
  private func guess(
    amid core: [Int], _ calls: borrowing ContainerCalls, _ pointers: CallColumns.Pointers,
    flaw: () -> [Int]?
  ) -> Decision {
    var (taken, core) = (taken, Optional(core))
    while let found = core, taken.count < removals.count,
      taken.count * pointers.count < Self.mostGuessing
    {
      var inTheWay: [(deadline: UInt32, certain: UInt32, element: UInt32)] = []
      for call in found where pointers.kind[call] == ContainerKind.insert {
        let number = pointers.value[call]
        guard calls.remover[number] == Self.none, let element = calls.element(number, pointers)
        else { continue }
        inTheWay.append((Self.none, element.certain, number))
      }
      guard let first = inTheWay.min(by: { $0 < $1 }) else { return .undecided }
      taken.append(first)
      taken.sort { $0 < $1 }
      for (removal, element) in zip(removals, taken) {
        calls.giveRemoval(removal, to: element.element)
      }
      core = flaw()
    }
    return core == nil ? .linearizable : .undecided
  }
}

/// The first end among claims that start from some position on: a tree over positions (P. Fenwick, "A new data
/// structure for cumulative frequency tables", 1994), with minima for sums. Each step takes O(log n).
private struct EarliestEnds: ~Copyable {
  private let ends: Scratch<UInt32>

  init(lastPosition: UInt32) {
    ends = Scratch(repeating: CallColumns.none, count: Int(lastPosition) + 2)
  }

  func insert(_ end: UInt32, startingAt start: UInt32) {
    var node = Int(start) + 1
    while node > 0 {
      ends[node] = min(ends[node], end)
      node &= node - 1
    }
  }

  func first(from start: UInt32) -> UInt32 {
    var node = Int(start) + 1
    var first = CallColumns.none
    while node < ends.count {
      first = min(first, ends[node])
      node += node & -node
    }
    return first
  }
}

extension ContainerCalls {
  /// The claims of calls that found nothing: everything must be gone.
  func claimsOfEmpties(_ pointers: CallColumns.Pointers) -> [RemovalClaim] {
    if unknownRemovals.isEmpty { return [] }
    return empties(pointers).map {
      RemovalClaim(
        rank: -.infinity, start: UInt32($0.gaps.lowerBound), end: UInt32($0.gaps.upperBound))
    }
  }

  /// The claims of calls that took or saw an element, whose rank is given; none where nothing crashed.
  func claimsOfSights(
    _ pointers: CallColumns.Pointers, rank: (UInt32, Element) -> Double
  ) -> [RemovalClaim] {
    var claims: [RemovalClaim] = []
    if unknownRemovals.isEmpty { return claims }
    for call in 0..<UInt32(pointers.count) {
      let kind = pointers.kind[call]
      guard kind == Kind.remove || kind == Kind.look, pointers.completion[call] != Self.none,
        let element = element(pointers.value[call], pointers),
        let gaps = interval(of: call, pointers)
      else { continue }
      claims.append(
        RemovalClaim(
          rank: rank(pointers.value[call], element), start: gaps.lowerBound, end: gaps.upperBound))
    }
    return claims
  }
}
