internal import Histories

/// Tries out what a model claims of its commands, on states that random walks reach; nil if nothing
/// was found wrong, else what, after the model's name: `calls … an observer, but …`.
///
/// It tries that `step` gives the same state twice, that observers leave the state alone, that
/// overwrites are always possible and erase each other, that what is hopeless stays so however the
/// state grows, that commands about different objects do not depend on each other, and that what is
/// possible stays so when elements are hidden. Wrong claims would make the search skip what it must not,
/// or a core prove nothing. Complexity: O(rounds) steps.
public func brokenClaim<M: Model>(
  of model: M, commands: [M.Command], rounds: Int = 1_000, seed: UInt64 = 1
) -> String? {
  guard !commands.isEmpty else { return nil }
  var word = seed
  func draw() -> M.Command {
    word &+= 0x9E37_79B9_7F4A_7C15
    return commands[Int(mixed(word) % UInt64(commands.count))]
  }
  if let broken = brokenHiding(of: model, commands, rounds, draw: draw) { return broken }
  var state = model.initialState
  for round in 0..<rounds {
    if round % 32 == 0 { state = model.initialState }
    if let broken = brokenClaim(of: model, in: state, draw(), draw()) { return broken }
    if let broken = brokenIndependence(of: model, draw(), draw(), in: state) { return broken }
    let growths = (0..<8).map { _ in draw() }.filter(model.isGrowth)
    if let broken = brokenProspect(of: model, draw(), in: state, growths) { return broken }
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

/// Walks at random, and in the order of the commands, which likely is possible, and beside that with some
/// elements hidden.
private func brokenHiding<M: Model>(
  of model: M, _ commands: [M.Command], _ rounds: Int, draw: () -> M.Command
) -> String? {
  let drawn = (0..<rounds).map { _ in draw() }
  for (walk, length) in [(drawn, 32), (Array(commands.prefix(rounds)), rounds)] {
    var hidden: Set<Value> = []
    var (state, other) = (model.initialState, model.initialState)
    for (index, command) in walk.enumerated() {
      if index % length == 0 {
        (state, other) = (model.initialState, model.initialState)
        hidden = Set((0..<4).compactMap { _ in model.elements(of: draw()).first })
      }
      guard !hidden.isEmpty, let next = model.step(state, command) else { continue }
      state = next
      guard let rest = model.command(command, hiding: hidden) else { continue }
      guard let next = model.step(other, rest) else {
        return "hides elements without which what was possible is not: "
          + "\("\(command)".shown(limit: 80)) in the state \(model.describe(other))"
      }
      other = next
    }
  }
  return nil
}

private func brokenProspect<M: Model>(
  of model: M, _ observer: M.Command, in state: M.State, _ growths: [M.Command]
) -> String? {
  guard model.isObserver(observer), model.isHopeless(observer, in: state) else { return nil }
  var grown = state
  for growth in [nil] + growths.map(Optional.some) {
    if let growth { grown = model.step(grown, growth) ?? grown }
    if model.step(grown, observer) != nil {
      return "calls hopeless what \(growth == nil ? "is possible" : "growths make possible"): "
        + "\("\(observer)".shown(limit: 80)) in the state \(model.describe(state))"
    }
  }
  return nil
}

private func brokenIndependence<M: Model>(
  of model: M, _ command: M.Command, _ other: M.Command, in state: M.State
) -> String? {
  guard let object = model.object(of: command), let second = model.object(of: other),
    object != second
  else { return nil }
  let (one, two) = (model.step(state, command), model.step(state, other))
  let isIndependent =
    one.map { (model.step($0, other) != nil) == (two != nil) } ?? true
    && two.map { (model.step($0, command) != nil) == (one != nil) } ?? true
    && one.flatMap { model.step($0, other) } == two.flatMap { model.step($0, command) }
  if isIndependent { return nil }
  return "gives different objects to commands that depend on each other: "
    + "\("\(command)".shown(limit: 80)) and \("\(other)".shown(limit: 80)) "
    + "in the state \(model.describe(state))"
}
