/// Bounds of what a call can have seen of a number that only grows (K. Kingsbury's checker of counters in
/// Jepsen has those from all additions; here also what was seen before counts).
///
/// At least: what a completed call saw, with its own addition, and all additions that began after it
/// was over and are over themselves. At most: all that has begun. Both are necessary.
struct AdditionBounds: ~Copyable {
  private typealias Kind = AdditionKind
  private static let none = CallColumns.none

  private let columns: CallColumns
  private let numbers: [Int64]
  private let events: EventSweep

  init(_ columns: CallColumns, _ numbers: [Int64]) {
    self.columns = columns
    self.numbers = numbers
    events = EventSweep(columns)
  }

  /// The first completion of a call that saw what it cannot have seen. Complexity: O(n).
  consuming func firstConflict() -> UInt32? {
    let floors = Scratch<Int64>(repeating: 0, count: columns.count)
    var begun: Int64 = 0
    // The number is at least `floor`, in which nothing that began before `since` is counted for sure.
    var (floor, since): (Int64, UInt32) = (0, 0)
    return columns.withPointers { calls in
      events.run(calls) { call in
        floors[call] = floor
        if calls.kind[call] == Kind.add || calls.kind[call] == Kind.fetchAdd {
          begun += numbers[Int(calls.other[call])]
        }
      } complete: { call in
        let kind = calls.kind[call]
        if kind == Kind.observeNothing { return true }
        let amount = kind == Kind.read ? 0 : numbers[Int(calls.other[call])]
        if kind == Kind.add {
          if calls.invocation[call] > since { floor += amount }
          return true
        }
        let seen = numbers[Int(calls.value[call])]
        if seen < floors[call] || seen > begun - amount { return false }
        if seen + amount > floor { (floor, since) = (seen + amount, calls.completion[call]) }
        return true
      }
    }
  }
}
