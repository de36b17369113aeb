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
struct RegisterChains {
  private static let none = RegisterColumns.none

  private let columns: RegisterColumns
  /// For each value, the call that installed it.
  private var installer: [UInt32]
  /// For each value, the cas that replaced it.
  private var replacer: [UInt32]
  private var isLive: [Bool]
  /// For each value, the first completion and the last invocation in its block.
  private var first: [UInt32]
  private var last: [UInt32]

  /// The answer; `undecided` if some value was installed twice, or is the initial value.
  static func solve(_ columns: RegisterColumns) -> SolverResult {
    var chains = RegisterChains(columns)
    guard chains.findInstallers() else { return .undecided }
    chains.findLiveValues()
    if let core = chains.flawInBlocks() { return .impossible(core) }
    return chains.order()
  }

  private init(_ columns: RegisterColumns) {
    self.columns = columns
    installer = Array(repeating: Self.none, count: columns.valueCount)
    replacer = installer
    isLive = Array(repeating: false, count: columns.valueCount)
    first = Array(repeating: Self.none, count: columns.valueCount)
    last = Array(repeating: 0, count: columns.valueCount)
  }

  // MARK: Blocks

  private mutating func findInstallers() -> Bool {
    for call in 0..<columns.count {
      let value = columns.installed[call]
      if value == Self.none { continue }
      if value == 0 || installer[Int(value)] != Self.none { return false }
      installer[Int(value)] = UInt32(call)
    }
    return true
  }

  private mutating func findLiveValues() {
    var pending: [UInt32] = []
    for call in 0..<columns.count where columns.completion[call] != Self.none {
      markLive(columns.observed[call], &pending)
      markLive(columns.installed[call], &pending)
    }
    while let value = pending.popLast() {
      let call = installer[Int(value)]
      if call != Self.none { markLive(columns.observed[Int(call)], &pending) }
    }
  }

  private mutating func markLive(_ value: UInt32, _ pending: inout [UInt32]) {
    if value == Self.none || isLive[Int(value)] { return }
    isLive[Int(value)] = true
    pending.append(value)
  }

  /// Whether a call takes effect: it completed, or what it installs is needed.
  private func isKept(_ call: Int) -> Bool {
    columns.completion[call] != Self.none
      || columns.installed[call] != Self.none && isLive[Int(columns.installed[call])]
  }

  /// Gathers the blocks; the calls that show that there is no linearization, if a value was found
  /// that nobody installed, or before its installer began, or was replaced twice.
  private mutating func flawInBlocks() -> [Int]? {
    // The initial value was installed before the first event.
    first[0] = 0
    for call in 0..<columns.count where isKept(call) {
      let (observed, installed) = (columns.observed[call], columns.installed[call])
      if observed != Self.none, let core = flaw(ofFinding: observed, by: call) { return core }
      let block = installed == Self.none ? observed : installed
      if block == Self.none { continue }
      first[Int(block)] = min(first[Int(block)], columns.completion[call])
      last[Int(block)] = max(last[Int(block)], columns.invocation[call])
      if installed == Self.none || observed == Self.none { continue }
      if replacer[Int(observed)] != Self.none {
        return core([Int(replacer[Int(observed)]), call])
      }
      replacer[Int(observed)] = UInt32(call)
    }
    return nil
  }

  private func flaw(ofFinding value: UInt32, by call: Int) -> [Int]? {
    if value == 0 { return nil }
    let writer = installer[Int(value)]
    if writer == Self.none { return [call] }
    return columns.completion[call] < columns.invocation[Int(writer)] ? [Int(writer), call] : nil
  }

  // MARK: Chains

  /// A chain: its head's value, its zone, and the values of the blocks where the zone begins and
  /// ends.
  private struct Chain {
    var head: UInt32
    var first: UInt32
    var last: UInt32
    var firstBlock: UInt32
    var lastBlock: UInt32

    var isForward: Bool { first < last }
  }

  private func order() -> SolverResult {
    var chains: [Chain] = []
    var blocks = 0
    for value in 0..<columns.valueCount where value == 0 || isLive[value] {
      let writer = installer[value]
      let isHead = value == 0 || columns.observed[Int(writer)] == Self.none
      blocks += 1
      if !isHead { continue }
      switch chain(from: UInt32(value)) {
      case .success(let chain): chains.append(chain)
      case .failure(let flaw): return .impossible(flaw.core)
      }
    }
    let reached = chains.reduce(0) { $0 + length($1) }
    if reached < blocks { return .impossible(cycle(chains)) }
    return arrange(chains)
  }

  private struct Flaw: Error {
    var core: [Int]
  }

  /// Walks a chain, whose blocks must be possible in their order.
  private func chain(from head: UInt32) -> Result<Chain, Flaw> {
    var chain = Chain(
      head: head, first: first[Int(head)], last: last[Int(head)], firstBlock: head,
      lastBlock: head)
    var value = head
    while let next = successor(of: value) {
      value = next
      if first[Int(value)] < chain.last {
        return .failure(Flaw(core: core(ofFirst: value) + core(ofLast: chain.lastBlock)))
      }
      if first[Int(value)] < chain.first {
        (chain.first, chain.firstBlock) = (first[Int(value)], value)
      }
      if last[Int(value)] > chain.last {
        (chain.last, chain.lastBlock) = (last[Int(value)], value)
      }
    }
    return .success(chain)
  }

  private func successor(of value: UInt32) -> UInt32? {
    let call = replacer[Int(value)]
    return call == Self.none ? nil : columns.installed[Int(call)]
  }

  private func length(_ chain: Chain) -> Int {
    var count = 1
    var value = chain.head
    while let next = successor(of: value) { (value, count) = (next, count + 1) }
    return count
  }

  /// The installers of the values that no chain reaches: each replaced another of them.
  private func cycle(_ chains: [Chain]) -> [Int] {
    var isReached = Array(repeating: false, count: columns.valueCount)
    for chain in chains {
      var value: UInt32? = chain.head
      while let reached = value {
        isReached[Int(reached)] = true
        value = successor(of: reached)
      }
    }
    return (1..<columns.valueCount).filter { isLive[$0] && !isReached[$0] }
      .map { Int(installer[$0]) }
  }

  // MARK: Zones

  private func arrange(_ chains: [Chain]) -> SolverResult {
    // For each position, the end of the last forward zone that began at or before it.
    var cover = Array(repeating: UInt32(0), count: Int(columns.lastPosition) + 1)
    for chain in chains where chain.isForward { cover[Int(chain.first)] = chain.last }
    var end: UInt32 = 0
    for position in cover.indices {
      if cover[position] != 0 {
        if position < end { return conflict(chains, endingAt: end, beginningAt: position) }
        end = cover[position]
      }
      cover[position] = end
    }
    var heads = Array(repeating: Self.none, count: cover.count)
    var next = Array(repeating: Self.none, count: chains.count)
    for (index, chain) in chains.enumerated().reversed() {
      var place = chain.first
      if !chain.isForward, chain.head != 0 {
        place = max(chain.last, cover[Int(chain.last)])
        if place > chain.first {
          return .impossible(
            core(of: chain) + core(of: chains.first { $0.isForward && $0.last == place }))
        }
      }
      next[index] = heads[Int(place)]
      heads[Int(place)] = UInt32(index)
    }
    return .linearizable(linearization(chains, heads: heads, next: next))
  }

  private func conflict(
    _ chains: [Chain], endingAt end: UInt32, beginningAt position: Int
  ) -> SolverResult {
    let one = chains.first { $0.isForward && $0.last == end }
    let other = chains.first { $0.isForward && $0.first == position }
    return .impossible(core(of: one) + core(of: other))
  }

  /// The chains by place, their blocks in order, in each the installer and then the reads by
  /// invocation; reads that observed nothing are merged in.
  private func linearization(_ chains: [Chain], heads: [UInt32], next: [UInt32]) -> [Int] {
    let (starts, reads) = readsByValue()
    var order: [Int] = []
    order.reserveCapacity(columns.count)
    for head in heads {
      var index = head
      while index != Self.none {
        var value: UInt32? = chains[Int(index)].head
        while let block = value {
          if block != 0 { order.append(Int(installer[Int(block)])) }
          order += reads[Int(starts[Int(block)])..<Int(starts[Int(block) + 1])].lazy.map(Int.init)
          value = successor(of: block)
        }
        index = next[Int(index)]
      }
    }
    let free = (0..<columns.count).filter {
      columns.observed[$0] == Self.none && columns.installed[$0] == Self.none
    }
    if free.isEmpty { return order }
    return mergedLinearization([order] + free.map { [$0] }) { Int(columns.invocation[$0]) }
  }

  /// The reads of each value, by counting: those of value v are at `starts[v]..<starts[v + 1]`.
  private func readsByValue() -> (starts: [UInt32], reads: [UInt32]) {
    func isRead(_ call: Int) -> Bool {
      columns.installed[call] == Self.none && columns.observed[call] != Self.none
        && columns.completion[call] != Self.none
    }
    var starts = Array(repeating: UInt32(0), count: columns.valueCount + 2)
    for call in 0..<columns.count where isRead(call) {
      starts[Int(columns.observed[call]) + 2] += 1
    }
    for index in 1..<starts.count { starts[index] += starts[index - 1] }
    var reads = Array(repeating: UInt32(0), count: Int(starts[columns.valueCount + 1]))
    for call in 0..<columns.count where isRead(call) {
      let value = Int(columns.observed[call])
      reads[Int(starts[value + 1])] = UInt32(call)
      starts[value + 1] += 1
    }
    return (starts, reads)
  }

  // MARK: Cores

  /// The calls with the installers of what they found.
  private func core(_ calls: [Int]) -> [Int] {
    let writers = calls.compactMap { call -> Int? in
      let value = columns.observed[call]
      if value == Self.none || installer[Int(value)] == Self.none { return nil }
      return Int(installer[Int(value)])
    }
    return Array(Set(calls + writers)).sorted()
  }

  private func core(of chain: Chain?) -> [Int] {
    guard let chain else { return [] }
    return Array(Set(core(ofFirst: chain.firstBlock) + core(ofLast: chain.lastBlock))).sorted()
  }

  private func core(ofFirst value: UInt32) -> [Int] {
    core(call(of: value) { columns.completion[$0] == first[Int(value)] })
  }

  private func core(ofLast value: UInt32) -> [Int] {
    core(call(of: value) { columns.invocation[$0] == last[Int(value)] })
  }

  /// The call in the value's block that fits.
  private func call(of value: UInt32, _ fits: (Int) -> Bool) -> [Int] {
    (0..<columns.count).first { call in
      let block =
        columns.installed[call] == Self.none ? columns.observed[call] : columns.installed[call]
      return block == value && fits(call)
    }.map { [$0] } ?? []
  }
}

extension Register {
  /// Values that are installed once each need no search.
  func solve(_ calls: [Call<Command>]) -> SolverResult {
    RegisterChains.solve(RegisterColumns(calls, initial: initialState))
  }
}
