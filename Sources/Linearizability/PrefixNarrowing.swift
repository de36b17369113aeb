/// Decides what calls that have no linearization were like right after each completion.
///
/// Linearizable histories stay so when cut off at any event, which leaves open calls crashed, so there
/// is a first completion that cannot be explained.
protocol PrefixDecider {
  /// The answer for the calls as they were right after the completion of that rank.
  func decision(at rank: Int) -> Decision
  /// The order of those calls, by their index among all, if they have one.
  func order(at rank: Int) -> [Int]?
}

/// The first completion that cannot be explained, and the last one before it that can, by rank.
struct Narrowing {
  /// -1 if there is none.
  var possible = -1
  var impossible: Int

  /// Whether nothing lies between the two.
  var isExact: Bool { possible + 1 == impossible }

  /// Narrows down from a rank at which the calls have no linearization. The first impossible
  /// completion is likely not far before it, so steps back grow from 1, and what is between the
  /// last two is halved. Where a prefix cannot be decided it stops. Complexity: O(log n) decisions.
  init(from rank: Int, _ decider: some PrefixDecider) {
    impossible = rank
    var step = 1
    var isBelow = false
    while !isExact {
      let next = isBelow ? (possible + impossible) / 2 : max(impossible - step, 0)
      switch decider.decision(at: next) {
      case .linearizable: (possible, isBelow) = (next, true)
      case .impossible: impossible = next
      case .undecided: return
      }
      step *= 2
    }
  }
}

/// Prefixes of columns.
struct ColumnPrefixes: PrefixDecider {
  private let problem: ColumnProblem
  /// The positions of the completions, in order.
  private let ends: [UInt32]

  init(_ problem: ColumnProblem) {
    self.problem = problem
    let columns = problem.columns
    var isEnd = Array(repeating: false, count: Int(columns.lastPosition) + 1)
    for end in columns.completion where end != CallColumns.none { isEnd[Int(end)] = true }
    ends = isEnd.indices.filter { isEnd[$0] }.map(UInt32.init)
  }

  /// What the core of the whole leads to: by its last completion everything in it is over, so nothing
  /// behind that is looked at.
  func narrowing(core: [Int]) -> Narrowing {
    let last = core.map { problem.columns.completion[$0] }.filter { $0 != CallColumns.none }.max()
    let rank = last.map { last in ends.partitioningIndex { $0 >= last } } ?? ends.count - 1
    if case .impossible = decision(at: rank) { return Narrowing(from: rank, self) }
    return Narrowing(from: ends.count - 1, self)
  }

  func decision(at rank: Int) -> Decision {
    let decision = problem.decide(problem.prefix(until: ends[rank]))
    return decision == .undecided && guess(at: rank) != nil ? .linearizable : decision
  }

  func order(at rank: Int) -> [Int]? {
    if case .linearizable(let order) = problem.answer(problem.prefix(until: ends[rank])) {
      return order.map(Int.init)
    }
    guard let guess = guess(at: rank), case .linearizable(let order) = problem.answer(guess) else {
      return nil
    }
    return order.map(Int.init)
  }

  /// Columns that have an order where the prefix itself is undecided: calls that were open and may
  /// have had any effect, or none, are taken to have had the one that they had later; all of them, or
  /// all but one, which may be the impossible one.
  private func guess(at rank: Int) -> CallColumns? {
    let columns = problem.columns
    let end = ends[rank]
    let count = columns.invocation.partitioningIndex { $0 > end }
    let open = (0..<count).filter {
      let completion = columns.completion[$0]
      return completion != CallColumns.none && completion > end
        && problem.knownKinds.contains(columns.kind[$0])
    }
    for left in [nil] + open.map(Optional.some) where !open.isEmpty {
      let guess = columns.prefix(until: end) { call, kind in
        open.contains(call) && call != left ? kind : problem.crashedKinds[Int(kind)]
      }
      if problem.decide(guess) == .linearizable { return guess }
    }
    return nil
  }
}

/// Prefixes of calls that have to be translated anew each time.
struct CallPrefixes<M: Model>: PrefixDecider {
  let calls: [Call<M.Command>]
  let crashes: Crashes<M>
  /// The positions of the completions, in order.
  let ends: [Int]

  func decision(at rank: Int) -> Decision {
    switch crashes.model.solveAndInsert(crashes.prefix(of: calls, until: ends[rank])) {
    case .linearizable: .linearizable
    case .impossible(let core): .impossible(core)
    case .undecided: .undecided
    }
  }

  func order(at rank: Int) -> [Int]? {
    let prefix = crashes.prefix(of: calls, until: ends[rank])
    guard case .linearizable(let order) = crashes.model.solveAndInsert(prefix) else { return nil }
    var indexes: [Int: Int] = [:]
    for (index, call) in calls.enumerated() { indexes[call.operation] = index }
    return order.compactMap { indexes[prefix[$0].operation] }
  }
}
