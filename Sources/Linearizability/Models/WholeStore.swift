internal import Histories

/// Objects with keys, as one object: what a model says of each, and that they do not depend on each
/// other (linearizability is local; M. Herlihy and J. Wing, 1990).
struct WholeStore<Base: Model>: Model {
  struct Command: Hashable, Sendable {
    var key: Value?
    var command: Base.Command
  }

  let base: Base

  /// The objects that are not in their initial state.
  var initialState: [Value?: Base.State] { [:] }

  func command(for operation: Operation) throws(OperationError) -> Command {
    Command(key: operation.key, command: try base.command(for: operation))
  }

  func observesFailure(of operation: Operation) -> Bool { base.observesFailure(of: operation) }

  func isSolvedLater(_ command: Command) -> Bool { base.isSolvedLater(command.command) }

  private func object(_ key: Value?, in state: [Value?: Base.State]) -> Base.State {
    state[key] ?? base.initialState
  }

  func step(_ state: [Value?: Base.State], _ command: Command) -> [Value?: Base.State]? {
    let before = object(command.key, in: state)
    guard let after = base.step(before, command.command) else { return nil }
    if after == before { return state }
    var next = state
    next[command.key] = after == base.initialState ? nil : after
    return next
  }

  func isObserver(_ command: Command) -> Bool { base.isObserver(command.command) }

  func isGrowth(_ command: Command) -> Bool { base.isGrowth(command.command) }

  /// Growths of other objects leave this one alone.
  func isHopeless(_ observer: Command, in state: [Value?: Base.State]) -> Bool {
    base.isHopeless(observer.command, in: object(observer.key, in: state))
  }

  func object(of command: Command) -> Value? { command.key ?? .null }

  func usefulUntil(_ calls: [Call<Command>]) -> [Int] {
    var useful = calls.map { _ in -1 }
    for indexes in objects(calls) {
      for (index, until) in zip(indexes, base.usefulUntil(indexes.map { own(calls[$0]) })) {
        useful[index] = until
      }
    }
    return useful
  }

  /// The calls are linearizable if and only if those on each object are.
  func solve(_ calls: [Call<Command>]) -> SolverResult {
    var orders: [[Int]] = []
    var isDecided = true
    for indexes in objects(calls) {
      switch base.solve(indexes.map { own(calls[$0]) }) {
      case .linearizable(let order): orders.append(order.map { indexes[$0] })
      case .impossible(let core): return .impossible(core.map { indexes[$0] })
      case .undecided: isDecided = false
      }
    }
    if !isDecided { return .undecided }
    let merged = mergedLinearization(
      orders.map { $0.map(UInt32.init) }, callCount: calls.count)
    return .linearizable(merged.map(Int.init))
  }

  /// Whole objects, and the groups of each.
  func independentGroups(_ calls: [Call<Command>]) -> [Int]? {
    var groups = calls.map { _ in -1 }
    var count = 0
    for indexes in objects(calls) {
      let inside = base.independentGroups(indexes.map { own(calls[$0]) })
      for (place, index) in indexes.enumerated() {
        let group = inside?[place] ?? 0
        groups[index] = group < 0 ? -1 : count + group
      }
      count += (inside?.max() ?? 0) + 1
    }
    return groups
  }

  func describe(_ state: [Value?: Base.State]) -> String {
    let objects = state.map { "\(($0 ?? .null).shown(limit: 20)): \(base.describe($1))" }
    return "{" + objects.sorted().joined(separator: ", ") + "}"
  }

  /// The indexes of the calls on each object, in order of the objects' first calls.
  private func objects(_ calls: [Call<Command>]) -> [[Int]] {
    var places: [Value?: Int] = [:]
    var objects: [[Int]] = []
    for (index, call) in calls.enumerated() {
      let place = places[call.command.key] ?? objects.count
      if place == objects.count {
        places[call.command.key] = place
        objects.append([])
      }
      objects[place].append(index)
    }
    return objects
  }

  private func own(_ call: Call<Command>) -> Call<Base.Command> {
    Call(
      operation: call.operation, command: call.command.command, invocation: call.invocation,
      completion: call.completion)
  }
}
