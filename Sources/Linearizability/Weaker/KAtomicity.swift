internal import Histories

/// A register of which reads may return any of the last k values written, the initial one included.
///
/// A history is k-atomic if and only if it is linearizable under this specification, so the same
/// search decides it. A read changes nothing, and a crashed write that no later read needs can be
/// left out, for every other value then stays among the last k for longer.
struct LaggingRegister: Specification {
  /// How many of the last values may be read.
  let depth: Int

  /// The values, the newest last.
  var initialState: [Int32] { [RegisterHistory.initial] }

  func step(_ state: [Int32], _ access: RegisterHistory.Access) -> [Int32]? {
    if let denied = access.denied { return state.contains { $0 != denied } ? state : nil }
    if let observed = access.observed, !state.contains(observed) { return nil }
    guard let installed = access.installed else { return state }
    return state.suffix(depth - 1) + [installed]
  }

  func isObserver(_ access: RegisterHistory.Access) -> Bool { access.installed == nil }
}

/// Finds the smallest k for which a register is k-atomic, or bounds for it.
///
/// Chunks of the history are judged one by one, where it has them (`conflictingChunks`); the smallest k is the
/// largest of theirs.
///
/// From below: if k - 2 writes certainly came between a write and a read of it, each after the one
/// was over and over before the other began, then it is no less than k. From above: by the order of
/// two sets of instants, one within each call: as early as can be, a read no earlier than its write,
/// and writes as late as what read them allows. In between the search decides, one k at a time.
struct KAtomicity {
  /// How many values of k are tried by a search.
  private static var mostSearches: Int { 8 }
  /// How many chunks may be left without an answer of the search.
  private static var mostFailures: Int { 8 }
  private static var mostCalls: Int { 200_000 }
  /// How many writes there may be for all their values to be kept as a state.
  private static var mostWritesOfAll: Int { 64 }
  /// How many writes are looked at for the bound from below.
  private static var mostComparisons: Int { 4_000_000 }

  private let history: RegisterHistory

  /// For a history that is not linearizable.
  static func versions(_ history: RegisterHistory) -> WeakerConditions.Versions {
    if let call = history.calls.indices.first(where: history.isUnexplained) {
      return .never(history.operations([call]))
    }
    guard let chunks = history.conflictingChunks() else {
      let atomicity = KAtomicity(history: history)
      return atomicity.versions(from: atomicity.lowest(), to: atomicity.highest())
    }
    return versions(ofChunks: chunks.map { KAtomicity(history: history.part($0)) })
  }

  /// The largest k of the chunks, of which only those are searched that may have a larger one than is known.
  private static func versions(ofChunks chunks: [KAtomicity]) -> WeakerConditions.Versions {
    let bounds = chunks.map { (lowest: $0.lowest(), highest: $0.highest()) }
    var lowest = bounds.reduce(chunks.isEmpty ? 1 : 2) { max($0, $1.lowest) }
    var highest: Int? = lowest
    var failures = 0
    for (chunk, bounds) in zip(chunks, bounds) where bounds.highest ?? .max > lowest {
      var found = WeakerConditions.Versions.between(lowest, bounds.highest)
      if failures < mostFailures { found = chunk.versions(from: lowest, to: bounds.highest) }
      switch found {
      case .exactly(let depth): lowest = max(lowest, depth)
      case .between(let low, let high):
        failures += 1
        lowest = max(lowest, low)
        highest = high.flatMap { high in highest.map { max($0, high) } }
      case .never: return found
      }
    }
    guard let highest else { return .between(lowest, nil) }
    return highest <= lowest ? .exactly(lowest) : .between(lowest, highest)
  }

  private init(history: RegisterHistory) { self.history = history }

  /// The smallest k that is not less than the first bound, or bounds for it.
  private func versions(from bound: Int, to highest: Int?) -> WeakerConditions.Versions {
    var lowest = max(2, bound)
    if history.calls.count > Self.mostCalls { return bounds(lowest, highest) }
    if highest == nil, isNeverAtomic() { return .never([]) }
    // Where an answer was not found, the next k may still be decided.
    var isSure = true
    for depth in lowest..<max(lowest, min(lowest + Self.mostSearches, highest ?? .max)) {
      switch isAtomic(depth) {
      case true?: return isSure ? .exactly(depth) : .between(lowest, depth)
      case false?: (lowest, isSure) = (depth + 1, true)
      case nil: isSure = false
      }
    }
    return bounds(lowest, highest)
  }

  private func isAtomic(_ depth: Int) -> Bool? {
    boundedSearch(
      history.calls, under: LaggingRegister(depth: depth),
      usefulUntil: RegisterHistory.Access.usefulUntil(history.calls))
  }

  /// Whether a register of which any earlier value may be read is not enough.
  private func isNeverAtomic() -> Bool {
    let writes = history.calls.count { $0.command.installed != nil }
    return writes <= Self.mostWritesOfAll && isAtomic(writes + 1) == false
  }

  private func bounds(_ lowest: Int, _ highest: Int?) -> WeakerConditions.Versions {
    if let highest, highest <= lowest { return .exactly(highest) }
    return .between(lowest, highest)
  }

  // MARK: From below

  private func lowest() -> Int {
    let writes = history.calls.filter { !$0.isCrashed && $0.command.installed != nil }
      .map { (begin: $0.invocation, end: $0.completion ?? .max) }.sorted { $0.end < $1.end }
    let ends = writes.map(\.end)
    var (lowest, comparisons) = (1, 0)
    for call in history.calls.indices {
      guard let value = history.seen(call) else { continue }
      let over = ends.partitioningIndex { $0 > history.calls[call].invocation }
      var fewest = Int.max
      if value == RegisterHistory.initial { fewest = over }
      for writer in history.writers(of: value)
      where history.calls[writer].invocation < history.end(call) && fewest > 0 {
        let end = history.end(writer)
        let first = ends.partitioningIndex { $0 > end }
        if first >= over {
          fewest = 0
        } else {
          comparisons += over - first
          if comparisons > Self.mostComparisons { return lowest }
          fewest = min(fewest, writes[first..<over].count { $0.begin > end })
        }
      }
      if fewest < .max { lowest = max(lowest, fewest + 1) }
    }
    return lowest
  }

  // MARK: From above

  /// Nil if no order was found.
  private func highest() -> Int? {
    let sources = sources()
    let needed = needed(sources)
    return [earliest(sources), latest(sources)].compactMap { $0 }
      .compactMap { depth(by: $0, sources, needed) }.min()
  }

  /// What completed, and the sources of what is needed.
  private func needed(_ sources: [Int]) -> [Int] {
    var isNeeded = history.calls.map { !$0.isCrashed }
    var pending = isNeeded.indices.filter { isNeeded[$0] }
    while let call = pending.popLast() {
      let source = sources[call]
      guard source >= 0, !isNeeded[source] else { continue }
      isNeeded[source] = true
      pending.append(source)
    }
    return isNeeded.indices.filter { isNeeded[$0] }
  }

  /// For each call the write that it is taken to have seen: of several the one that ended last. -1
  /// where it saw nothing or the initial value.
  private func sources() -> [Int] {
    history.calls.indices.map { call in
      guard let value = history.calls[call].command.observed, value != RegisterHistory.initial
      else { return -1 }
      return history.writers(of: value)
        .filter { $0 != call && history.calls[$0].invocation < history.end(call) }
        .max { history.end($0) < history.end($1) } ?? -1
    }
  }

  /// The earliest instant of each call, not before that of its source.
  private func earliest(_ sources: [Int]) -> [Int]? {
    var instants = history.calls.map(\.invocation)
    return settled {
      var isSettled = true
      for (call, source) in sources.enumerated()
      where source >= 0 && instants[source] > instants[call] {
        instants[call] = instants[source]
        isSettled = false
      }
      return isSettled
    } ? instants : nil
  }

  /// The latest instant of each write, not after that of what saw it; reads at their earliest then.
  private func latest(_ sources: [Int]) -> [Int]? {
    var instants = history.calls.indices.map(history.end)
    guard
      settled({
        var isSettled = true
        for (call, source) in sources.enumerated()
        where source >= 0 && instants[source] > instants[call] {
          instants[source] = instants[call]
          isSettled = false
        }
        return isSettled
      })
    else { return nil }
    for (call, source) in sources.enumerated() where history.calls[call].command.installed == nil {
      let begin = history.calls[call].invocation
      instants[call] = source < 0 ? begin : max(begin, instants[source])
    }
    return instants
  }

  private func settled(_ pass: () -> Bool) -> Bool { (0..<64).contains { _ in pass() } }

  /// How many versions old reads are at most if the calls take effect at the instants; nil if one
  /// would see what was not written yet.
  private func depth(by instants: [Int], _ sources: [Int], _ needed: [Int]) -> Int? {
    var ranks = Array(repeating: 0, count: instants.count)
    guard
      settled({
        var isSettled = true
        for (call, source) in sources.enumerated()
        where source >= 0 && instants[source] == instants[call] && ranks[call] <= ranks[source] {
          ranks[call] = ranks[source] + 1
          isSettled = false
        }
        return isSettled
      }),
      needed.allSatisfy({ call in
        history.calls[call].invocation <= instants[call] && instants[call] <= history.end(call)
      })
    else { return nil }
    var (depth, count) = (1, 0)
    // For each value, its newest version; -1 where it was not written yet.
    var newest = Array(repeating: -1, count: history.valueCount)
    newest[Int(RegisterHistory.initial)] = 0
    let order = needed.sorted {
      (instants[$0], ranks[$0], $0) < (instants[$1], ranks[$1], $1)
    }
    for call in order {
      if let value = history.calls[call].command.observed {
        let place = newest[Int(value)]
        if place < 0 { return nil }
        depth = max(depth, count - place + 1)
      }
      if let value = history.calls[call].command.installed {
        count += 1
        newest[Int(value)] = count
      }
    }
    return depth
  }
}
