public import Cluster
import Synchronization

/// What is known of a run besides its history.
public struct RunFacts: Sendable {
  /// A stretch of the run, in nanoseconds since the start of the recording.
  public struct Phase: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// Its start.
    public var start: Int64
    /// Its end.
    public var end: Int64
  }

  /// A log that was collected.
  public struct Log: Sendable, Hashable {
    /// The node that it is from.
    public var node: String
    /// The file, relative to the run's directory.
    public var file: String
  }

  /// The phases, in order.
  public var phases: [Phase]
  /// The steps of the target's life cycle, in order.
  public var steps: [LifecycleStep]
  /// Why the test could not be carried out or cleaned up; empty where it could.
  public var problems: [String]
  /// Why something could not be written on the control side; empty where all was.
  public var outputErrors: [String]
  /// The logs that were collected.
  public var logs: [Log]
}

/// Gathers the facts of a run from all its threads and tasks.
final class RunLog: Sendable {
  private let gathered = Mutex(
    RunFacts(phases: [], steps: [], problems: [], outputErrors: [], logs: []))
  private let say: @Sendable (RunMessage) -> Void

  init(_ say: @escaping @Sendable (RunMessage) -> Void) { self.say = say }

  func phase(_ name: String, _ start: Int64, _ end: Int64) {
    gathered.withLock { $0.phases.append(.init(name: name, start: start, end: end)) }
  }

  func step(_ step: LifecycleStep) {
    gathered.withLock { $0.steps.append(step) }
    say(.step(step))
  }

  /// Notes a problem, once.
  func problem(_ text: String) {
    let isNew = gathered.withLock { facts in
      guard !facts.problems.contains(text) else { return false }
      facts.problems.append(text)
      return true
    }
    if isNew { say(.problem(text)) }
  }

  /// Notes that something could not be written, once.
  func outputError(_ text: String) {
    let isNew = gathered.withLock { facts in
      guard !facts.outputErrors.contains(text) else { return false }
      facts.outputErrors.append(text)
      return true
    }
    if isNew { say(.problem(text)) }
  }

  var hasProblems: Bool {
    gathered.withLock { !$0.problems.isEmpty || !$0.outputErrors.isEmpty }
  }

  func facts(logs: [RunFacts.Log]) -> RunFacts {
    gathered.withLock { facts in
      var facts = facts
      facts.logs = logs
      return facts
    }
  }
}
