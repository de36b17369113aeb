extension RegisterChains {
  /// The chains by place, their blocks in order, in each the installer and then the reads by
  /// invocation; reads that observed nothing are merged in.
  ///
  /// Zones are met in the order of the chains' places: a backward zone that begins within a forward
  /// one belongs right behind that, and no other forward one begins before.
  package mutating func linearization() -> [UInt32] {
    columns.withPointers { calls in
      let sizes = Scratch<UInt32>(repeating: 0, count: columns.valueCount)
      var kept = 0
      var hasFree = false
      for call in 0..<calls.count {
        if calls.completion[call] == Self.none, !isKept(calls, call) { continue }
        kept += 1
        let block = block(calls, call)
        if block == Self.none { hasFree = true } else { sizes[block] += 1 }
      }
      giveStarts(sizes)
      let order = order(calls, starts: sizes, count: kept)
      return hasFree ? mergingFree(order, calls) : order
    }
  }

  private func block(_ calls: CallColumns.Pointers, _ call: Int) -> UInt32 {
    calls.kind[call] == Kind.cas ? calls.other[call] : calls.value[call]
  }

  /// Replaces the sizes of the blocks by their places in the order.
  private func giveStarts(_ sizes: borrowing Scratch<UInt32>) {
    zones.fill(Self.none)
    for value in 0..<UInt32(columns.valueCount) where isHead(value) {
      zones[min(first[value], last[value])] = value
    }
    var start: UInt32 = 0
    for position in 0..<zones.count {
      var value = zones[position]
      while value != Self.none {
        let size = sizes[value]
        sizes[value] = start
        start += size
        value = hasCAS ? after[value] : Self.none
      }
    }
  }

  private func order(
    _ calls: CallColumns.Pointers, starts: borrowing Scratch<UInt32>, count: Int
  ) -> [UInt32] {
    // Where the next read of each value goes: behind the installer.
    let reads = Scratch<UInt32>(repeating: 0, count: columns.valueCount)
    for value in 0..<reads.count { reads[value] = starts[value] + 1 }
    if initial != Self.none { reads[initial] = starts[initial] }
    let (readBase, startBase) = (reads.base, starts.base)
    return Array(unsafeUninitializedCapacity: count) { order, used in
      for call in 0..<calls.count {
        if calls.completion[call] == Self.none, !isKept(calls, call) { continue }
        let block = block(calls, call)
        if block == Self.none { continue }
        let isRead = calls.kind[call] == Kind.read
        let place = readBase[block]
        readBase[block] = isRead ? place + 1 : place
        order[Int(isRead ? place : startBase[block])] = UInt32(call)
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
