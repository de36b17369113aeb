public import Nemesis
public import Workloads

/// What a run is repeated with: the faults, and how long and how fast the load is.
public struct Trial: Sendable, Hashable {
  /// The faults.
  public var faults: [ScheduledFault]
  /// How long each phase lasts.
  public var phases: Phases
  /// Operations a second over all processes; nil is as fast as answers come.
  public var rate: Double?

  /// Makes a trial.
  public init(faults: [ScheduledFault], phases: Phases, rate: Double?) {
    self.faults = faults
    self.phases = phases
    self.rate = rate
  }
}

/// Finds a smallest trial that still gives a violation, by repeating runs.
///
/// Faults are dropped by delta debugging (Zeller, Hildebrandt: Simplifying and Isolating
/// Failure-Inducing Input, IEEE TSE 2002), then times are shortened and the rate is lowered. A smaller
/// trial is taken only when a run of it gave a violation, so what is best so far is always one that
/// was seen to fail. That nothing smaller fails is only as sure as `tries` runs of each make it.
public struct ScheduleMinimizer: Sendable {
  /// How often a trial has been run, and in how many of these runs there was a violation.
  public struct Count: Sendable, Hashable {
    /// Runs with a violation.
    public var violations = 0
    /// All runs.
    public var runs = 0
  }

  private let tries: Int
  private let mayRun: @Sendable () -> Bool
  private let run: @Sendable (Trial, _ change: String) async -> Bool?
  private let improved: @Sendable (Trial) -> Void
  private var counts: [Trial: Count] = [:]
  /// The smallest trial that has given a violation; nil while none has.
  public private(set) var best: Trial?
  /// Whether nothing was left out for want of time or runs.
  public private(set) var isComplete = true

  /// - Parameters:
  ///   - tries: in how many runs a trial must pass before it counts as one that does not fail.
  ///   - mayRun: asked before each run.
  ///   - run: runs a trial, which differs from the best one by `change`; true for a violation,
  ///     nil where the run itself failed, which tells nothing of the trial.
  ///   - improved: told of each trial that is now the best.
  public init(
    tries: Int, while mayRun: @escaping @Sendable () -> Bool,
    improved: @escaping @Sendable (Trial) -> Void,
    run: @escaping @Sendable (Trial, _ change: String) async -> Bool?
  ) {
    self.tries = max(1, tries)
    self.mayRun = mayRun
    self.improved = improved
    self.run = run
  }

  /// Makes a trial smaller; `best` is nil afterwards where not even the whole of it gave a violation.
  public mutating func minimize(_ whole: Trial) async {
    guard await fails(whole, "the whole schedule"), !whole.faults.isEmpty else { return }
    if await fails(whole.keeping([]), "no faults") {
      await shorten()
      return
    }
    await dropFaults()
    await shorten()
  }

  /// Runs the best trial until it has been run `count` times in all; how often it failed.
  public mutating func confirm(_ count: Int) async -> Count {
    guard let best else { return Count() }
    while counts[best, default: Count()].runs < count, mayRun() { _ = await once(best, "confirm") }
    return counts[best, default: Count()]
  }

  // MARK: Faults

  /// Delta debugging: the faults in parts; a part alone, or all but a part, that still fails takes the
  /// place of the whole; where none does the parts get smaller, until each is one fault. Then no
  /// single fault can be left out.
  private mutating func dropFaults() async {
    var parts = 2
    while let faults = best?.faults, faults.count > 1 {
      guard mayRun() else {
        isComplete = false
        return
      }
      let chunks = Self.chunks(faults, parts)
      if await oneFails(chunks) {
        parts = 2
      } else if parts > 2,
        await oneFails(chunks.map { chunk in faults.filter { !chunk.contains($0) } })
      {
        parts = max(2, parts - 1)
      } else if parts < faults.count {
        parts = min(faults.count, parts * 2)
      } else {
        return
      }
    }
  }

  private mutating func oneFails(_ candidates: [[ScheduledFault]]) async -> Bool {
    guard let trial = best else { return false }
    for faults in candidates {
      let names = faults.map { "\($0.fault.id) \($0.fault.name)" }.joined(separator: ", ")
      if await fails(trial.keeping(faults), "only \(names)") { return true }
    }
    return false
  }

  private static func chunks(_ faults: [ScheduledFault], _ parts: Int) -> [[ScheduledFault]] {
    (0..<parts).map { part in
      Array(faults[(faults.count * part / parts)..<(faults.count * (part + 1) / parts)])
    }.filter { !$0.isEmpty }
  }

  // MARK: Times and operations

  private mutating func shorten() async {
    await change("nothing after the last fault") { $0.endAfterFaults() }
    await change("nothing before the first fault") { $0.beginWithFaults() }
    for index in (best?.faults ?? []).indices {
      while await change("half of fault \(index + 1)", { $0.halve(index) }) {}
    }
    while await change("shorter phases", { $0.halvePhases() }) {}
    while await change("half the rate", { $0.halveRate() }) {}
  }

  /// Tries a change; false where it changes nothing, or what is left does not fail.
  @discardableResult
  private mutating func change(_ what: String, _ change: (inout Trial) -> Void) async -> Bool {
    guard let best else { return false }
    var smaller = best
    change(&smaller)
    return smaller == best ? false : await fails(smaller, what)
  }

  // MARK: Runs

  /// Whether a trial gives a violation in one of so many runs; it is the best one then.
  private mutating func fails(_ trial: Trial, _ change: String) async -> Bool {
    if trial == best { return true }
    while counts[trial, default: Count()].runs < tries {
      guard mayRun() else {
        isComplete = false
        return false
      }
      guard await once(trial, change) else { continue }
      best = trial
      improved(trial)
      return true
    }
    return false
  }

  private mutating func once(_ trial: Trial, _ change: String) async -> Bool {
    guard let isViolation = await run(trial, change) else { return false }
    counts[trial, default: Count()].runs += 1
    if isViolation { counts[trial, default: Count()].violations += 1 }
    return isViolation
  }
}

extension Trial {
  fileprivate func keeping(_ faults: [ScheduledFault]) -> Trial {
    Trial(faults: faults, phases: phases, rate: rate)
  }

  /// When the last fault is over, as planned.
  private var end: Duration { faults.map { $0.at + $0.lasting }.max() ?? .zero }

  fileprivate mutating func endAfterFaults() {
    phases.faults = min(phases.faults, end + .seconds(1))
  }

  fileprivate mutating func beginWithFaults() {
    guard let first = faults.map(\.at).min() else { return }
    for index in faults.indices { faults[index].at -= first }
    phases.faults = max(.seconds(1), phases.faults - first)
  }

  fileprivate mutating func halve(_ index: Int) {
    guard faults[index].lasting >= .milliseconds(400) else { return }
    faults[index].lasting /= 2
  }

  fileprivate mutating func halvePhases() {
    for path in [\Phases.warmUp, \Phases.coolDown] where phases[keyPath: path] >= .seconds(1) {
      phases[keyPath: path] /= 2
    }
  }

  fileprivate mutating func halveRate() {
    if let rate, rate >= 40 { self.rate = rate / 2 }
  }
}
