/// The parts of a register's history that decide how stale it is (W. Golab, X. Li, A. López-Ortiz and N.
/// Nishimura, "Computing k-atomicity in polynomial time", 2018, has them for k = 2).
///
/// Where each value is written once and there are no cas, the block of a value is its write and the reads
/// of it, F the first completion in it and S the last invocation. A block with F < S has the zone [F, S],
/// in which its value is needed. A chunk is a longest run of zones that overlap, from l to r, and
/// the blocks without a zone for which l < S and F < r. All calls of a chunk must end after l and begin before r,
/// so chunks can follow each other in order of time, each in an order of its own; any other block goes, as
/// a whole, to an instant between its S and its F that no chunk covers.
///
/// In that order what a read sees is as many versions old as in its chunk, and leaving out whole blocks
/// never makes a read older, so the history is k-atomic if and only if each chunk is. It is as much
/// with time: beginning reads earlier shortens zones, and what did not overlap does not overlap then. A
/// chunk of one block is linearizable.
extension RegisterHistory {
  private struct Block {
    var value: Int32
    /// The first completion; -1 for the initial value, which was there before all.
    var first: Int
    /// The last invocation.
    var last: Int

    var isForward: Bool { first < last }
  }

  private struct Chunk {
    var start: Int
    var end: Int
    var values: [Int32]
  }

  /// The calls of each chunk of several blocks, in order; nil where there are no such chunks: where a value can
  /// have come from several calls, or where there are cas. Every read must be explained. Complexity: O(n log n).
  func conflictingChunks() -> [[Int]]? {
    guard let blocks = blocks() else { return nil }
    var chunks = Self.chunks(of: blocks.filter(\.isForward))
    for block in blocks where !block.isForward {
      let next = chunks.partitioningIndex { $0.start > block.last }
      if next > 0, block.first < chunks[next - 1].end {
        chunks[next - 1].values.append(block.value)
      }
    }
    return calls(of: chunks.filter { $0.values.count > 1 })
  }

  private func blocks() -> [Block]? {
    var blocks = (0..<Int32(valueCount)).map { Block(value: $0, first: .max, last: -1) }
    blocks[Int(Self.initial)].first = -1
    for (index, call) in calls.enumerated() {
      let access = call.command
      if access.denied != nil || access.observed != nil && access.installed != nil { return nil }
      guard let value = access.installed ?? access.observed else { continue }
      if access.installed != nil, writers(of: value).count > 1 || value == Self.initial {
        return nil
      }
      blocks[Int(value)].first = min(blocks[Int(value)].first, end(index))
      blocks[Int(value)].last = max(blocks[Int(value)].last, call.invocation)
    }
    // What crashed and was not seen need not have happened.
    return blocks.filter { $0.first < .max && $0.last >= 0 }
  }

  private static func chunks(of blocks: [Block]) -> [Chunk] {
    var chunks: [Chunk] = []
    for block in blocks.sorted(by: { $0.first < $1.first }) {
      if let last = chunks.last, block.first < last.end {
        chunks[chunks.count - 1].end = max(last.end, block.last)
        chunks[chunks.count - 1].values.append(block.value)
      } else {
        chunks.append(Chunk(start: block.first, end: block.last, values: [block.value]))
      }
    }
    return chunks
  }

  private func calls(of chunks: [Chunk]) -> [[Int]] {
    var chunkOf = Array(repeating: -1, count: valueCount)
    for (index, chunk) in chunks.enumerated() {
      for value in chunk.values { chunkOf[Int(value)] = index }
    }
    var members: [[Int]] = Array(repeating: [], count: chunks.count)
    for (index, call) in calls.enumerated() {
      guard let value = call.command.installed ?? call.command.observed else { continue }
      let chunk = chunkOf[Int(value)]
      if chunk >= 0 { members[chunk].append(index) }
    }
    return members
  }
}
