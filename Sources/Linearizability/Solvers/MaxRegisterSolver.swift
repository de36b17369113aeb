extension MaxRegister {
  /// Writes are lazy: none takes effect before a completion needs it, and then none that is larger
  /// than needed; smaller ones do so on the way if an open read needs them. A read takes effect as
  /// soon as the register holds what it saw.
  ///
  /// Invariant: the register holds as little as the completions so far allow. It never shrinks, so a
  /// read of less has missed its moment, and holding little never hurts a read of more: a write
  /// of that number that has begun is still open, or crashed, or it would have taken effect.
  /// Complexity: O(n log n), and for each change the number of open reads.
  func solve(_ calls: [Call<Command>]) -> SolverResult {
    var rising = Rising(calls: calls, held: initialState)
    for event in OrderedEvents(calls, calls.indices).events {
      switch event {
      case .invocation(let index): rising.invoke(index)
      case .completion(let index):
        if rising.complete(index) { continue }
        let end = calls[index].completion ?? .max
        return .impossible(calls.indices.filter { calls[$0].invocation < end })
      }
    }
    return .linearizable(rising.order)
  }

  private struct Rising {
    let calls: [Call<Command>]
    var held: Int64
    var order: [Int] = []
    private var isDone: [Bool]
    /// Open writes of more than is held, and open reads, by number.
    private var writes: [Int64: [Int]] = [:]
    private var reads: [Int64: [Int]] = [:]

    init(calls: [Call<Command>], held: Int64) {
      self.calls = calls
      self.held = held
      isDone = Array(repeating: false, count: calls.count)
    }

    mutating func invoke(_ index: Int) {
      switch calls[index].command {
      case .read(nil): take(index)
      case .read(let number?):
        if number == held { take(index) } else { reads[number, default: []].append(index) }
      case .write(let number):
        if number > held { writes[number, default: []].append(index) }
      }
    }

    /// Whether the call can complete.
    mutating func complete(_ index: Int) -> Bool {
      if isDone[index] { return true }
      switch calls[index].command {
      case .read(let number):
        guard let number, number > held, let write = writes[number]?.first else { return false }
        raise(to: number, by: write)
      case .write(let number):
        // One that is not more than what is held leaves no trace.
        if number > held { raise(to: number, by: index) } else { take(index) }
      }
      return isDone[index]
    }

    /// On the way open reads of less are served, whose moment this is the last for.
    private mutating func raise(to number: Int64, by write: Int) {
      for between in reads.keys.filter({ $0 > held && $0 < number }).sorted() {
        if let write = writes[between]?.first { reach(between, by: write) }
      }
      reach(number, by: write)
    }

    private mutating func reach(_ number: Int64, by write: Int) {
      held = number
      take(write)
      writes[number] = nil
      for read in reads.removeValue(forKey: number) ?? [] { take(read) }
    }

    private mutating func take(_ index: Int) {
      isDone[index] = true
      order.append(index)
    }
  }
}
