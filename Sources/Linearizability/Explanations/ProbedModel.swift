internal import Histories

/// A model with a command that notes the state in which it takes effect: put in place of one call,
/// it finds out what that call could have found, by the same search.
struct ProbedModel<M: Model>: Model {
  struct State: Hashable, Sendable {
    var state: M.State
    var seen: M.State?
  }

  enum Command: Hashable, Sendable {
    case plain(M.Command)
    case probe
  }

  let model: M

  var functions: [String] { model.functions }
  var initialState: State { State(state: model.initialState, seen: nil) }

  func command(for operation: Operation) throws(OperationError) -> Command {
    .plain(try model.command(for: operation))
  }

  func step(_ state: State, _ command: Command) -> State? {
    switch command {
    case .probe: State(state: state.state, seen: state.state)
    case .plain(let command):
      model.step(state.state, command).map { State(state: $0, seen: state.seen) }
    }
  }

  func isObserver(_ command: Command) -> Bool {
    switch command {
    case .probe: false
    case .plain(let command): model.isObserver(command)
    }
  }

  func describe(_ state: State) -> String { model.describe(state.state) }

  func explain(_ evidence: Evidence<State>) -> [String] { [] }

  /// The states that the probe can have seen, in no particular but always the same order; nil
  /// where the budget does not suffice.
  func statesSeen(
    _ calls: [Call<Command>], _ schedule: Schedule, _ budget: SearchBudget
  ) -> [M.State]? {
    var search = FrontierSearch<Self, LargeSlotSet>(
      model: self, calls: calls, schedule: schedule, budget: budget)
    guard case .linearizable = search.run() else { return nil }
    var known: Set<M.State> = []
    return search.finalStates.compactMap(\.seen).filter { known.insert($0).inserted }
  }
}
