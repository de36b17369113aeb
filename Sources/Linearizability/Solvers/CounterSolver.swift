/// What calls on a counter do.
enum CounterKind {
  static let increment: UInt8 = 0
  /// Its value is how many increments it saw; one that is never reached if it saw what cannot be.
  static let read: UInt8 = 1
  static let observeNothing: UInt8 = 2

  static let crashed: [UInt8] = [increment, observeNothing, observeNothing]
}

/// Decides a counter of increments by one and exact reads. They are lazy: a read takes effect as soon
/// as the count is what it saw, an increment when a completion needs it, the one that completes first
/// first.
///
/// Invariant: the count is as small as the completions so far allow. It only grows, so a read of
/// less than the count has missed its moment, and being small never hurts a read of more. Of
/// two open increments, the one that completes first can change places with the other.
/// Complexity: O(n log n).
struct CounterSolver: LazySolver, ~Copyable {
  typealias Kind = CounterKind
  private static let none = CallColumns.none

  let columns: CallColumns
  private let events: EventSweep

  /// There are more values than increments.
  init(_ columns: CallColumns) {
    self.columns = columns
    events = EventSweep(columns)
  }

  func run(_ calls: CallColumns.Pointers, _ onTake: (UInt32) -> Void) -> UInt32? {
    let heaps = DeadlineHeaps(callCount: columns.count)
    let open = heaps.pointers
    // By count, the first of the open reads that saw it.
    let reads = Scratch(repeating: Self.none, count: columns.valueCount)
    var increments = Self.none
    var count: UInt32 = 0
    func take(_ call: UInt32) {
      open.markTaken(call)
      onTake(call)
    }
    func increment() -> Bool {
      if increments == Self.none { return false }
      let call = increments
      increments = open.withoutRoot(call, calls.completion)
      take(call)
      count += 1
      open.forEach(from: reads[count], take)
      return true
    }
    return events.run(calls) { call in
      let (kind, value) = (calls.kind[call], calls.value[call])
      if kind == Kind.increment {
        increments = open.merge(increments, call, calls.completion)
      } else if calls.completion[call] == Self.none {
        return
      } else if kind == Kind.observeNothing || value == count {
        take(call)
      } else if value > count {
        open.push(call, onto: &reads.base[Int(value)])
      }
    } complete: { call in
      let needed = calls.kind[call] == Kind.read ? calls.value[call] : .max
      while !open.isTaken(call), count < needed {
        if !increment() { return false }
      }
      return open.isTaken(call)
    }
  }
}
