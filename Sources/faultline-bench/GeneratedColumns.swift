import Linearizability
import Randomness

/// Columns of a history that is linearizable by construction: processes act on one true object, each
/// operation at a moment between its invocation and its completion.
struct GeneratedColumns {
  private(set) var kind: [UInt8]
  private(set) var value: [UInt32]
  private(set) var other: [UInt32]
  private(set) var invocation: [UInt32]
  private(set) var completion: [UInt32]
  private var position: UInt32 = 0

  /// What an operation did and saw.
  typealias Effect = (kind: UInt8, value: UInt32, other: UInt32)

  private enum Lane {
    case idle
    case open(Int)
    case done(Int)
  }

  /// `choose` gives what a process does next, `apply` lets it take effect.
  init(
    operations: Int, processes: Int, choose: (inout SeededRandom) -> UInt8,
    apply: (UInt8, inout SeededRandom) -> Effect
  ) {
    kind = Array(repeating: 0, count: operations)
    value = Array(repeating: CallColumns.none, count: operations)
    (other, invocation, completion) = (value, value, value)
    var random = SeededRandom(seed: 1)
    var lanes = Array(repeating: Lane.idle, count: processes)
    var (invoked, completed) = (0, 0)
    while completed < operations {
      let lane = Int(random.next() % UInt64(processes))
      switch lanes[lane] {
      case .idle:
        if invoked == operations { continue }
        kind[invoked] = choose(&random)
        invocation[invoked] = nextPosition()
        lanes[lane] = .open(invoked)
        invoked += 1
      case .open(let call):
        (kind[call], value[call], other[call]) = apply(kind[call], &random)
        lanes[lane] = .done(call)
      case .done(let call):
        completion[call] = nextPosition()
        lanes[lane] = .idle
        completed += 1
      }
    }
  }

  private mutating func nextPosition() -> UInt32 {
    position += 1
    return position
  }

  func columns(valueCount: Int) -> CallColumns {
    CallColumns(
      kind: kind, value: value, other: other.contains { $0 != CallColumns.none } ? other : [],
      invocation: invocation, completion: completion, valueCount: valueCount,
      lastPosition: position)
  }
}
