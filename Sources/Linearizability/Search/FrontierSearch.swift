/// Decides whether calls are linearizable by following, event by event, every configuration that
/// a linearization of the events so far can have reached (just-in-time linearization; G. Lowe,
/// "Testing for linearizability", 2017).
///
/// Invariant: after each event the layer has a configuration for every way to linearize the events
/// so far, up to configurations that others make superfluous (`ConfigurationSet`). An invocation
/// adds a choice and needs no work. A completion demands that its call has taken effect: from each
/// configuration in which it has not, open calls are linearized in every order until it has. If
/// none remains, this completion is the first event without a linearization.
///
/// Three reductions keep the number of configurations small:
/// - An open observer is linearized as soon as the state allows it. That never hurts: wherever it
///   would come later, it can be taken out and put here, and no state changes.
/// - Overwrites are absorbed: when one takes effect, every other that is open could have done so
///   right before it, without a trace. So the others have done their duty, and yet may still take
///   effect with a trace until they complete. A configuration says both about each overwrite,
///   instead of there being one for each choice of those that went unnoticed.
/// - Of open calls with the same command, the one that completes first goes first, a crashed one
///   last. Where a linearization has them the other way round, they can change places: the later
///   place is before the earlier completion, and both were invoked before the earlier place. If
///   the one that completes first had been absorbed before, the other is absorbed by it now.
struct FrontierSearch<S: Specification, Slots: SlotSet> {
  private struct OpenCall {
    var call: Int
    /// Marked when the call takes effect.
    var slot: Int
    /// Marked when the duty of an overwrite is done, whether with a trace or without; -1 if none.
    var duty: Int
    var command: Int32
    var isOverwrite: Bool
    /// The position of its completion; `Int.max` for a crashed call.
    var completion: Int
  }

  private let calls: [Call<S.Command>]
  private let schedule: Schedule
  private let specification: S
  private let budget: SearchBudget
  private let commandNumbers: [Int32]
  private var space: StateSpace<S>
  private var nodes = LinearizationNodes()
  private var roles: SlotRoles<Slots>
  private var layer = ConfigurationSet<Slots>()
  /// Open calls that are observers.
  private var observers: [OpenCall] = []
  /// Open calls that are not, by command and then by completion.
  private var mutators: [OpenCall] = []
  /// Configurations of the layer to look at, by how many marks they have spent.
  private var pending: [[Int32]] = [[]]
  private var expansions = 0
  /// The step of the schedule that is being done.
  private var event = 0

  /// How many configurations were kept: exact, the same on every machine.
  private(set) var explored = 1

  init(specification: S, calls: [Call<S.Command>], schedule: Schedule, budget: SearchBudget) {
    self.specification = specification
    self.calls = calls
    self.schedule = schedule
    self.budget = budget
    (space, commandNumbers) = StateSpace.make(specification: specification, calls: calls)
    roles = SlotRoles(capacity: schedule.slotCount)
    _ = layer.insert(
      state: 0, marks: Slots(capacity: schedule.slotCount), node: -1, roles: roles)
  }

  /// Runs to the end.
  mutating func run() -> SearchResult<S.State> {
    for step in schedule.steps {
      switch step.action {
      case .invoke: invoke(step.call)
      case .retire: retire(step.call)
      case .complete:
        if let result = complete(step.call, at: step.position) { return result }
      }
      event += 1
    }
    return .linearizable(order(to: layer.items[0].node))
  }

  /// The states of all configurations that are left, each once.
  var finalStates: [S.State] {
    var seen: Set<Int32> = []
    return layer.items.filter { seen.insert($0.state).inserted }.map { space.states[Int($0.state)] }
  }

  // MARK: Events

  private mutating func invoke(_ call: Int) {
    let open = OpenCall(
      call: call, slot: schedule.slots[call], duty: schedule.dutySlots[call],
      command: commandNumbers[call],
      isOverwrite: specification.isOverwrite(calls[call].command),
      completion: calls[call].completion ?? .max)
    if specification.isObserver(calls[call].command) {
      observe(open)
      return
    }
    if open.duty >= 0 {
      roles.duties.insert(open.duty)
      roles.spent.insert(open.slot)
    } else if calls[call].isCrashed {
      roles.spent.insert(open.slot)
    } else {
      roles.exact.insert(open.slot)
    }
    let place = mutators.firstIndex {
      ($0.command, $0.completion, $0.call) > (open.command, open.completion, open.call)
    }
    mutators.insert(open, at: place ?? mutators.endIndex)
  }

  /// Linearizes an observer that was just invoked wherever the state allows it.
  private mutating func observe(_ open: OpenCall) {
    roles.duties.insert(open.slot)
    observers.append(open)
    for index in layer.items.indices {
      let configuration = layer.items[index]
      guard space.step(configuration.state, open.command) >= 0 else { continue }
      layer.mark(open.slot, at: index)
      layer.setNode(nodes.add(open.call, at: event, after: configuration.node), at: index)
    }
  }

  /// Forgets a crashed call: configurations that used it are as good as those that did not.
  private mutating func retire(_ call: Int) {
    let slot = schedule.slots[call]
    mutators.removeAll { $0.call == call }
    let old = layer
    layer = ConfigurationSet()
    enqueueAll(of: old)
    roles.spent.remove(slot)
    for level in pending.indices {
      for index in pending[level] {
        var configuration = old.items[Int(index)]
        configuration.marks.remove(slot)
        _ = layer.insert(
          state: configuration.state, marks: configuration.marks, node: configuration.node,
          roles: roles)
      }
      pending[level].removeAll(keepingCapacity: true)
    }
  }

  /// Nil if some configuration is left in which the call has taken effect.
  private mutating func complete(_ call: Int, at position: Int) -> SearchResult<S.State>? {
    let slot = schedule.slots[call]
    let duty = schedule.dutySlots[call]
    var next = ConfigurationSet<Slots>()
    enqueueAll(of: layer)
    var level = 0
    while level < pending.count {
      var index = 0
      while index < pending[level].count {
        let configuration = layer.items[Int(pending[level][index])]
        let isDone = duty >= 0 && configuration.marks.contains(duty)
        // Calls before a duty that was done already are better left for later.
        if configuration.marks.contains(slot) || (isDone && !configuration.isDetour) {
          keep(configuration, without: slot, duty, in: &next)
        }
        if !configuration.marks.contains(slot) {
          expand(configuration, level: level, until: slot, duty, isDetour: isDone, into: &next)
        }
        index += 1
        if expansions & 0xFF == 0, let reason = reasonToStop(next) {
          return .unknown(reason, reached: position)
        }
      }
      pending[level].removeAll(keepingCapacity: true)
      level += 1
    }
    if next.isEmpty { return .impossible(impossibility(of: call)) }
    close(call, slot, duty)
    layer = next
    return nil
  }

  private mutating func close(_ call: Int, _ slot: Int, _ duty: Int) {
    observers.removeAll { $0.call == call }
    mutators.removeAll { $0.call == call }
    if duty >= 0 { roles.duties.remove(duty) }
    roles.duties.remove(slot)
    roles.exact.remove(slot)
    roles.spent.remove(slot)
  }

  // MARK: Configurations

  private mutating func enqueueAll(of set: ConfigurationSet<Slots>) {
    for (index, configuration) in set.items.enumerated() {
      enqueue(Int32(index), level: configuration.marks.count(within: roles.spent))
    }
  }

  private mutating func enqueue(_ index: Int32, level: Int) {
    while pending.count <= level { pending.append([]) }
    pending[level].append(index)
  }

  /// Keeps a configuration for the next layer, where the completed call is not open any more.
  private mutating func keep(
    _ configuration: Configuration<Slots>, without slot: Int, _ duty: Int,
    in next: inout ConfigurationSet<Slots>
  ) {
    var marks = configuration.marks
    marks.remove(slot)
    if duty >= 0 { marks.remove(duty) }
    if next.insert(
      state: configuration.state, marks: marks, node: configuration.node, roles: roles) != nil
    {
      explored += 1
    }
  }

  /// Linearizes each open call that can be next, and then the observers that this enables.
  private mutating func expand(
    _ configuration: Configuration<Slots>, level: Int, until slot: Int, _ duty: Int,
    isDetour: Bool, into next: inout ConfigurationSet<Slots>
  ) {
    expansions += 1
    var lastCommand: Int32 = -1
    for open in mutators where !configuration.marks.contains(open.slot) {
      if open.command == lastCommand { continue }
      lastCommand = open.command
      let state = space.step(configuration.state, open.command)
      if state < 0 { continue }
      let marks = marks(after: open, configuration.marks, in: state)
      if marks.contains(slot) {
        var rest = marks
        rest.remove(slot)
        if duty >= 0 { rest.remove(duty) }
        guard let index = next.insert(state: state, marks: rest, node: -1, roles: roles)
        else { continue }
        next.setNode(addNodes(open.call, marks, after: configuration), at: index)
      } else {
        guard
          let index = layer.insert(
            state: state, marks: marks, node: -1, isDetour: isDetour, roles: roles)
        else { continue }
        layer.setNode(addNodes(open.call, marks, after: configuration), at: index)
        enqueue(Int32(index), level: roles.exact.contains(open.slot) ? level : level + 1)
      }
      explored += 1
    }
  }

  /// The marks when the call has taken effect and led to the state.
  private mutating func marks(after open: OpenCall, _ before: Slots, in state: Int32) -> Slots {
    var marks = before
    marks.insert(open.slot)
    if open.isOverwrite {
      for other in mutators where other.duty >= 0 { marks.insert(other.duty) }
    }
    for observer in observers where !marks.contains(observer.slot) {
      if space.step(state, observer.command) >= 0 { marks.insert(observer.slot) }
    }
    return marks
  }

  /// Nodes for the call and the observers that were linearized with it.
  private mutating func addNodes(
    _ call: Int, _ marks: Slots, after configuration: Configuration<Slots>
  ) -> Int32 {
    var node = nodes.add(call, at: event, after: configuration.node)
    for observer in observers
    where marks.contains(observer.slot) && !configuration.marks.contains(observer.slot) {
      node = nodes.add(observer.call, at: event, after: node)
    }
    return node
  }

  // MARK: Ends

  private func reasonToStop(_ next: ConfigurationSet<Slots>) -> UnknownReason? {
    let sets =
      layer.bytes(slotCapacity: schedule.slotCount) + next.bytes(slotCapacity: schedule.slotCount)
    let bytes = sets + nodes.bytes + space.bytes
    // Nodes are numbered by 32 bits; one round of expansions is far from half of that.
    if nodes.count > Int32.max / 2 { return .memoryLimit(bytes) }
    return budget.reasonToStop(bytes: bytes, expansions: expansions)
  }

  private func impossibility(of call: Int) -> Impossibility<S.State> {
    let deepest = layer.items.max { nodes.depth(of: $0.node) < nodes.depth(of: $1.node) }
    return Impossibility(
      call: call, longest: order(to: deepest?.node ?? -1), states: finalStates)
  }

  /// The calls on the way to the node, with the overwrites that were absorbed: each right before
  /// the first overwrite that took effect after its invocation, if that was before its completion.
  private func order(to node: Int32) -> [Int] {
    let path = nodes.path(to: node)
    let taken = Set(path.map(\.call))
    let absorbed = schedule.steps.prefix(event).enumerated().filter { _, step in
      step.action == .invoke && schedule.dutySlots[step.call] >= 0 && !taken.contains(step.call)
    }
    var waiting = absorbed[...]
    var order: [Int] = []
    for (call, event) in path {
      if specification.isOverwrite(calls[call].command) {
        while let (invocation, step) = waiting.first, invocation < event {
          waiting.removeFirst()
          let completion = calls[step.call].completion ?? .max
          if completion >= schedule.steps[event].position { order.append(step.call) }
        }
      }
      order.append(call)
    }
    return order
  }
}
