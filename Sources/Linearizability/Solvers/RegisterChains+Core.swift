/// The calls that show that there is no linearization. These passes over all calls are made once,
/// for one value or chain.
extension RegisterChains {
  /// A value that somebody found and that nobody installed, or only later.
  func coreOfEarlyRead(of value: UInt32) -> [Int] {
    let finders = calls { found($0, $1) == value && isKept($0, $1) }
    let first = finders.min { columns.completion[$0] < columns.completion[$1] }
    return merged([first].compactMap { $0 } + installers(of: value))
  }

  /// Two cas that replaced one value.
  func coreOfReplacements(of value: UInt32) -> [Int] {
    calls { $0.kind[$1] == Kind.cas && $0.value[$1] == value && isKept($0, $1) }
  }

  /// A chain in which a call was over before one of an earlier block began.
  func coreOfChain(from head: UInt32, to block: UInt32) -> [Int] {
    var isEarlier = Array(repeating: false, count: columns.valueCount)
    var value = head
    while value != block {
      isEarlier[Int(value)] = true
      value = after[value]
    }
    return merged(firstEnded { $0 == block } + lastBegun { isEarlier[Int($0)] })
  }

  /// The installers of the values that no chain reaches: each replaced another of them.
  func coreOfCycle() -> [Int] {
    var isReached = Array(repeating: false, count: columns.valueCount)
    for head in 0..<UInt32(columns.valueCount) where before[head] == Self.none {
      var value = head
      while value != Self.none {
        isReached[Int(value)] = true
        value = after[value]
      }
    }
    return calls { calls, call in
      calls.kind[call] == Kind.cas && isNeeded[calls.other[call]]
        && !isReached[Int(calls.other[call])]
    }
  }

  /// The chain at that place among the heads and the forward one before it that it conflicts with.
  func coreOfConflict(atPlace place: Int) -> [Int] {
    var covering = heads[place]
    var end: UInt32 = 0
    for earlier in 0..<place {
      let head = heads[earlier]
      if first[head] < last[head], last[head] > end { (covering, end) = (head, last[head]) }
    }
    return merged(coreOfZone(of: covering) + coreOfZone(of: heads[place]))
  }

  private func coreOfZone(of head: UInt32) -> [Int] {
    var isPart = Array(repeating: false, count: columns.valueCount)
    var value = head
    while value != Self.none {
      isPart[Int(value)] = true
      value = hasCAS ? after[value] : Self.none
    }
    return firstEnded { isPart[Int($0)] } + lastBegun { isPart[Int($0)] }
  }

  // MARK: Calls

  private func calls(where fits: (CallColumns.Pointers, Int) -> Bool) -> [Int] {
    columns.withPointers { calls in (0..<calls.count).filter { fits(calls, $0) } }
  }

  private func found(_ calls: CallColumns.Pointers, _ call: Int) -> UInt32 {
    calls.kind[call] == Kind.write ? Self.none : calls.value[call]
  }

  private func installers(of value: UInt32) -> [Int] {
    calls { calls, call in
      calls.kind[call] == Kind.write && calls.value[call] == value
        || calls.kind[call] == Kind.cas && calls.other[call] == value
    }
  }

  /// The first call to complete in the blocks, with the installer of what it found.
  private func firstEnded(in isBlock: (UInt32) -> Bool) -> [Int] {
    withInstaller(members(of: isBlock).min { columns.completion[$0] < columns.completion[$1] })
  }

  /// The last call to begin in the blocks, with the installer of what it found.
  private func lastBegun(in isBlock: (UInt32) -> Bool) -> [Int] {
    withInstaller(members(of: isBlock).last)
  }

  private func members(of isBlock: (UInt32) -> Bool) -> [Int] {
    calls { calls, call in
      let block = calls.kind[call] == Kind.cas ? calls.other[call] : calls.value[call]
      return block != Self.none && isBlock(block) && isKept(calls, call)
    }
  }

  private func withInstaller(_ call: Int?) -> [Int] {
    guard let call else { return [] }
    let value = columns.withPointers { found($0, call) }
    return [call] + (value == Self.none ? [] : installers(of: value))
  }

  private func merged(_ calls: [Int]) -> [Int] { Array(Set(calls)).sorted() }
}
