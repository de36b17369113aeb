public import Cluster
import Nemesis
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

  /// Makes a plan.
  public init(workload: Workload, nodes: [Node], seed: UInt64, leaveRunning: Bool) {
    self.workload = workload
    self.nodes = nodes
    self.seed = seed
    self.leaveRunning = leaveRunning
  }

  /// How many lanes of client processes there are.
  public var lanes: Int { workload.load.concurrency.processes(nodes: nodes.count) }

  /// What cannot work, or nil: found before anything is touched.
  public var problem: String? {
    let load = workload.load
    if nodes.isEmpty { return "there are no nodes" }
    if load.keys * 2 > lanes && lanes > 1 {
      return "'load.keys' is \(load.keys) for \(lanes) processes: each key needs two processes or "
        + "more to prove anything; use at most \(lanes / 2) keys"
    }
    for plan in workload.faults {
      guard case .partition(let shapes) = plan.kind else { continue }
      if let shape = shapes.first(where: { $0.minimumNodes > nodes.count }) {
        return "a partition of shape \"\(shape.rawValue)\" needs at least "
          + "\(shape.minimumNodes) nodes; there are \(nodes.count)"
      }
    }
    return nil
  }
}
