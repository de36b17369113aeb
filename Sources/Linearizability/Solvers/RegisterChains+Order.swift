extension RegisterChains {
  /// The chains by place, their blocks in order, in each the installer and then the reads by
  /// invocation; reads that observed nothing are merged in.
  ///
  /// Zones are met in the order of the chains' places: a backward zone that begins within a forward
  /// one belongs right behind that, and no other forward one begins before.
  package mutating func linearization() -> [UInt32] {
    let columns = columns
    return columns.withPointers { calls in
      // Safe: both live as long as the solver. When blocks began is not needed any more, and their last
      // events are not once the chains have their places, so this memory serves again.
      let (sizes, reads) = (begun.base, last.base)
      begun.fill(0)
      var kept = 0
      var hasFree = false
      for call in 0..<calls.count {
        if calls.completion[call] == Self.none, !isKept(calls, call) { continue }
        kept += 1
        let block = block(calls, call)
        if block == Self.none { hasFree = true } else { sizes[block] += 1 }
      }
      giveStarts(sizes)
      let order = order(calls, starts: sizes, reads: reads, count: kept)
      return hasFree ? mergingFree(order, calls) : order
    }
  }

  private func block(_ calls: CallColumns.Pointers, _ call: Int) -> UInt32 {
    calls.kind[call] == Kind.cas ? calls.other[call] : calls.value[call]
  }

  /// Replaces the sizes of the blocks by their places in the order; the heads are let go.
  private mutating func giveStarts(_ sizes: UnsafeMutablePointer<UInt32>) {
    var start: UInt32 = 0
    for place in 0..<heads.count {
      var value = heads[place]
      while value != Self.none {
        let size = sizes[value]
        sizes[value] = start
        start += size
        value = hasCAS ? after[value] : Self.none
      }
    }
    heads = Scratch(repeating: 0, count: 0)
  }

  private func order(
    _ calls: CallColumns.Pointers, starts: UnsafeMutablePointer<UInt32>,
    reads: UnsafeMutablePointer<UInt32>, count: Int
  ) -> [UInt32] {
    // Where the next read of each value goes: behind the installer.
    for value in 0..<columns.valueCount { reads[value] = starts[value] + 1 }
    if initial != Self.none { reads[initial] = starts[initial] }
    return Array(unsafeUninitializedCapacity: count) { order, used in
      for call in 0..<calls.count {
        if calls.completion[call] == Self.none, !isKept(calls, call) { continue }
        let block = block(calls, call)
        if block == Self.none { continue }
        let isRead = calls.kind[call] == Kind.read
        let place = reads[block]
        reads[block] = isRead ? place + 1 : place
        order[Int(isRead ? place : starts[block])] = UInt32(call)
        used += 1
      }
    }
  }

  private func mergingFree(_ order: [UInt32], _ calls: CallColumns.Pointers) -> [UInt32] {
    let free = (0..<calls.count).filter {
      calls.completion[$0] != Self.none && block(calls, $0) == Self.none
    }
    return mergedLinearization([order, free.map(UInt32.init)], callCount: calls.count)
  }
}
