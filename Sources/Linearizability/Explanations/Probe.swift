/// A specification with a command that notes the state in which it takes effect: put in place of
/// one call, it finds out what that call could have found, by the same search.
struct Probe<Base: Specification>: Specification {
  struct State: Hashable, Sendable {
    var state: Base.State
    var seen: Base.State?
  }

  enum Command: Hashable, Sendable {
    case plain(Base.Command)
    case probe
  }

  /// More calls than a search of bounded size gets through.
  private static var callLimit: Int { 200_000 }

  private let base: Base

  init(_ base: Base) { self.base = base }

  var initialState: State { State(state: base.initialState, seen: nil) }

  func step(_ state: State, _ command: Command) -> State? {
    switch command {
    case .probe: State(state: state.state, seen: state.state)
    case .plain(let command):
      base.step(state.state, command).map { State(state: $0, seen: state.seen) }
    }
  }

  func isObserver(_ command: Command) -> Bool {
    switch command {
    case .probe: false
    case .plain(let command): base.isObserver(command)
    }
  }

  /// An overwrite leaves alone what the probe has seen, so it erases no more than before.
  func isOverwrite(_ command: Command) -> Bool {
    switch command {
    case .probe: false
    case .plain(let command): base.isOverwrite(command)
    }
  }

  /// A probe takes nothing away.
  func isGrowth(_ command: Command) -> Bool {
    switch command {
    case .probe: true
    case .plain(let command): base.isGrowth(command)
    }
  }

  func isHopeless(_ observer: Command, in state: State) -> Bool {
    switch observer {
    case .probe: false
    case .plain(let command): base.isHopeless(command, in: state.state)
    }
  }

  /// The states in which the object could have been between an event and the completion of the
  /// call, over all linearizations of what came before that completion and without the call
  /// itself; in no particular but always the same order. Nil where a search of bounded size does
  /// not suffice to say.
  func states(of calls: [Call<Base.Command>], inPlaceOf call: Int, from event: Int) -> [Base.State]?
  {
    guard let end = calls[call].completion,
      calls.partitioningIndex(where: { $0.invocation >= end }) <= Self.callLimit
    else { return nil }
    // Positions are doubled to make room for an invocation between two events.
    let probeInvocation = event < end ? 2 * event : 2 * end - 1
    var probed: [Call<Command>] = []
    for (index, other) in calls.enumerated() where index != call && other.invocation < end {
      probed.append(
        Call(
          operation: other.operation, command: .plain(other.command),
          invocation: 2 * other.invocation, completion: other.completion.map { 2 * $0 }))
    }
    let place = probed.firstIndex { $0.invocation > probeInvocation } ?? probed.endIndex
    probed.insert(
      Call(
        operation: calls[call].operation, command: .probe, invocation: probeInvocation,
        completion: 2 * end), at: place)
    // Crashed calls that explain nothing else may still have led to a state that the probe sees.
    let states = NumberedStates(of: self, calls: probed)
    let problem = SearchProblem(
      probed, under: self, states: states, usefulUntil: probed.map { _ in 2 * end }, end: 2 * end)
    var search = FrontierSearch<LargeSlotSet>(problem)
    let budget = SearchBudget(memoryLimit: 64 << 20, expansionLimit: problem.explanationLimit)
    guard case .linearizable? = search.run(until: .max, budget: budget) else { return nil }
    var known: Set<Base.State> = []
    return search.finalStates.compactMap { states.states[Int($0)].seen }.filter {
      known.insert($0).inserted
    }
  }
}
