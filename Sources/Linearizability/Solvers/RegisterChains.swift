/// Decides a register whose values are each installed at most once, compare-and-set included, in
/// linear time (P. Gibbons and E. Korach, "Testing shared memories", 1997).
///
/// The block of a value is the call that installed it and the reads that found it: contiguous in
/// every linearization, since the value was there only once. A cas from a to b puts the block of b
/// right behind that of a, so blocks form chains, each headed by a plain write or by the initial
/// value. Within a chain the order of blocks is given. Let F be the first completion in a chain
/// and S the last invocation. Chain u must precede chain v if some call of u was over before some
/// call of v began: F(u) < S(v).
///
/// There is a linearization if and only if each chain alone has one and no two chains must precede
/// each other. Necessary: chains are contiguous. Sufficient: a chain with F < S occupies at least
/// the zone [F, S] (forward), one with S < F can be put anywhere in [S, F] (backward). Two chains
/// must precede each other exactly if two forward zones overlap or a backward zone lies within a
/// forward one. If neither happens, forward chains go at their zones, which are disjoint, and each
/// backward chain at S, or, if that falls into a forward zone, right behind it, which is still
/// before its own F. In that order no chain precedes one that must precede it.
///
/// Crashed calls that install what nobody needs are left out; others certainly took effect. A value
/// is needed if a completed call installed or found it, or if a needed crashed cas found it.
///
/// A forward zone begins at F, a backward one at S. Both are events of the chain, so no two zones begin at
/// one position: a bit for each position puts the chains in order of their beginnings (`ZoneOrder`). One pass
/// in that order finds every conflict: a zone whose F is before the latest end of the forward ones before
/// it overlaps that, if it is forward, and lies within it, if it is backward.
/// Complexity: O(n); 9 bytes an operation where half of them write, and 9 more for each value where
/// there are cas.
package struct RegisterChains: ColumnSolver, ~Copyable {
  /// What calls do. A read without a value observed nothing; a cas that finds what it would install
  /// is a read.
  package enum Kind {
    package static let read: UInt8 = 0
    package static let write: UInt8 = 1
    /// From `value` to `other`.
    package static let cas: UInt8 = 2

    /// A crashed call keeps its kind; reads are passed over then.
    package static let crashed: [UInt8] = [read, write, cas]
  }

  static let none = CallColumns.none

  let columns: CallColumns
  let initial: UInt32
  let hasCAS: Bool
  /// For each value, when the call that installed it began; `none` if there is no such call.
  let begun: Scratch<UInt32>
  /// For each value, the first completion and the last invocation in its block; for the head of a
  /// chain, once chains are walked, in the chain.
  let first: Scratch<UInt32>
  let last: Scratch<UInt32>
  /// Where there are cas: for each value, what it replaced and what replaced it, and whether it is
  /// needed.
  let before: Scratch<UInt32>
  let after: Scratch<UInt32>
  let isNeeded: Scratch<Bool>
  /// The heads of the chains, in order of the positions at which their zones begin.
  var heads: Scratch<UInt32>

  /// `initial` is the number of the initial value, or `none` if no call mentions it.
  package init(_ columns: CallColumns, initial: UInt32) {
    self.columns = columns
    self.initial = initial
    hasCAS = !columns.other.isEmpty
    begun = Scratch(repeating: Self.none, count: columns.valueCount)
    first = Scratch(repeating: Self.none, count: columns.valueCount)
    last = Scratch(repeating: 0, count: columns.valueCount)
    let count = hasCAS ? columns.valueCount : 0
    before = Scratch(repeating: Self.none, count: count)
    after = Scratch(repeating: Self.none, count: count)
    isNeeded = Scratch(repeating: false, count: count)
    heads = Scratch(repeating: 0, count: 0)
  }

  /// `undecided` if some value was installed twice, or is the initial value.
  package mutating func decide() -> Decision {
    let columns = columns
    return columns.withPointers { calls in
      guard gatherBlocks(calls) else { return .undecided }
      if hasCAS {
        findNeededValues(calls)
        if let core = link(calls) { return .impossible(core) }
      }
      for value in 0..<columns.valueCount where first[value] < begun[value] {
        return .impossible(coreOfEarlyRead(of: UInt32(value)))
      }
      if hasCAS, let core = walkChains() { return .impossible(core) }
      orderHeads()
      return findConflict().map { .impossible(coreOfConflict(atPlace: $0)) } ?? .linearizable
    }
  }

  // MARK: Blocks

  /// Gathers the blocks; false if a value was installed twice.
  private func gatherBlocks(_ calls: CallColumns.Pointers) -> Bool {
    let (begun, first, last) = (begun.base, first.base, last.base)
    if initial != Self.none { (begun[initial], first[initial]) = (0, 0) }
    var isInstalledTwice = false
    for call in 0..<calls.count {
      let kind = calls.kind[call]
      let value = kind == Kind.cas ? calls.other[call] : calls.value[call]
      let completion = calls.completion[call]
      if value == Self.none || kind == Kind.read && completion == Self.none { continue }
      let start = calls.invocation[call]
      // Without branches: reads and writes alternate at random.
      let known = begun[value]
      let installs = kind != Kind.read
      isInstalledTwice = isInstalledTwice || installs && known != Self.none
      begun[value] = installs ? start : known
      first[value] = min(first[value], completion)
      last[value] = start
    }
    return !isInstalledTwice
  }

  func isLive(_ value: UInt32) -> Bool {
    hasCAS ? isNeeded[value] : first[value] != Self.none
  }

  /// Whether a call takes effect: it completed, or what it installs is needed.
  func isKept(_ calls: CallColumns.Pointers, _ call: Int) -> Bool {
    if calls.completion[call] != Self.none { return true }
    switch calls.kind[call] {
    case Kind.write: return isLive(calls.value[call])
    case Kind.cas: return isLive(calls.other[call])
    default: return false
    }
  }

  // MARK: Chains

  private func findNeededValues(_ calls: CallColumns.Pointers) {
    for call in 0..<calls.count where calls.kind[call] == Kind.cas {
      before[calls.other[call]] = calls.value[call]
      if calls.completion[call] != Self.none { isNeeded[calls.value[call]] = true }
    }
    for value in 0..<columns.valueCount where first[value] != Self.none { isNeeded[value] = true }
    for value in 0..<columns.valueCount where isNeeded[value] {
      var value = before[value]
      while value != Self.none, !isNeeded[value] {
        isNeeded[value] = true
        value = before[value]
      }
    }
  }

  /// Notes what replaced each value; a core if one was replaced twice, or found without being there.
  private func link(_ calls: CallColumns.Pointers) -> [Int]? {
    for call in 0..<calls.count where calls.kind[call] == Kind.cas && isKept(calls, call) {
      let value = calls.value[call]
      if after[value] != Self.none { return coreOfReplacements(of: value) }
      after[value] = calls.other[call]
      if begun[value] == Self.none || calls.completion[call] < begun[value] {
        return coreOfEarlyRead(of: value)
      }
    }
    return nil
  }

  /// Gives each head the zone of its chain, whose blocks must be possible in their order; a core if
  /// they are not, or if chains have no head.
  private func walkChains() -> [Int]? {
    var blocks = 0
    var reached = 0
    for value in 0..<UInt32(columns.valueCount) where isNeeded[value] || value == initial {
      blocks += 1
      if before[value] != Self.none { continue }
      reached += 1
      var block = after[value]
      while block != Self.none {
        if first[block] < last[value] { return coreOfChain(from: value, to: block) }
        first[value] = min(first[value], first[block])
        last[value] = max(last[value], last[block])
        reached += 1
        block = after[block]
      }
    }
    return reached < blocks ? coreOfCycle() : nil
  }

  /// Whether the value begins a chain that takes effect.
  func isHead(_ value: UInt32) -> Bool {
    first[value] != Self.none && (!hasCAS || before[value] == Self.none)
  }

  // MARK: Zones

  /// Where the zone of a head's chain begins.
  private func beginning(of head: UInt32) -> UInt32 { min(first[head], last[head]) }

  private mutating func orderHeads() {
    let order = ZoneOrder(lastPosition: columns.lastPosition)
    for value in 0..<UInt32(columns.valueCount) where isHead(value) {
      order.mark(beginning(of: value))
    }
    heads = Scratch(repeating: Self.none, count: order.countMarks())
    for value in 0..<UInt32(columns.valueCount) where isHead(value) {
      heads[order.rank(of: beginning(of: value))] = value
    }
  }

  /// The first place among the heads whose zone conflicts with an earlier forward one.
  private func findConflict() -> Int? {
    var end: UInt32 = 0
    for place in 0..<heads.count {
      let (first, last) = (first[heads[place]], last[heads[place]])
      if first < end { return place }
      // A backward one binds none of those behind it.
      if first < last { end = last }
    }
    return nil
  }
}
