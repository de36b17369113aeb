public import Histories
import Randomness

/// An operation that a process is about to invoke.
public struct PlannedOperation: Hashable, Sendable {
  /// The function.
  public var f: String
  /// The key.
  public var key: Value
  /// The argument; nil for a read.
  public var value: Value?
  /// How long after the one before it is due.
  public var pause: Duration
}

/// The operations of one lane: the processes p with p mod (number of lanes) = lane, one after
/// another.
///
/// The n-th operation depends on the seed, the lane and n alone, never on answers or timing.
///
/// - Every value written is unique in the run, so that a read tells which write it saw.
/// - The lanes are dealt to the keys in use in blocks, so that each key is used by lanes of different
///   nodes, and dealt anew when a lane goes on to the next generation of keys.
/// - A compare-and-set expects what this lane itself last tried to put there: deterministic, and
///   successful about once in as many times as lanes share the key.
public struct OperationGenerator: Sendable {
  private let load: Load
  private let lane: Int
  private let lanes: Int
  private let functions: [(name: String, upTo: Int)]
  private let operationsPerGeneration: Int
  private var random: SeededRandom
  private var count = 0
  private var expected: Value = .null

  /// Makes the generator of a lane.
  public init(_ load: Load, lane: Int, of lanes: Int, seed: UInt64) {
    self.load = load
    self.lane = lane
    self.lanes = lanes
    var sum = 0
    var functions: [(name: String, upTo: Int)] = []
    for (name, weight) in load.mix.sorted(by: { $0.key < $1.key }) where weight > 0 {
      sum += weight
      functions.append((name, sum))
    }
    self.functions = functions
    operationsPerGeneration = max(1, load.operationsPerKey * load.keys / lanes)
    random = SeededRandom(seed: seed, Self.label, UInt64(lane))
  }

  /// Separates the clients' random streams from the nemesis'.
  private static let label: UInt64 = 0x6C61_6E65

  /// How many keys have been begun so far.
  public var keysBegun: Int { (count / operationsPerGeneration + 1) * load.keys }

  /// The key of a number.
  public static func key(_ number: Int) -> Value { .string("k\(number)") }

  /// The next operation.
  public mutating func next() -> PlannedOperation {
    let generation = count / operationsPerGeneration
    if count % operationsPerGeneration == 0 { expected = .null }
    let slot = (lane + generation) % lanes * load.keys / lanes
    let f = drawFunction()
    let pause = drawPause()
    let fresh = Value.integer(Int64(count * lanes + lane + 1))
    count += 1
    return PlannedOperation(
      f: f, key: Self.key(generation * load.keys + slot), value: argument(of: f, fresh: fresh),
      pause: pause)
  }

  private mutating func argument(of f: String, fresh: Value) -> Value? {
    switch f {
    case "read": return nil
    case "cas":
      let before = expected
      expected = fresh
      return .array([before, fresh])
    default:
      expected = fresh
      return fresh
    }
  }

  private mutating func drawFunction() -> String {
    let draw = Int.random(in: 0..<(functions.last?.upTo ?? 1), using: &random)
    return functions.first { draw < $0.upTo }?.name ?? "read"
  }

  private mutating func drawPause() -> Duration {
    guard let rate = load.rate else { return .zero }
    return .seconds(Double.random(in: 0...2, using: &random) * Double(lanes) / rate)
  }
}
