/// The events of calls in order, for solvers that let calls take effect lazily: when a completion needs
/// them.
struct EventSweep: ~Copyable {
  private static let none = CallColumns.none

  /// By position, the call that completes there.
  let completing: Scratch<UInt32>

  init(_ columns: CallColumns) {
    completing = Scratch(repeating: Self.none, count: Int(columns.lastPosition) + 1)
    columns.withPointers { calls in
      for call in 0..<calls.count where calls.completion[call] != Self.none {
        completing[calls.completion[call]] = UInt32(call)
      }
    }
  }

  /// Passes on the events; the position of the first completion that is refused.
  @inline(__always)
  func run(
    _ calls: CallColumns.Pointers, invoke: (UInt32) -> Void, complete: (UInt32) -> Bool
  ) -> UInt32? {
    var next: UInt32 = 0
    for position in 0..<UInt32(completing.count) {
      let call = completing[position]
      if call != Self.none {
        if !complete(call) { return position }
      } else if next < calls.count, calls.invocation[next] == position {
        invoke(next)
        next += 1
      }
    }
    return nil
  }
}
