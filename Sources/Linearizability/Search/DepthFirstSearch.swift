/// Decides whether calls are linearizable by following one linearization as far as it goes, the most
/// promising choice first, and coming back to the other choices when it fails (J. Wing and C. Gong,
/// "Testing and verifying concurrent objects", 1993), with a memory of what has failed (G. Lowe,
/// 2017). It takes the same steps from completion to completion as `FrontierSearch`.
///
/// It is quick where linearizations are easy to find, in particular with many crashed calls, of which
/// it tries the fewest first; a frontier is quick to show that there is none.
///
/// Invariant: every way to linearize the calls goes through a configuration on the stack, or there is
/// none from any configuration that was seen and is not on the stack.
struct DepthFirstSearch<Slots: SlotSet> {
  /// A configuration to go on from.
  private struct Frame {
    /// The step of the schedule that is next.
    var event: Int32
    /// How many nodes there were when it was put here. Those beyond belong to choices that failed.
    var nodeCount: Int32
    /// If it was expanded already: only what more calls than that lead to is new.
    var tried: Int32
    var configuration: Configuration<Slots>
  }

  private let schedule: Schedule
  private var closure: Closure<Slots>
  private var frames: [Frame] = []
  private var seen = SeenSet<Slots>()
  /// When to look at the budget again, in configurations looked at.
  private var nextLook = 0
  /// The last event that no configuration got past, and the states that some had there.
  private var deepest: (event: Int, states: Set<Int32>) = (-1, [])

  init(_ problem: SearchProblem) {
    schedule = problem.schedule
    closure = Closure(problem)
    frames = [Frame(event: 0, nodeCount: 0, tried: -1, configuration: closure.beginning)]
  }

  /// How many configurations were kept, and looked at: exact, the same on every machine.
  var explored: Int { closure.explored }
  var expansions: Int { closure.expansions }
  /// How much memory it takes.
  var bytes: Int {
    closure.bytes + seen.bytes + frames.count * MemoryLayout<Frame>.stride
  }

  /// The position of the deepest event that was reached.
  var reached: Int {
    deepest.event < 0 ? 0 : schedule.steps[deepest.event].position
  }

  /// An end of a depth-first search.
  enum End {
    case linearizable([Int])
    /// No linearization gets past the completion of this step; these are the states there.
    case impossible(step: Int, states: [Int32])
    case unknown(UnknownReason)
  }

  /// Goes on until it has an answer, or has looked at that many configurations in all.
  mutating func run(until limit: Int, budget: SearchBudget) -> End? {
    while let frame = frames.popLast() {
      closure.nodes.truncate(to: Int(frame.nodeCount))
      move(to: Int(frame.event))
      guard let configuration = advance(frame.configuration) else { continue }
      guard closure.event < schedule.steps.count else {
        return .linearizable(closure.order(to: configuration.node))
      }
      if let reason = branch(configuration, tried: frame.tried, budget) {
        return .unknown(reason)
      }
      if closure.expansions > limit { return nil }
      if closure.expansions >= nextLook {
        nextLook = closure.expansions + 256
        if let reason = budget.reasonToStop(bytes: bytes, expansions: closure.expansions) {
          return .unknown(reason)
        }
      }
    }
    return .impossible(step: deepest.event, states: deepest.states.sorted())
  }

  // MARK: Events

  /// Opens and closes calls until those are open that are open before the event.
  private mutating func move(to event: Int) {
    while closure.event > event {
      closure.event -= 1
      let step = schedule.steps[closure.event]
      if step.action == .invoke { closure.forget(step.call) } else { closure.invoke(step.call) }
    }
    while closure.event < event { pass() }
  }

  private mutating func pass() {
    let step = schedule.steps[closure.event]
    if step.action == .invoke { closure.invoke(step.call) } else { closure.forget(step.call) }
    closure.event += 1
  }

  /// Follows the configuration while there is nothing to choose: up to a completion whose call has
  /// not taken effect, or the end.
  private mutating func advance(
    _ start: Configuration<Slots>
  ) -> Configuration<Slots>? {
    var configuration = start
    while closure.event < schedule.steps.count {
      let step = schedule.steps[closure.event]
      let slot = Int(closure.open[step.call].slot)
      switch step.action {
      case .invoke:
        // A node that is made here is not shared with another configuration.
        if closure.open[step.call].isObserver {
          configuration = closure.observed(step.call, in: configuration) ?? configuration
        }
      case .retire: configuration.marks.remove(slot)
      case .complete:
        guard configuration.marks.contains(slot) else { return configuration }
        configuration.marks = closure.marks(configuration.marks, withoutThoseOf: step.call)
      }
      pass()
    }
    return configuration
  }

  /// Puts every way to get past the completion on the stack, the best last.
  ///
  /// At first only those that take one call, which are the best: the rest comes when they have failed.
  private mutating func branch(
    _ configuration: Configuration<Slots>, tried: Int32, _ budget: SearchBudget
  ) -> UnknownReason? {
    let step = schedule.steps[closure.event]
    if tried < 0,
      !seen.insert(configuration.marks, state: configuration.state, event: closure.event)
    {
      return nil
    }
    let limit: Int32 = tried < 0 ? 1 : .max
    let nodesBefore = Int32(closure.nodes.count)
    var start = configuration
    start.depth = 0
    closure.layer.removeAll()
    _ = closure.layer.insert(start, roles: closure.open.roles)
    if let reason = closure.complete(step.call, limit: Int(limit), budget: budget) {
      return reason
    }
    if limit == .max, closure.next.isEmpty { noteEnd() }
    if limit < .max {
      frames.append(
        Frame(
          event: Int32(closure.event), nodeCount: nodesBefore, tried: limit, configuration: start))
    }
    push(from: tried)
    return nil
  }

  /// Those that used few crashed calls come first, then those that have done much.
  private mutating func push(from tried: Int32) {
    let open = closure.open
    let found = closure.next.items.filter { $0.depth > tried }.map { item in
      (
        item: item, spent: item.marks.count(within: open.crashed),
        done: item.marks.count(within: open.roles.duties)
          + item.marks.count(within: open.roles.exact)
      )
    }
    let ordered =
      found.count < 2 ? found : found.sorted { ($1.spent, $0.done) < ($0.spent, $1.done) }
    for (item, _, _) in ordered {
      var configuration = item
      configuration.depth = 0
      frames.append(
        Frame(
          event: Int32(closure.event + 1), nodeCount: Int32(closure.nodes.count), tried: -1,
          configuration: configuration))
    }
  }

  private mutating func noteEnd() {
    if closure.event < deepest.event { return }
    if closure.event > deepest.event { deepest = (closure.event, []) }
    for item in closure.layer.items { deepest.states.insert(item.state) }
  }
}

/// The configurations at events from which a search has gone on, exactly. Open addressing.
private struct SeenSet<Slots: SlotSet> {
  /// The event and the state; 0 where nothing is.
  private var keys = Array(repeating: UInt64(0), count: 64)
  private var marks: [Slots?] = Array(repeating: nil, count: 64)
  private var count = 0

  var bytes: Int { keys.count * (8 + MemoryLayout<Slots?>.stride) }

  /// Whether it is new.
  mutating func insert(_ marks: Slots, state: Int32, event: Int) -> Bool {
    let key = UInt64(event + 1) << 32 | UInt64(UInt32(bitPattern: state))
    let place = find(key, marks)
    if keys[place] == key { return false }
    keys[place] = key
    self.marks[place] = marks
    count += 1
    if count * 2 > keys.count { grow() }
    return true
  }

  private func find(_ key: UInt64, _ marks: Slots) -> Int {
    let mask = keys.count - 1
    var place = Int(truncatingIfNeeded: mixed(key &+ marks.hash)) & mask
    while keys[place] != 0, keys[place] != key || self.marks[place] != marks {
      place = (place + 1) & mask
    }
    return place
  }

  private mutating func grow() {
    let (oldKeys, oldMarks) = (keys, marks)
    keys = Array(repeating: 0, count: oldKeys.count * 2)
    marks = Array(repeating: nil, count: oldKeys.count * 2)
    for (key, mark) in zip(oldKeys, oldMarks) {
      guard let mark else { continue }
      let place = find(key, mark)
      keys[place] = key
      marks[place] = mark
    }
  }
}
