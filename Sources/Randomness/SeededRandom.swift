/// The only source of randomness in Faultline: SplitMix64 (Steele, Lea, Flood: Fast Splittable
/// Pseudorandom Number Generators, OOPSLA 2014), seeded by a run's seed and a path of labels.
///
/// A stream depends on nothing but its seed and labels, so that the n-th operation of a process and
/// the n-th fault of a lane are the same in every run of one seed, whatever the timing.
public struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// Makes the stream named by `labels` under `seed`.
  public init(seed: UInt64, _ labels: UInt64...) {
    state = seed
    for label in labels {
      state = next() ^ (label &+ 0x9E37_79B9_7F4A_7C15)
    }
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A seed for a run that was given none.
  public static func freshSeed() -> UInt64 {
    var system = SystemRandomNumberGenerator()
    // Below 2^53, so that the seed survives readers that keep JSON numbers as doubles.
    return system.next() >> 11
  }
}
