/// The configurations from which a depth-first search found no way on, by the step at which it was.
///
/// A configuration that another makes superfluous (`ConfigurationSet`) fails where that one has
/// failed.
struct FailedSet<Slots: SlotSet> {
  private struct Entry {
    var event: Int32
    var state: Int32
    /// The next entry of the same group, or -1.
    var next: Int32
    var hash: UInt32
    var marks: Slots
  }

  /// As many entries of one group are compared with: a bound on time that loses only shortcuts.
  private static var longestChain: Int { 32 }

  private var entries: [Entry] = []
  /// The newest entry of each group, or -1; a group has the same hash of step, state and exact marks.
  private var heads: [Int32] = []

  /// How much memory it takes.
  func bytes(slotCapacity: Int) -> Int {
    footprint(of: entries) + footprint(of: heads)
      + entries.count * Slots.heapBytes(capacity: slotCapacity)
  }

  /// Whether nothing can come of the configuration, for all that is known.
  func covers(_ marks: Slots, state: Int32, event: Int, roles: SlotRoles<Slots>) -> Bool {
    if entries.isEmpty { return false }
    let hash = Self.hash(marks, state, event, roles)
    var next = heads[Int(hash) & (heads.count - 1)]
    var length = 0
    while next >= 0, length < Self.longestChain {
      let entry = entries[Int(next)]
      if entry.hash == hash, entry.event == event, entry.state == state,
        entry.marks.isEqual(to: marks, within: roles.exact),
        entry.marks.isSubset(of: marks, flipping: roles.duties)
      {
        return true
      }
      next = entry.next
      length += 1
    }
    return false
  }

  /// Notes that the configuration fails.
  mutating func insert(_ marks: Slots, state: Int32, event: Int, roles: SlotRoles<Slots>) {
    if entries.count == heads.count { grow() }
    let hash = Self.hash(marks, state, event, roles)
    let place = Int(hash) & (heads.count - 1)
    entries.append(
      Entry(event: Int32(event), state: state, next: heads[place], hash: hash, marks: marks))
    heads[place] = Int32(entries.count - 1)
  }

  private mutating func grow() {
    let count = max(64, heads.count * 2)
    heads = Array(repeating: -1, count: count)
    for index in entries.indices {
      let place = Int(entries[index].hash) & (count - 1)
      entries[index].next = heads[place]
      heads[place] = Int32(index)
    }
  }

  private static func hash(
    _ marks: Slots, _ state: Int32, _ event: Int, _ roles: SlotRoles<Slots>
  ) -> UInt32 {
    let key = UInt64(event) << 32 | UInt64(UInt32(bitPattern: state))
    return UInt32(truncatingIfNeeded: mixed(marks.hash(within: roles.exact) &+ key))
  }
}
