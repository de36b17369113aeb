/// Positions of events numbered from 1 without gaps, so that they can index arrays.
struct DensePositions {
  private(set) var invocation: [UInt32]
  /// `UInt32.max` where there is none.
  private(set) var completion: [UInt32]
  private(set) var last: UInt32

  /// Complexity: O(n log n).
  init(_ invocations: [Int], _ completions: [Int?]) {
    var events: [(position: Int, slot: Int)] = []
    events.reserveCapacity(2 * invocations.count)
    for index in invocations.indices {
      events.append((invocations[index], 2 * index))
      if let completion = completions[index] { events.append((completion, 2 * index + 1)) }
    }
    events.sort { $0.position < $1.position }
    invocation = Array(repeating: .max, count: invocations.count)
    completion = invocation
    for (rank, event) in events.enumerated() {
      if event.slot & 1 == 0 {
        invocation[event.slot >> 1] = UInt32(rank + 1)
      } else {
        completion[event.slot >> 1] = UInt32(rank + 1)
      }
    }
    last = UInt32(events.count)
  }
}
