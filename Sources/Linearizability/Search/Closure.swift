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
  private var prospects: Prospects?
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
  /// Whether the last completion was given up somewhere for the limit on calls.
  private(set) var isCutOff = false
  /// How many configurations were looked at: exact, the same on every machine.
  private(set) var expansions = 0
  private(set) var effort = SearchEffort(configurations: 1, peakLayer: 1)

  /// The layer is the beginning, where nothing has happened.
  init(_ problem: SearchProblem) {
    schedule = problem.schedule
    space = problem.space
    prospects = problem.prospects
    open = OpenCalls(problem.calls, slotCount: schedule.slotCount)
    layer = ConfigurationSet()
    _ = layer.insert(beginning, roles: open.roles)
  }

  var beginning: Configuration<Slots> {
    Configuration(state: 0, node: -1, marks: Slots(capacity: schedule.slotCount))
  }

  // MARK: Events

  mutating func invoke(_ call: Int) { open.open(call) }

  mutating func forget(_ call: Int) { open.close(call) }

  /// Makes this the only configuration, at the end of the empty linearization.
  mutating func start(from configuration: Configuration<Slots>) {
    nodes.truncate(to: 0)
    layer.removeAll()
    _ = layer.insert(configuration, roles: open.roles)
  }

  /// The number of the state after the command, or `StateSpace.illegal`.
  mutating func step(_ state: Int32, _ command: Int32) -> Int32 { space.step(state, command) }

  /// Whether a call that completes later can never be explained from here.
  mutating func isHopeless(_ state: Int32, _ marks: Slots) -> Bool {
    prospects?.isHopeless(state, marks, event: event, open) ?? false
  }

  /// The configuration after an observer was invoked, which takes effect if the state allows it.
  mutating func observed(
    _ call: Int, in configuration: Configuration<Slots>
  ) -> Configuration<Slots>? {
    guard space.step(configuration.state, open[call].command) >= 0 else { return nil }
    var after = configuration
    after.marks.insert(Int(open[call].slot))
    after.node = nodes.add(Int32(call), at: event, after: configuration.node)
    return after
  }

  /// Goes from the layer to the next, in which the call has taken effect, by linearizing at most
  /// `limit` calls that are no observers. Says why it was given up, if it was.
  mutating func complete(
    _ call: Int, limit: Int = .max, budget: SearchBudget
  ) -> UnknownReason? {
    let completing = open[call]
    next.removeAll()
    isCutOff = false
    enqueueLayer()
    var level = 0
    while level < pending.count {
      var index = 0
      while index < pending[level].count {
        let configuration = layer.items[Int(pending[level][index])]
        let isDone = completing.duty >= 0 && configuration.marks.contains(Int(completing.duty))
        let isTaken = configuration.marks.contains(Int(completing.slot))
        // Calls before a duty that was done already are better left for later.
        if isTaken || (isDone && !configuration.isDetour) { keep(configuration, past: completing) }
        if !isTaken {
          if Int(configuration.depth) < limit {
            expand(configuration, level: level, past: completing, isDetour: isDone)
          } else {
            isCutOff = true
          }
        }
        index += 1
        if expansions & 0x3F == 0, let reason = reasonToStop(budget) {
          for level in pending.indices { pending[level].removeAll() }
          return reason
        }
      }
      pending[level].removeAll(keepingCapacity: true)
      level += 1
    }
    effort.peakLayer = max(effort.peakLayer, layer.items.count + next.items.count)
    return nil
  }

  // MARK: Configurations

  private mutating func enqueueLayer() {
    for index in 0..<layer.items.count {
      enqueue(Int32(index), level: layer.items[index].marks.count(within: open.roles.spent))
    }
  }

  private mutating func enqueue(_ index: Int32, level: Int) {
    while pending.count <= level { pending.append([]) }
    pending[level].append(index)
  }

  /// Keeps a configuration for the next layer, where the completed call is not open any more.
  private mutating func keep(_ configuration: Configuration<Slots>, past completing: OpenCall) {
    var kept = configuration
    remove(completing, from: &kept.marks)
    kept.isIdle = false
    kept.isDetour = false
    if next.insert(kept, roles: open.roles) != nil { effort.configurations += 1 }
  }

  /// Removes the marks of a call that completed.
  private func remove(_ call: OpenCall, from marks: inout Slots) {
    marks.remove(Int(call.slot))
    if call.duty >= 0 { marks.remove(Int(call.duty)) }
  }

  /// Linearizes each open call that can be next, and then the observers that this enables.
  private mutating func expand(
    _ configuration: Configuration<Slots>, level: Int, past completing: OpenCall, isDetour: Bool
  ) {
    expansions += 1
    var lastCommand: Int32 = -1
    for place in 0..<open.mutators.count {
      let call = open.mutators[place]
      if call.command == lastCommand || configuration.marks.contains(Int(call.slot)) { continue }
      lastCommand = call.command
      if configuration.isIdle, call.isOverwrite { continue }
      let state = space.step(configuration.state, call.command)
      if state < 0 { continue }
      let (marks, isObserved) = marks(after: call, configuration.marks, in: state)
      if isHopeless(state, marks) { continue }
      var reached = Configuration(state: state, node: -1, marks: marks)
      reached.goDeeper(than: configuration)
      if marks.contains(Int(completing.slot)) {
        remove(completing, from: &reached.marks)
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
      effort.configurations += 1
    }
  }

  /// The marks when the call has taken effect and led to the state, and whether that enabled an
  /// observer.
  mutating func marks(
    after call: OpenCall, _ before: Slots, in state: Int32
  ) -> (Slots, isObserved: Bool) {
    var marks = before
    marks.insert(Int(call.slot))
    if call.isOverwrite { marks.formUnion(open.duties) }
    var isObserved = false
    for place in 0..<open.observers.count {
      let observer = open.observers[place]
      if !marks.contains(Int(observer.slot)), space.step(state, observer.command) >= 0 {
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
    var node = nodes.add(call.call, at: event, after: configuration.node)
    for observer in open.observers
    where marks.contains(Int(observer.slot)) && !configuration.marks.contains(Int(observer.slot)) {
      node = nodes.add(observer.call, at: event, after: node)
    }
    return node
  }

  // MARK: Ends

  /// How much memory it takes.
  var bytes: Int {
    layer.bytes(slotCapacity: schedule.slotCount) + next.bytes(slotCapacity: schedule.slotCount)
      + pending.reduce(0) { $0 + footprint(of: $1) } + nodes.bytes + space.bytes
  }

  private func reasonToStop(_ budget: SearchBudget) -> UnknownReason? {
    // Nodes are numbered by 32 bits; one round of expansions is far from half of that.
    if nodes.count > Int32.max / 2 { return .memoryLimit(bytes) }
    return budget.reasonToStop(bytes: bytes, expansions: expansions)
  }

  /// The calls on the path, with the overwrites that were absorbed: each right before the first
  /// overwrite that took effect after its invocation, if that was before its completion.
  func order(of path: [PathEntry]) -> [Int] {
    var isTaken = Array(repeating: false, count: open.count)
    for entry in path { isTaken[Int(entry.call)] = true }
    var waiting: [(event: Int, call: Int)] = []
    for (event, step) in schedule.steps.prefix(event).enumerated()
    where step.isInvocation && !isTaken[step.call] && open[step.call].duty >= 0 {
      waiting.append((event, step.call))
    }
    var next = 0
    var order: [Int] = []
    order.reserveCapacity(path.count + waiting.count)
    for entry in path {
      if open[Int(entry.call)].isOverwrite {
        while next < waiting.count, waiting[next].event < entry.event {
          let absorbed = waiting[next].call
          next += 1
          if open[absorbed].completion >= entry.event { order.append(absorbed) }
        }
      }
      order.append(Int(entry.call))
    }
    return order
  }
}
