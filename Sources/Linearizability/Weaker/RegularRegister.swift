internal import Histories

/// Decides whether a register is regular, and whether it is safe: each read is judged alone, with
/// all writes.
///
/// A read r may return what a write w wrote if and only if w began before r ended and no write was
/// between them: after w was over and over before r began. Necessary: such a write comes between
/// them in every order. Sufficient: let D be w, what was over before w began, and what was over
/// before r began. D holds with a write all that precedes it, none of D comes after w or after r,
/// so D without w, then w, then r, then the rest is an order that keeps real time. The initial
/// value is a write that was over before everything. Values may repeat: some writer must fit.
struct RegularRegister {
  private let history: RegisterHistory
  private let writes: WriteTimes
  /// For each of the history's `writers`, the latest end of those of the same value up to it.
  private let latestEnds: [Int]

  /// Complexity: O(n log n).
  init(_ history: RegisterHistory) {
    self.history = history
    writes = WriteTimes(history)
    var latestEnds = history.writers.map(history.end)
    for value in 0..<history.valueCount {
      for place in history.writers(of: Int32(value)).indices.dropFirst() {
        latestEnds[place] = max(latestEnds[place], latestEnds[place - 1])
      }
    }
    self.latestEnds = latestEnds
  }

  /// Whether it is regular, and whether it is safe.
  func findings() -> (regular: WeakerConditions.Finding, safe: WeakerConditions.Finding) {
    var regular = WeakerConditions.Finding.holds
    for call in history.calls.indices where !isRegular(call) {
      let broken = WeakerConditions.Finding.broken(culprits(call))
      if regular == .holds { regular = broken }
      if !writes.isOpenWrite(during: call, of: history) { return (regular, broken) }
    }
    return (regular, .holds)
  }

  /// Whether some writer of what the call saw fits.
  private func isRegular(_ call: Int) -> Bool {
    guard let value = history.seen(call) else { return true }
    let latest = writes.latestBegin(ofOver: history.calls[call].invocation)
    if value == RegisterHistory.initial, latest == nil { return true }
    let writers = history.writers(of: value)
    let begun = writers.partitioningIndex { history.calls[$0].invocation > history.end(call) }
    return begun > writers.startIndex && latestEnds[begun - 1] >= latest ?? -1
  }

  /// The read, the last of its writers, and a write that came between.
  private func culprits(_ call: Int) -> [Int] {
    let value = history.seen(call) ?? RegisterHistory.initial
    let writer = history.writers(of: value)
      .filter { history.calls[$0].invocation < history.end(call) }
      .max { history.end($0) < history.end($1) }
    let begin = writes.latestBegin(ofOver: history.calls[call].invocation)
    let between = begin.flatMap { begin in
      history.calls.firstIndex { $0.invocation == begin }
    }
    let isExplained = writer != nil || value == RegisterHistory.initial
    return history.operations(
      [call] + [writer].compactMap { $0 } + (isExplained ? [between].compactMap { $0 } : []))
  }
}

/// When writes began and ended.
struct WriteTimes {
  /// Of all writes.
  private var begins: [Int] = []
  /// Of the writes that ended, by their end.
  private var ends: [Int] = []
  /// For each of the ends, the latest begin of the writes that had ended by then.
  private var latestBegins: [Int] = []

  /// Complexity: O(n log n).
  init(_ history: RegisterHistory) {
    var ended: [(end: Int, begin: Int)] = []
    for call in history.calls where call.command.installed != nil {
      begins.append(call.invocation)
      if let end = call.completion { ended.append((end, call.invocation)) }
    }
    ended.sort { $0.end < $1.end }
    var latest = -1
    for (end, begin) in ended {
      latest = max(latest, begin)
      ends.append(end)
      latestBegins.append(latest)
    }
  }

  /// When the last to begin of the writes began that were over by then; nil if none was.
  func latestBegin(ofOver position: Int) -> Int? {
    let over = ends.partitioningIndex { $0 > position }
    return over > 0 ? latestBegins[over - 1] : nil
  }

  /// Whether another call's write was open at some time during the call.
  func isOpenWrite(during call: Int, of history: RegisterHistory) -> Bool {
    let begun = begins.partitioningIndex { $0 > history.end(call) }
    let over = ends.partitioningIndex { $0 > history.calls[call].invocation }
    let own = history.calls[call].command.installed == nil ? 0 : 1
    return begun - over - own > 0
  }
}
