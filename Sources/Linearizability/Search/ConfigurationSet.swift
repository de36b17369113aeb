/// A point that some linearization of the events so far has reached: the state, and which of the
/// open calls have already taken effect. Calls that completed have all taken effect.
struct Configuration<Slots: SlotSet> {
  var state: Int32
  /// The last node of the linearization that led here.
  var node: Int32
  /// The next configuration of the same group, or -1.
  fileprivate(set) var next: Int32 = -1
  var linearized: Slots
}

/// Which slots may differ between two configurations of which one makes the other superfluous.
struct SlotRoles<Slots: SlotSet> {
  /// Slots of calls that will complete and change the state: these must agree.
  var mutators: Slots
  /// Slots of calls that will complete and are observers: better linearized than not.
  var observers: Slots
  /// Slots of crashed calls: better unused than used.
  var crashed: Slots

  init(capacity: Int) {
    mutators = Slots(capacity: capacity)
    observers = Slots(capacity: capacity)
    crashed = Slots(capacity: capacity)
  }
}

/// Configurations without superfluous ones.
///
/// A configuration c is superfluous beside d if both have the same state and the same mutators
/// linearized, d has all of c's observers linearized and none but c's crashed calls used. Proof:
/// whatever order of calls completes c also completes d, with those observers left out that d has
/// had already (they change no state); the crashed calls that d has left may stay unused forever.
struct ConfigurationSet<Slots: SlotSet> {
  private(set) var items: [Configuration<Slots>] = []
  /// Open addressing: the newest configuration of each group, or -1. Grouped by state and mutators.
  private var heads: [Int32] = Array(repeating: -1, count: 16)
  private var groupCount = 0

  var isEmpty: Bool { items.isEmpty }

  /// The index of the new configuration; nil if it is superfluous.
  ///
  /// Cheapest first: a configuration that makes earlier ones superfluous does not remove them.
  mutating func insert(
    state: Int32, linearized: Slots, node: Int32, roles: SlotRoles<Slots>
  ) -> Int? {
    let position = find(state, linearized, roles)
    var other = heads[position]
    if other < 0 { groupCount += 1 }
    while other >= 0 {
      let item = items[Int(other)]
      if item.linearized.isSubset(of: linearized, flipping: roles.observers) { return nil }
      other = item.next
    }
    items.append(
      Configuration(state: state, node: node, next: heads[position], linearized: linearized))
    heads[position] = Int32(items.count - 1)
    if groupCount * 2 > heads.count { grow(roles) }
    return items.count - 1
  }

  /// Sets the node of a configuration.
  mutating func setNode(_ node: Int32, at index: Int) {
    items[index].node = node
  }

  /// Marks an observer, which has just been invoked, as linearized in a configuration.
  ///
  /// It must be done to all configurations of the same state at once, so that groups stay right.
  mutating func insert(_ slot: Int, at index: Int) {
    items[index].linearized.insert(slot)
  }

  /// Where the group is in the table, or belongs.
  private func find(_ state: Int32, _ linearized: Slots, _ roles: SlotRoles<Slots>) -> Int {
    let mask = heads.count - 1
    let hash = linearized.hash(within: roles.mutators) &+ UInt64(UInt32(bitPattern: state))
    var position = Int(truncatingIfNeeded: mixed(hash)) & mask
    while heads[position] >= 0 {
      let item = items[Int(heads[position])]
      if item.state == state, item.linearized.isEqual(to: linearized, within: roles.mutators) {
        break
      }
      position = (position + 1) & mask
    }
    return position
  }

  private mutating func grow(_ roles: SlotRoles<Slots>) {
    let old = heads
    heads = Array(repeating: -1, count: old.count * 2)
    for head in old where head >= 0 {
      let item = items[Int(head)]
      heads[find(item.state, item.linearized, roles)] = head
    }
  }

  /// How much memory it takes.
  func bytes(slotCapacity: Int) -> Int {
    items.capacity * (MemoryLayout<Configuration<Slots>>.stride)
      + items.count * Slots.heapBytes(capacity: slotCapacity) + heads.count * 4
  }
}
