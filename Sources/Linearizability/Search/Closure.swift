/// What open calls can do until one of them, which completes, has taken effect.
///
/// Three reductions keep the number of configurations small:
/// - An open observer is linearized as soon as the state allows it. That never hurts: wherever it
///   would come later, it can be taken out and put here, and no state changes.
/// - Overwrites are absorbed: when one takes effect, every other that is open could have done so
///   right before it, without a trace. So the others have done their duty, and yet may still take
///   effect with a trace until they complete. A configuration says both about each overwrite,
///   instead of there being one for each choice of those that went unnoticed. And an overwrite that
///   enabled no observer is not followed by another: that one alone leads to a configuration with
///   the same state, as many duties done and less spent.
/// - Of open calls with the same command, the one that completes first goes first, a crashed one
///   last. Where a linearization has them the other way round, they can change places: the later
///   place is before the earlier completion, and both were invoked before the earlier place. If
///   the one that completes first had been absorbed before, the other is absorbed by it now.
struct Closure<Slots: SlotSet> {
  private let schedule: Schedule
  private var space: StateSpace
  private(set) var open: OpenCalls<Slots>
  /// The linearizations that led to the configurations.
  var nodes = LinearizationNodes()
  /// The configurations to start from, then all that were met on the way.
  var layer: ConfigurationSet<Slots>
  /// The configurations in which the call has taken effect, after its completion.
  var next = ConfigurationSet<Slots>()
  /// Configurations of the layer to look at, by how many marks they have spent.
  private var pending: [[Int32]] = [[]]
  /// The step of the schedule that is being done.
  var event = 0
  /// How many configurations were looked at, and how many were kept: exact, the same on every
  /// machine.
  private(set) var expansions = 0
  private(set) var explored = 1

  /// The layer is the beginning, where nothing has happened.
  init(_ problem: SearchProblem) {
    schedule = problem.schedule
    space = problem.space
    open = OpenCalls(problem)
    layer = ConfigurationSet()
    _ = layer.insert(beginning, roles: open.roles)
  }

  var beginning: Configuration<Slots> {
    Configuration(state: 0, node: -1, marks: Slots(capacity: schedule.slotCount))
  }

  // MARK: Events

  mutating func invoke(_ call: Int) { open.open(call) }

  mutating func forget(_ call: Int) { open.close(call) }

  /// The configuration after an observer was invoked, which takes effect if the state allows it.
  mutating func observed(
    _ call: Int, in configuration: Configuration<Slots>
  ) -> Configuration<Slots>? {
    guard space.step(configuration.state, open[call].command) >= 0 else { return nil }
    var after = configuration
    after.marks.insert(Int(open[call].slot))
    after.node = nodes.add(call, at: event, after: configuration.node)
    return after
  }

  /// Goes from the layer to the next, in which the call has taken effect, by linearizing at most
  /// `limit` calls that are no observers. Says why it was given up, if it was.
  mutating func complete(
    _ call: Int, limit: Int = .max, budget: SearchBudget
  ) -> UnknownReason? {
    let slot = Int(open[call].slot)
    let duty = Int(open[call].duty)
    next.removeAll()
    enqueueLayer()
    var level = 0
    while level < pending.count {
      var index = 0
      while index < pending[level].count {
        let configuration = layer.items[Int(pending[level][index])]
        let isDone = duty >= 0 && configuration.marks.contains(duty)
        let isTaken = configuration.marks.contains(slot)
        // Calls before a duty that was done already are better left for later.
        if isTaken || (isDone && !configuration.isDetour) {
          keep(configuration, without: slot, duty)
        }
        if !isTaken, configuration.depth < limit {
          expand(configuration, level: level, until: slot, duty, isDetour: isDone)
        }
        index += 1
        if expansions & 0xFF == 0, let reason = reasonToStop(budget) {
          for level in pending.indices { pending[level].removeAll() }
          return reason
        }
      }
      pending[level].removeAll(keepingCapacity: true)
      level += 1
    }
    return nil
  }

  /// The marks without those of a call that completed.
  func marks(_ marks: Slots, withoutThoseOf call: Int) -> Slots {
    var rest = marks
    rest.remove(Int(open[call].slot))
    if open[call].duty >= 0 { rest.remove(Int(open[call].duty)) }
    return rest
  }

  // MARK: Configurations

  private mutating func enqueueLayer() {
    for (index, configuration) in layer.items.enumerated() {
      enqueue(Int32(index), level: configuration.marks.count(within: open.roles.spent))
    }
  }

  private mutating func enqueue(_ index: Int32, level: Int) {
    while pending.count <= level { pending.append([]) }
    pending[level].append(index)
  }

  /// Keeps a configuration for the next layer, where the completed call is not open any more.
  private mutating func keep(
    _ configuration: Configuration<Slots>, without slot: Int, _ duty: Int
  ) {
    var kept = configuration
    kept.marks.remove(slot)
    if duty >= 0 { kept.marks.remove(duty) }
    kept.isIdle = false
    kept.isDetour = false
    if next.insert(kept, roles: open.roles) != nil { explored += 1 }
  }

  /// Linearizes each open call that can be next, and then the observers that this enables.
  private mutating func expand(
    _ configuration: Configuration<Slots>, level: Int, until slot: Int, _ duty: Int, isDetour: Bool
  ) {
    expansions += 1
    var lastCommand: Int32 = -1
    for call in open.mutators where !configuration.marks.contains(Int(call.slot)) {
      if call.command == lastCommand { continue }
      lastCommand = call.command
      if configuration.isIdle, call.isOverwrite { continue }
      let state = space.step(configuration.state, call.command)
      if state < 0 { continue }
      let (marks, isObserved) = marks(after: call, configuration.marks, in: state)
      var reached = Configuration(state: state, node: -1, marks: marks)
      reached.depth = configuration.depth + 1
      if marks.contains(slot) {
        reached.marks.remove(slot)
        if duty >= 0 { reached.marks.remove(duty) }
        guard let index = next.insert(reached, roles: open.roles) else { continue }
        next.setNode(addNodes(call, marks, after: configuration), at: index)
      } else {
        reached.isDetour = isDetour
        reached.isIdle = call.isOverwrite && !isObserved
        guard let index = layer.insert(reached, roles: open.roles) else { continue }
        layer.setNode(addNodes(call, marks, after: configuration), at: index)
        let isExact = open.roles.exact.contains(Int(call.slot))
        enqueue(Int32(index), level: isExact ? level : level + 1)
      }
      explored += 1
    }
  }

  /// The marks when the call has taken effect and led to the state, and whether that enabled an
  /// observer.
  private mutating func marks(
    after call: OpenCall, _ before: Slots, in state: Int32
  ) -> (Slots, isObserved: Bool) {
    var marks = before
    marks.insert(Int(call.slot))
    if call.isOverwrite {
      for other in open.mutators where other.duty >= 0 { marks.insert(Int(other.duty)) }
    }
    var isObserved = false
    for observer in open.observers where !marks.contains(Int(observer.slot)) {
      if space.step(state, observer.command) >= 0 {
        marks.insert(Int(observer.slot))
        isObserved = true
      }
    }
    return (marks, isObserved)
  }

  /// Nodes for the call and the observers that were linearized with it.
  private mutating func addNodes(
    _ call: OpenCall, _ marks: Slots, after configuration: Configuration<Slots>
  ) -> Int32 {
    var node = nodes.add(Int(call.call), at: event, after: configuration.node)
    for observer in open.observers
    where marks.contains(Int(observer.slot)) && !configuration.marks.contains(Int(observer.slot)) {
      node = nodes.add(Int(observer.call), at: event, after: node)
    }
    return node
  }

  // MARK: Ends

  /// How much memory it takes.
  var bytes: Int {
    layer.bytes(slotCapacity: schedule.slotCount) + next.bytes(slotCapacity: schedule.slotCount)
      + nodes.bytes + space.bytes
  }

  private func reasonToStop(_ budget: SearchBudget) -> UnknownReason? {
    // Nodes are numbered by 32 bits; one round of expansions is far from half of that.
    if nodes.count > Int32.max / 2 { return .memoryLimit(bytes) }
    return budget.reasonToStop(bytes: bytes, expansions: expansions)
  }

  /// The calls on the way to the node, with the overwrites that were absorbed: each right before
  /// the first overwrite that took effect after its invocation, if that was before its completion.
  func order(to node: Int32) -> [Int] {
    let path = nodes.path(to: node)
    var isTaken = Array(repeating: false, count: schedule.slots.count)
    for (call, _) in path { isTaken[call] = true }
    var waiting: ArraySlice<(event: Int, call: Int)> = []
    for (event, step) in schedule.steps.prefix(event).enumerated()
    where step.action == .invoke && schedule.dutySlots[step.call] >= 0 && !isTaken[step.call] {
      waiting.append((event, step.call))
    }
    var order: [Int] = []
    for (call, event) in path {
      if open[call].isOverwrite {
        while let (invocation, absorbed) = waiting.first, invocation < event {
          waiting.removeFirst()
          if open[absorbed].completion >= schedule.steps[event].position {
            order.append(absorbed)
          }
        }
      }
      order.append(call)
    }
    return order
  }
}
