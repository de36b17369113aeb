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
/// Two reductions keep the number of configurations small:
/// - An open observer is linearized as soon as the state allows it. That never hurts: wherever it
///   would come later, it can be taken out and put here, and no state changes.
/// - Of open calls with the same command, the one that completes first goes first, a crashed one
///   last. Where a linearization has them the other way round, they can change places: the later
///   place is before the earlier completion, and both were invoked before the earlier place.
struct FrontierSearch<S: Specification, Slots: SlotSet> {
  private struct OpenCall {
    var call: Int
    var slot: Int
    var command: Int32
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
  /// Configurations of the layer to expand, by how many crashed calls they have used.
  private var pending: [[Int32]] = [[]]
  private var expansions = 0

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
      state: 0, linearized: Slots(capacity: schedule.slotCount), node: -1, roles: roles)
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
    }
    return .linearizable(nodes.path(to: layer.items[0].node))
  }

  /// The states of all configurations that are left, each once.
  var finalStates: [S.State] {
    var seen: Set<Int32> = []
    return layer.items.filter { seen.insert($0.state).inserted }.map { space.states[Int($0.state)] }
  }

  // MARK: Events

  private mutating func invoke(_ call: Int) {
    let open = OpenCall(
      call: call, slot: schedule.slots[call], command: commandNumbers[call],
      completion: calls[call].completion ?? .max)
    if specification.isObserver(calls[call].command) {
      roles.observers.insert(open.slot)
      observers.append(open)
      for index in layer.items.indices {
        let configuration = layer.items[index]
        guard space.step(configuration.state, open.command) >= 0 else { continue }
        layer.insert(open.slot, at: index)
        layer.setNode(nodes.add(call, after: configuration.node), at: index)
      }
      return
    }
    if calls[call].isCrashed {
      roles.crashed.insert(open.slot)
    } else {
      roles.mutators.insert(open.slot)
    }
    let place = mutators.firstIndex {
      ($0.command, $0.completion, $0.call) > (open.command, open.completion, open.call)
    }
    mutators.insert(open, at: place ?? mutators.endIndex)
  }

  /// Forgets a crashed call: configurations that used it are as good as those that did not.
  private mutating func retire(_ call: Int) {
    let slot = schedule.slots[call]
    mutators.removeAll { $0.call == call }
    let old = layer
    layer = ConfigurationSet()
    enqueueAll(of: old)
    roles.crashed.remove(slot)
    for level in pending.indices {
      for index in pending[level] {
        var configuration = old.items[Int(index)]
        configuration.linearized.remove(slot)
        _ = layer.insert(
          state: configuration.state, linearized: configuration.linearized,
          node: configuration.node, roles: roles)
      }
      pending[level].removeAll(keepingCapacity: true)
    }
  }

  /// Nil if some configuration is left in which the call has taken effect.
  private mutating func complete(_ call: Int, at position: Int) -> SearchResult<S.State>? {
    let slot = schedule.slots[call]
    var next = ConfigurationSet<Slots>()
    enqueueAll(of: layer)
    var level = 0
    while level < pending.count {
      var index = 0
      while index < pending[level].count {
        let configuration = layer.items[Int(pending[level][index])]
        if configuration.linearized.contains(slot) {
          keep(configuration, without: slot, in: &next)
        } else {
          expand(configuration, level: level, until: slot, into: &next)
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
    observers.removeAll { $0.call == call }
    mutators.removeAll { $0.call == call }
    roles.observers.remove(slot)
    roles.mutators.remove(slot)
    layer = next
    return nil
  }

  // MARK: Configurations

  private mutating func enqueueAll(of set: ConfigurationSet<Slots>) {
    for (index, configuration) in set.items.enumerated() {
      enqueue(Int32(index), level: configuration.linearized.count(within: roles.crashed))
    }
  }

  private mutating func enqueue(_ index: Int32, level: Int) {
    while pending.count <= level { pending.append([]) }
    pending[level].append(index)
  }

  /// Keeps a configuration for the next layer, where the call in `slot` is not open any more.
  private mutating func keep(
    _ configuration: Configuration<Slots>, without slot: Int,
    in next: inout ConfigurationSet<Slots>
  ) {
    var linearized = configuration.linearized
    linearized.remove(slot)
    if next.insert(
      state: configuration.state, linearized: linearized, node: configuration.node, roles: roles)
      != nil
    {
      explored += 1
    }
  }

  /// Linearizes each open call that can be next, and then the observers that this enables.
  private mutating func expand(
    _ configuration: Configuration<Slots>, level: Int, until slot: Int,
    into next: inout ConfigurationSet<Slots>
  ) {
    expansions += 1
    var lastCommand: Int32 = -1
    for open in mutators where !configuration.linearized.contains(open.slot) {
      if open.command == lastCommand { continue }
      lastCommand = open.command
      let state = space.step(configuration.state, open.command)
      if state < 0 { continue }
      var linearized = configuration.linearized
      linearized.insert(open.slot)
      for observer in observers where !linearized.contains(observer.slot) {
        if space.step(state, observer.command) >= 0 { linearized.insert(observer.slot) }
      }
      if linearized.contains(slot) {
        var rest = linearized
        rest.remove(slot)
        guard let index = next.insert(state: state, linearized: rest, node: -1, roles: roles)
        else { continue }
        next.setNode(addNodes(open.call, linearized, after: configuration), at: index)
      } else {
        guard
          let index = layer.insert(state: state, linearized: linearized, node: -1, roles: roles)
        else { continue }
        layer.setNode(addNodes(open.call, linearized, after: configuration), at: index)
        enqueue(Int32(index), level: open.completion == .max ? level + 1 : level)
      }
      explored += 1
    }
  }

  /// Nodes for the call and the observers that were linearized with it.
  private mutating func addNodes(
    _ call: Int, _ linearized: Slots, after configuration: Configuration<Slots>
  ) -> Int32 {
    var node = nodes.add(call, after: configuration.node)
    for observer in observers
    where linearized.contains(observer.slot) && !configuration.linearized.contains(observer.slot) {
      node = nodes.add(observer.call, after: node)
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
      call: call, longest: nodes.path(to: deepest?.node ?? -1), states: finalStates)
  }
}
