public import Checkers

/// What the runner knows about a run besides its history: filled by whoever ran it.
public struct RunRecord: Sendable {
  /// A node of the target.
  public struct Node: Sendable {
    /// Its name, as in the history.
    public var name: String
    /// Where it was reached: host and port.
    public var address: String
    /// The log files collected from it, relative to the run's directory.
    public var logs: [String]

    /// Makes a node.
    public init(name: String, address: String, logs: [String] = []) {
      self.name = name
      self.address = address
      self.logs = logs
    }
  }

  /// A stretch of the run, such as `warm up` or `faults`.
  public struct Phase: Sendable {
    /// Its name.
    public var name: String
    /// Nanoseconds since the start of the run.
    public var start: Int64
    /// Nanoseconds since the start of the run.
    public var end: Int64

    /// Makes a phase.
    public init(name: String, start: Int64, end: Int64) {
      self.name = name
      self.start = start
      self.end = end
    }
  }

  /// A step of the target's life cycle, such as installing or collecting logs.
  public struct Step: Sendable {
    /// What was done.
    public var name: String
    /// Where; nil for all nodes or the control side.
    public var node: String?
    /// How long it took, in nanoseconds.
    public var duration: Int64
    /// What went wrong; nil where it succeeded.
    public var problem: String?

    /// Makes a step.
    public init(name: String, node: String? = nil, duration: Int64, problem: String? = nil) {
      self.name = name
      self.node = node
      self.duration = duration
      self.problem = problem
    }
  }

  /// The run's name: that of the workload.
  public var name: String
  /// When it started, in ISO 8601.
  public var started: String
  /// How long it took, in nanoseconds.
  public var duration: Int64
  /// The seed, as it is given on the command line.
  public var seed: String
  /// The system under test, in a few words.
  public var target: String
  /// What sent the operations, in a few words.
  public var client: String
  /// The nodes, in order.
  public var nodes: [Node]
  /// The phases, in order.
  public var phases: [Phase]
  /// The steps of the life cycle, in order.
  public var steps: [Step]
  /// The effective workload file, without secrets.
  public var configuration: String
  /// The command that repeats this run.
  public var repeatCommand: String
  /// Commands worth trying next.
  public var nextCommands: [String]
  /// Whether the test could be carried out and cleaned up.
  public var harness: HarnessJudgement
  /// What faults were tried in, where the run explored that.
  public var coverage: FaultCoverage?

  /// Makes a record; what is not known stays empty and is not shown.
  public init(
    name: String, started: String, duration: Int64, seed: String, target: String = "",
    client: String = "", nodes: [Node] = [], phases: [Phase] = [], steps: [Step] = [],
    configuration: String = "", repeatCommand: String = "", nextCommands: [String] = [],
    harness: HarnessJudgement = HarnessJudgement()
  ) {
    self.name = name
    self.started = started
    self.duration = duration
    self.seed = seed
    self.target = target
    self.client = client
    self.nodes = nodes
    self.phases = phases
    self.steps = steps
    self.configuration = configuration
    self.repeatCommand = repeatCommand
    self.nextCommands = nextCommands
    self.harness = harness
  }
}
