/// A solver that lets calls take effect when a completion needs them, in one pass over the events, and
/// that never has to take anything back.
protocol LazySolver: ColumnSolver, ~Copyable {
  var columns: CallColumns { get }

  /// Lets the calls take effect; the position of the first completion that is not possible.
  func run(_ calls: CallColumns.Pointers, _ onTake: (UInt32) -> Void) -> UInt32?

  /// The kind of calls for which one pass is not enough.
  static var undecidedKind: UInt8? { get }
}

extension LazySolver where Self: ~Copyable {
  static var undecidedKind: UInt8? { nil }

  mutating func decide() -> Decision {
    if let kind = Self.undecidedKind, columns.kind.contains(kind) { return .undecided }
    return columns.withPointers { calls in
      guard let position = run(calls, { _ in }) else { return .linearizable }
      // All calls that had begun: what makes it impossible to get past the position.
      return .impossible((0..<calls.count).filter { calls.invocation[$0] < position })
    }
  }

  mutating func linearization() -> [UInt32] {
    var order: [UInt32] = []
    order.reserveCapacity(columns.count)
    _ = columns.withPointers { run($0) { order.append($0) } }
    return order
  }
}
