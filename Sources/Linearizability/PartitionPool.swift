internal import Dispatch
internal import Histories
internal import Synchronization

/// Judges partitions on threads of its own, within the time limit.
///
/// A thread that does not come back is abandoned: a model's `step` may not return, and nothing can
/// stop it. What it was judging is unknown then, or, where the violation had been found and was
/// being explained, a violation without an explanation.
final class PartitionPool: Sendable {
  /// How long after the time limit threads are waited for.
  private static let grace = Duration.milliseconds(50)

  /// How long before the time limit a search is to stop: it looks at the clock once in many steps and gives
  /// back its memory, and what it has to say of how far it came is lost if it comes too late.
  private static func reserve(of limit: Duration) -> Duration {
    min(limit / 20, .milliseconds(500))
  }

  private struct State {
    /// The places in `order` that are not taken yet.
    var next = 0
    var judgements: [Int: Result<PartitionJudgement, CheckError>] = [:]
  }

  private let checker: PartitionChecker
  private let history: History
  private let options: CheckOptions
  private let start: ContinuousClock.Instant
  private let partitions: [Partition]
  private let state = Mutex(State())

  init(
    _ partitions: [Partition], checker: PartitionChecker, history: History,
    options: CheckOptions, start: ContinuousClock.Instant
  ) {
    self.partitions = partitions
    self.checker = checker
    self.history = history
    self.options = options
    self.start = start
  }

  /// The judgements, in order of the partitions.
  ///
  /// First all, the largest first, each with its share of the time that is left; then, in the same
  /// way, those whose share was too small. What is decided does not depend on how time was shared,
  /// nor on the number of threads.
  func judge() throws(CheckError) -> [PartitionJudgement] {
    let sizes = partitions.map(\.operations.count)
    pass(over: partitions.indices.sorted { (sizes[$1], $0) < (sizes[$0], $1) })
    let late = partitions.indices.filter { timedOut($0) != nil }
    if partitions.count > 1, !late.isEmpty { pass(over: late) }
    var judgements: [PartitionJudgement] = []
    for index in partitions.indices {
      judgements.append(try result(index)?.get() ?? undecided(index))
    }
    return judgements
  }

  private func result(_ index: Int) -> Result<PartitionJudgement, CheckError>? {
    state.withLock { $0.judgements[index] }
  }

  /// The event that the search had reached when its time was up.
  private func timedOut(_ index: Int) -> Int? {
    guard case .success(let judgement)? = result(index),
      case .unknown(.timeLimit, let reached) = judgement.outcome
    else { return nil }
    return reached
  }

  private func undecided(_ index: Int) -> PartitionJudgement {
    let partition = partitions[index]
    let reached = partition.operations.first?.invocation ?? 0
    return PartitionJudgement(
      key: partition.key,
      outcome: .unknown(.timeLimit(options.timeLimit ?? .zero), reached: reached),
      operations: partition.operations)
  }

  // MARK: Threads

  private func pass(over order: [Int]) {
    state.withLock { $0.next = 0 }
    let group = DispatchGroup()
    let threads = min(options.jobs, order.count)
    for _ in 0..<threads {
      // A queue of its own has a thread of its own, even while others never return theirs.
      DispatchQueue(label: "partition").async(group: group) {
        self.work(through: order, threads: threads)
      }
    }
    guard let limit = options.timeLimit else { return group.wait() }
    let rest = max(.zero, limit - (ContinuousClock.now - start)) + Self.grace
    let nanoseconds =
      rest.components.seconds * 1_000_000_000
      + rest.components.attoseconds / 1_000_000_000
    _ = group.wait(timeout: .now() + .nanoseconds(Int(clamping: nanoseconds)))
  }

  private func work(through order: [Int], threads: Int) {
    while true {
      let place = state.withLock { state in
        defer { state.next += 1 }
        return state.next
      }
      guard place < order.count else { return }
      let index = order[place]
      let budget = budget(sharedBy: (order.count - place + threads - 1) / threads, threads) {
        self.store(.success($0), at: index)
      }
      let before = result(index)
      let reached = timedOut(index)
      let judgement = Result { () throws(CheckError) in
        try checker.judge(partitions[index], history, budget)
      }
      store(judgement, at: index)
      // The first search may have come further.
      if let before, let reached, let again = timedOut(index), again < reached {
        store(before, at: index)
      }
    }
  }

  private func store(_ judgement: Result<PartitionJudgement, CheckError>, at index: Int) {
    state.withLock { $0.judgements[index] = judgement }
  }

  private func budget(
    sharedBy count: Int, _ threads: Int,
    onViolation: @escaping @Sendable (PartitionJudgement) -> Void
  ) -> SearchBudget {
    var budget = SearchBudget(memoryLimit: options.memoryLimit.map { $0 / threads })
    budget.statedMemoryLimit = options.memoryLimit
    budget.onViolation = onViolation
    if let limit = options.timeLimit {
      let now = ContinuousClock.now
      let rest = max(.zero, limit - Self.reserve(of: limit) - (now - start))
      budget.deadline = (now + rest / max(count, 1), limit)
    }
    return budget
  }
}
