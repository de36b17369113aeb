internal import Histories

/// Tries out what a model claims of its commands, on states that random walks reach; nil if nothing
/// was found wrong, else what, after the model's name: `calls … an observer, but …`.
///
/// It tries that `step` gives the same state twice, that observers leave the state alone, and that
/// overwrites are always possible and erase each other. Wrong claims would make the search skip
/// what it must not. Complexity: O(rounds) steps.
public func brokenClaim<M: Model>(
  of model: M, commands: [M.Command], rounds: Int = 1_000, seed: UInt64 = 1
) -> String? {
  guard !commands.isEmpty else { return nil }
  var word = seed
  func draw() -> M.Command {
    word &+= 0x9E37_79B9_7F4A_7C15
    return commands[Int(mixed(word) % UInt64(commands.count))]
  }
  var state = model.initialState
  for round in 0..<rounds {
    if round % 32 == 0 { state = model.initialState }
    if let broken = brokenClaim(of: model, in: state, draw(), draw()) { return broken }
    if let next = model.step(state, draw()) { state = next }
  }
  return nil
}

private func brokenClaim<M: Model>(
  of model: M, in state: M.State, _ command: M.Command, _ other: M.Command
) -> String? {
  let next = model.step(state, command)
  func said(_ claim: String) -> String {
    "\(claim) \("\(command)".shown(limit: 80)) in the state \(model.describe(state))"
  }
  if next != model.step(state, command) {
    return said("gives different states for the same step:")
  }
  if model.isObserver(command), let next, next != state {
    return said("calls an observer what changes the state:")
  }
  guard model.isOverwrite(command) else { return nil }
  guard let next else { return said("calls an overwrite what is not always possible:") }
  if model.isOverwrite(other), model.step(next, other) != model.step(state, other) {
    return said("calls an overwrite what the next overwrite does not erase:")
  }
  return nil
}
