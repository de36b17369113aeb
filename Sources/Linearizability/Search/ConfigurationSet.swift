/// A point that some linearization of the events so far has reached: the state, and marks on the
/// slots of the calls that are open. Calls that completed have all taken effect.
struct Configuration<Slots: SlotSet> {
  var state: Int32
  /// The last node of the linearization that led here.
  var node: Int32
  /// The next configuration of the same group, or -1.
  fileprivate(set) var next: Int32 = -1
  /// How many calls that are no observers took effect since the last completion, at most 65535.
  private(set) var depth: UInt16 = 0
  /// Whether it was reached by a step that the completion at hand did not need.
  var isDetour = false
  /// Whether it was reached by an overwrite that enabled no observer.
  var isIdle = false
  var marks: Slots

  init(state: Int32, node: Int32, marks: Slots) {
    self.state = state
    self.node = node
    self.marks = marks
  }

  /// Notes that it is one call further than the other.
  mutating func goDeeper(than other: Configuration) {
    depth = other.depth == .max ? .max : other.depth + 1
  }
}

/// What a mark on a slot means, by which one configuration can make another superfluous.
struct SlotRoles<Slots: SlotSet> {
  /// The call has taken effect, neither more nor less: these must agree.
  var exact: Slots
  /// What must have happened by the call's completion has happened: better marked than not.
  var duties: Slots
  /// What the call could do once is used up: better not marked than marked.
  var spent: Slots

  init(capacity: Int) {
    exact = Slots(capacity: capacity)
    duties = Slots(capacity: capacity)
    spent = Slots(capacity: capacity)
  }
}

/// Configurations without superfluous ones.
///
/// A configuration c is superfluous beside d if both have the same state and the same exact marks,
/// d has all of c's duties done and nothing spent that c has not. Proof: whatever order of calls
/// completes c also completes d, with those observers left out that d has had already (they change
/// no state); what d has left over beyond that may stay unused, since its duties are done.
struct ConfigurationSet<Slots: SlotSet> {
  private(set) var items: [Configuration<Slots>] = []
  /// Open addressing: the newest configuration of each group, or -1. Grouped by state and exact marks.
  private var heads: [Int32] = Array(repeating: -1, count: 16)
  private var groupCount = 0

  var isEmpty: Bool { items.isEmpty }

  /// The index of the new configuration; nil if it is superfluous.
  ///
  /// Cheapest first: a configuration that makes earlier ones superfluous does not remove them.
  mutating func insert(
    _ configuration: Configuration<Slots>, roles: SlotRoles<Slots>
  ) -> Int? {
    let position = find(configuration.state, configuration.marks, roles)
    var other = heads[position]
    if other < 0 { groupCount += 1 }
    while other >= 0 {
      let item = items[Int(other)]
      if item.marks.isSubset(of: configuration.marks, flipping: roles.duties) { return nil }
      other = item.next
    }
    items.append(configuration)
    items[items.count - 1].next = heads[position]
    heads[position] = Int32(items.count - 1)
    if groupCount * 2 > heads.count { grow(roles) }
    return items.count - 1
  }

  /// Leaves it empty.
  mutating func removeAll() {
    items.removeAll(keepingCapacity: items.count < 4096)
    groupCount = 0
    if heads.count > 256 {
      heads = Array(repeating: -1, count: 16)
    } else {
      for index in heads.indices { heads[index] = -1 }
    }
  }

  /// Sets the node of a configuration.
  mutating func setNode(_ node: Int32, at index: Int) {
    items[index].node = node
  }

  /// Marks a duty that is new.
  ///
  /// It must be done to all configurations of the same state at once, so that none of them becomes
  /// superfluous by it.
  mutating func mark(_ slot: Int, node: Int32, at index: Int) {
    items[index].marks.insert(slot)
    items[index].node = node
  }

  /// Where the group is in the table, or belongs.
  private func find(_ state: Int32, _ marks: Slots, _ roles: SlotRoles<Slots>) -> Int {
    let mask = heads.count - 1
    let hash = marks.hash(within: roles.exact) &+ UInt64(UInt32(bitPattern: state))
    var position = Int(truncatingIfNeeded: mixed(hash)) & mask
    while heads[position] >= 0 {
      let item = items[Int(heads[position])]
      if item.state == state, item.marks.isEqual(to: marks, within: roles.exact) {
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
      heads[find(item.state, item.marks, roles)] = head
    }
  }

  /// How much memory it takes.
  func bytes(slotCapacity: Int) -> Int {
    footprint(of: items) + footprint(of: heads)
      + items.count * Slots.heapBytes(capacity: slotCapacity)
  }
}
