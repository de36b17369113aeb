/// What calls on a max-register do.
enum MaxRegisterKind {
  static let write: UInt8 = 0
  static let read: UInt8 = 1
  static let observeNothing: UInt8 = 2

  static let crashed: [UInt8] = [write, observeNothing, observeNothing]
}

/// Decides a register that keeps the largest number written to it. Values are numbered in their order.
///
/// Writes are lazy: none takes effect before a completion needs it, and then none that is larger
/// than needed; smaller ones do so on the way if an open read needs them. A read takes effect as
/// soon as the register holds what it saw.
///
/// Invariant: the register holds as little as the completions so far allow. It never shrinks, so a
/// read of less has missed its moment, and holding little never hurts a read of more: a write
/// of that number that has begun is still open, or crashed, or it would have taken effect.
/// Complexity: O(n log n).
struct MaxRegisterSolver: LazySolver, ~Copyable {
  typealias Kind = MaxRegisterKind
  private static let none = CallColumns.none

  let columns: CallColumns
  private let initial: UInt32
  private let events: EventSweep

  init(_ columns: CallColumns, initial: UInt32) {
    self.columns = columns
    self.initial = initial
    events = EventSweep(columns)
  }

  func run(_ calls: CallColumns.Pointers, _ onTake: (UInt32) -> Void) -> UInt32? {
    let heaps = DeadlineHeaps(callCount: columns.count)
    let open = heaps.pointers
    // By value, a write of it that has not taken effect, and the first of its open reads. No value below
    // what is held is looked at again.
    let writes = Scratch(repeating: Self.none, count: columns.valueCount)
    let reads = Scratch(repeating: Self.none, count: columns.valueCount)
    var wanted = PositionSet(limit: columns.valueCount)
    var held = initial
    func take(_ call: UInt32) {
      open.markTaken(call)
      onTake(call)
    }
    func reach(_ value: UInt32, by write: UInt32) {
      held = value
      take(write)
      open.forEach(from: reads[value], take)
    }
    /// On the way open reads of less are served, whose moment this is the last for.
    func raise(to value: UInt32, by write: UInt32) {
      while let between = wanted.first(from: Int(held) + 1), between < value {
        held = UInt32(between)
        if writes[between] != Self.none { reach(held, by: writes[between]) }
      }
      reach(value, by: write)
    }
    return events.run(calls) { call in
      let value = calls.value[call]
      if calls.kind[call] == Kind.write {
        if value > held, writes[value] == Self.none { writes[value] = call }
      } else if calls.completion[call] == Self.none {
        return
      } else if calls.kind[call] == Kind.observeNothing || value == held {
        take(call)
      } else if value > held {
        open.push(call, onto: &reads.base[Int(value)])
        wanted.insert(Int(value))
      }
    } complete: { call in
      if open.isTaken(call) { return true }
      let value = calls.value[call]
      if calls.kind[call] == Kind.read {
        if value < held || writes[value] == Self.none { return false }
        raise(to: value, by: writes[value])
        return open.isTaken(call)
      }
      // A write of no more than what is held leaves no trace.
      if value > held { raise(to: value, by: call) } else { take(call) }
      return true
    }
  }
}
