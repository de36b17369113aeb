/// Decides whether calls are linearizable by following, event by event, every configuration that
/// a linearization of the events so far can have reached (just-in-time linearization; G. Lowe,
/// "Testing for linearizability", 2017).
///
/// Invariant: after each event the layer has a configuration for every way to linearize the events
/// so far, up to configurations that others make superfluous (`ConfigurationSet`). An invocation
/// adds a choice and needs no work. A completion demands that its call has taken effect: from each
/// configuration in which it has not, open calls are linearized in every order until it has
/// (`Closure`). If none remains, this completion is the first event without a linearization.
struct FrontierSearch<Slots: SlotSet> {
  private let schedule: Schedule
  private var closure: Closure<Slots>
  /// When there are as many nodes, those that no configuration needs any more are dropped.
  private var nodeLimit = 1 << 20

  init(_ problem: SearchProblem) {
    schedule = problem.schedule
    closure = Closure(problem)
  }

  var effort: SearchEffort { closure.effort }
  /// How many configurations were looked at: exact, the same on every machine.
  var expansions: Int { closure.expansions }
  /// How much memory it takes.
  var bytes: Int { closure.bytes }

  /// Goes on until it has an answer, or has looked at that many configurations in all and finished
  /// the event at which it has.
  mutating func run(until limit: Int, budget: SearchBudget) -> SearchResult<Int32>? {
    while closure.event < schedule.steps.count {
      if closure.expansions > limit { return nil }
      let step = schedule.steps[closure.event]
      switch step.action {
      case .invoke: invoke(step.call)
      case .retire: retire(step.call)
      case .complete:
        if let reason = closure.complete(step.call, budget: budget) {
          return .unknown(reason, reached: closure.event)
        }
        if closure.next.isEmpty { return .impossible(impossibility(of: step.call)) }
        closure.forget(step.call)
        swap(&closure.layer, &closure.next)
        compact()
      }
      closure.event += 1
    }
    return .linearizable(order(to: closure.layer.items[0].node))
  }

  /// The states of all configurations that are left, each once.
  var finalStates: [Int32] {
    var seen: Set<Int32> = []
    return closure.layer.items.map(\.state).filter { seen.insert($0).inserted }
  }

  private mutating func invoke(_ call: Int) {
    closure.invoke(call)
    guard closure.open[call].isObserver else { return }
    for index in closure.layer.items.indices {
      if let after = closure.observed(call, in: closure.layer.items[index]) {
        closure.layer.mark(Int(closure.open[call].slot), node: after.node, at: index)
      }
    }
  }

  /// Forgets a crashed call: configurations that used it are as good as those that did not, and come
  /// after them.
  private mutating func retire(_ call: Int) {
    let spent = closure.open.roles.spent
    let old = closure.layer.items.enumerated().sorted { a, b in
      (a.element.marks.count(within: spent), a.offset)
        < (b.element.marks.count(within: spent), b.offset)
    }
    closure.forget(call)
    closure.layer.removeAll()
    for (_, item) in old {
      var configuration = item
      configuration.marks.remove(Int(closure.open[call].slot))
      _ = closure.layer.insert(configuration, roles: closure.open.roles)
    }
  }

  /// Drops nodes that lead to no configuration of the layer.
  private mutating func compact() {
    guard closure.nodes.count > nodeLimit else { return }
    let moved = closure.nodes.compact(keeping: closure.layer.items.map(\.node))
    for (index, node) in moved.enumerated() { closure.layer.setNode(node, at: index) }
    nodeLimit = max(nodeLimit, 2 * closure.nodes.count)
  }

  private func order(to node: Int32) -> [Int] { closure.order(of: closure.nodes.path(to: node)) }

  private func impossibility(of call: Int) -> Impossibility<Int32> {
    let node = closure.nodes.deepest(among: closure.layer.items.map(\.node))
    return Impossibility(call: call, longest: order(to: node), states: finalStates)
  }
}
