extension Counter {
  /// Increments by one and exact reads are lazy: a read takes effect as soon as the count is what it
  /// saw, an increment when a completion needs it, the one that completes first first.
  ///
  /// Invariant: the count is as small as the completions so far allow. It only grows, so a read of
  /// less than the count has missed its moment, and being small never hurts a read of more. Of
  /// two open increments, the one that completes first can change places with the other.
  /// Complexity: O(n log n).
  func solve(_ calls: [Call<Command>]) -> SolverResult {
    var counting = Counting(calls: calls, count: initialState)
    for call in calls {
      if case .add(let amount) = call.command, amount != 1 { return .undecided }
    }
    for event in OrderedEvents(calls, calls.indices).events {
      let (isPossible, index) =
        switch event {
        case .invocation(let index): (counting.invoke(index), index)
        case .completion(let index): (counting.complete(index), index)
        }
      if isPossible { continue }
      let end = calls[index].completion ?? .max
      return .impossible(calls.indices.filter { calls[$0].invocation < end })
    }
    return .linearizable(counting.order)
  }

  private struct Counting {
    let calls: [Call<Command>]
    var count: Int64
    var order: [Int] = []
    private var increments = DeadlineHeap()
    /// Open reads by what they saw.
    private var reads: [Int64: [Int]] = [:]
    private var done: Set<Int> = []

    init(calls: [Call<Command>], count: Int64) {
      self.calls = calls
      self.count = count
    }

    mutating func invoke(_ index: Int) -> Bool {
      switch calls[index].command {
      case .add: increments.insert(index, deadline: calls[index].completion)
      case .read(nil): take(index)
      case .read(let value?):
        if value < count { return false }
        reads[value, default: []].append(index)
        serveReads()
      }
      return true
    }

    mutating func complete(_ index: Int) -> Bool {
      if case .read(let value?) = calls[index].command {
        while count < value, !done.contains(index) {
          if !increment() { return false }
        }
      } else if !done.contains(index), !increment() {
        return false
      }
      return done.contains(index)
    }

    private mutating func increment() -> Bool {
      let (next, overflows) = count.addingReportingOverflow(1)
      guard !overflows, let index = increments.removeFirst() else { return false }
      count = next
      take(index)
      serveReads()
      return true
    }

    private mutating func serveReads() {
      for index in reads.removeValue(forKey: count) ?? [] { take(index) }
    }

    private mutating func take(_ index: Int) {
      done.insert(index)
      order.append(index)
    }
  }
}

extension FetchAdd {
  /// Where every addition is of one, what a call gave is its place in the order. A place that nobody
  /// got belongs to a crashed call that began before all later places were given.
  ///
  /// The places that are missing have deadlines, the first completion at a later place, which do not
  /// fall from one to the next; crashed calls are given to them in order of invocation. If any
  /// assignment fits, this one does (both sides sorted). Complexity: O(n log n).
  func solve(_ calls: [Call<Command>]) -> SolverResult {
    var places: [Int64: Int] = [:]
    var crashed: [Int] = []
    var last = initialState - 1
    for (index, call) in calls.enumerated() {
      if call.command.amount != 1 { return .undecided }
      guard let place = call.command.old else {
        if !call.isCrashed { return .undecided }
        crashed.append(index)
        continue
      }
      if place < initialState { return .impossible([index]) }
      if let other = places.updateValue(index, forKey: place) {
        return .impossible([other, index])
      }
      last = max(last, place)
    }
    // More places are missing than there are crashed calls.
    if last - initialState + 1 > Int64(calls.count) { return .impossible(Array(calls.indices)) }
    var order: [Int] = []
    var latest = (invocation: -1, index: 0)
    var waiting = crashed[...]
    for place in initialState..<(last + 1) {
      guard let index = places[place] ?? waiting.popFirst() else {
        return .impossible(Array(calls.indices))
      }
      if let end = calls[index].completion, end < latest.invocation {
        return .impossible([latest.index, index])
      }
      if calls[index].invocation > latest.invocation { latest = (calls[index].invocation, index) }
      order.append(index)
    }
    return .linearizable(order)
  }
}
