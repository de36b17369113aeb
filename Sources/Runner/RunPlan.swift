public import Cluster
public import Nemesis
public import Workloads

/// Everything that decides a run, but for chance and time.
public struct RunPlan: Sendable {
  /// What is tested.
  public var workload: Workload
  /// The nodes, in order.
  public var nodes: [Node]
  /// What all random choices follow from.
  public var seed: UInt64
  /// Keep the target running after a run that did not pass, for looking at. The run leaves it in any
  /// case; whoever knows the verdict calls `TestRun.tearDown`.
  public var leaveRunning: Bool
  /// How long the nodes wait for a sign of the control side before they heal themselves.
  public var lease: Duration
  /// Whether somebody has said that these nodes may be harmed; otherwise each must carry the file
  /// `/etc/faultline/allow`.
  public var isAllowed: Bool
  /// A schedule of faults that is run instead of the workload's lanes.
  public var replay: [ScheduledFault]?

  /// Makes a plan.
  public init(
    workload: Workload, nodes: [Node], seed: UInt64, leaveRunning: Bool,
    isAllowed: Bool = false,
    lease: Duration = .seconds(30), replay: [ScheduledFault]? = nil
  ) {
    self.workload = workload
    self.nodes = nodes
    self.seed = seed
    self.leaveRunning = leaveRunning
    self.isAllowed = isAllowed
    self.lease = lease
    self.replay = replay
  }

  /// How many lanes of client processes there are.
  public var lanes: Int { workload.load.concurrency.processes(nodes: nodes.count) }

  /// The kinds of faults that are to be injected.
  public var kinds: [FaultKind] {
    replay.map { $0.map(\.fault.kind) } ?? workload.plans.map(\.kind)
  }

  /// What these faults need on the nodes.
  var needs: FaultNeeds {
    replay.map { FaultNeeds(of: $0.map(\.fault), in: workload.target) }
      ?? FaultNeeds(of: workload.plans, in: workload.target)
  }

  /// What cannot work, or nil: found before anything is touched.
  public var problem: String? {
    let load = workload.load
    if nodes.isEmpty { return "there are no nodes" }
    if load.keys * 2 > lanes && lanes > 1 {
      return "'load.keys' is \(load.keys) for \(lanes) processes: each key needs two processes or "
        + "more to prove anything; use at most \(lanes / 2) keys"
    }
    return workload.plans.lazy.compactMap { $0.problem(with: workload.target, on: nodes) }.first
      ?? workload.sequences.lazy.compactMap(problem(of:)).first ?? limitProblem
  }

  /// What all faults together may do at a time.
  var limits: FaultLimits {
    FaultLimits(
      nodes: workload.maximumAffectedNodes?.number(of: nodes.count), faults: workload.maximumFaults,
      stable: workload.stablePeriod)
  }

  /// A fault that alone exceeds the limit could never come.
  private var limitProblem: String? {
    guard let limit = limits.nodes else { return nil }
    let sizes =
      replay.map { $0.map { ($0.fault.kind, $0.fault.targets.count) } }
      ?? workload.plans.map { ($0.kind, $0.mostAffected(of: nodes.count)) }
    return sizes.first { $0.1 > limit }.map { kind, size in
      "a \(kind.name) may concern \(size) of \(nodes.count) nodes at a time, and "
        + "'maximum-affected-nodes' allows \(limit): give it fewer targets or another shape, or raise that; "
        + "'maximum-faults' limits how many faults there are at a time"
    }
  }

  private func problem(of sequence: FaultSequence) -> String? {
    let length = sequence.after + sequence.minimumLength
    guard replay == nil, length > workload.phases.faults else { return nil }
    return "a sequence ends \(length) after the faults begin, which last "
      + "\(workload.phases.faults): give them more time, or it less"
  }
}
