/// Tries every order of a few calls, as plainly as possible (J. Wing and C. Gong, "Testing and
/// verifying concurrent objects", 1993): the second opinion on what a violation is reduced to. It
/// shares nothing with the search and the solvers but the model.
struct BruteForce<S: Specification> {
  /// As many calls as it takes on.
  static var limit: Int { 14 }

  private let specification: S
  private let calls: [Call<S.Command>]
  /// Pairs of calls that took effect and state from which there is no way on.
  private var deadEnds: Set<Position> = []

  private struct Position: Hashable {
    var done: UInt32
    var state: S.State
  }

  /// Whether the calls have a linearization; nil for more than the limit.
  /// Complexity: exponential in the number of calls.
  static func isLinearizable(_ calls: [Call<S.Command>], under specification: S) -> Bool? {
    guard calls.count <= limit else { return nil }
    var search = BruteForce(specification: specification, calls: calls)
    return search.goesOn(0, specification.initialState)
  }

  private init(specification: S, calls: [Call<S.Command>]) {
    self.specification = specification
    self.calls = calls
  }

  private mutating func goesOn(_ done: UInt32, _ state: S.State) -> Bool {
    let open = calls.indices.filter { done & (1 << UInt32($0)) == 0 }
    guard let firstEnd = open.compactMap({ calls[$0].completion }).min() else { return true }
    let position = Position(done: done, state: state)
    if deadEnds.contains(position) { return false }
    for call in open where calls[call].invocation < firstEnd {
      guard let next = specification.step(state, calls[call].command) else { continue }
      if goesOn(done | (1 << UInt32(call)), next) { return true }
    }
    deadEnds.insert(position)
    return false
  }
}
