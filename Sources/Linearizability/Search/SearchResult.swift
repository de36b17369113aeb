/// What a search found out about the calls on one object. Calls are given by their index.
enum SearchResult<State> {
  /// They can be put in this order.
  case linearizable([Int])
  /// The call whose completion is the first event at which no linearization exists.
  case impossible(Impossibility<State>)
  /// Stopped at the event with this position.
  case unknown(UnknownReason, reached: Int)

  /// The same with other states.
  func map<Other>(_ transform: (State) -> Other) -> SearchResult<Other> {
    switch self {
    case .linearizable(let order): .linearizable(order)
    case .unknown(let reason, let reached): .unknown(reason, reached: reached)
    case .impossible(let found):
      .impossible(
        Impossibility(
          call: found.call, longest: found.longest, states: found.states.map(transform),
          leavesResultsOpen: found.leavesResultsOpen, isFirst: found.isFirst))
    }
  }
}

/// The end of a search that found no linearization.
struct Impossibility<State> {
  var call: Int
  /// The longest linearization of what came before that the search met.
  var longest: [Int]
  /// The states in which the object could be when the call completed.
  var states: [State]
  /// Whether calls in that linearization that were open then need not have the results that they had later.
  var leavesResultsOpen = false
  /// Whether all completions before it can be explained; else nobody knows.
  var isFirst = true
}
