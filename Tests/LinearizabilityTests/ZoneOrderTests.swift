import Randomness
import Testing

@testable import Linearizability

@Suite struct ZoneOrderTests {
  @Test func ranksAreThoseOfSorting() {
    var random = SeededRandom(seed: 5)
    for last in [0, 1, 63, 64, 127, 128, 1_000] as [UInt32] {
      let positions = (0...last).filter { _ in Int.random(in: 0..<3, using: &random) > 0 } + [last]
      let sorted = Set(positions).sorted()
      let order = ZoneOrder(lastPosition: last)
      for position in sorted.shuffled(using: &random) { order.mark(position) }
      #expect(order.countMarks() == sorted.count)
      #expect(sorted.map { order.rank(of: $0) } == Array(sorted.indices))
    }
  }
}
