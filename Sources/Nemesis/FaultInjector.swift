public import Cluster
import Histories
import Randomness

/// Takes one fault through its life: inject, see its effect, hold, heal, see that it is gone.
public struct FaultInjector: Sendable {
  private let cluster: ClusterUnderTest
  private let leases: ClusterLease
  private let scripts: FaultScripts
  private let record: @Sendable (FaultEvent) -> Void

  /// Makes an injector that tells `record` of each phase as it begins or ends.
  public init(
    _ cluster: ClusterUnderTest, leases: ClusterLease, scripts: FaultScripts,
    record: @escaping @Sendable (FaultEvent) -> Void
  ) {
    self.cluster = cluster
    self.leases = leases
    self.scripts = scripts
    self.record = record
  }

  /// Runs a fault's whole life; cancellation shortens the holding, never the healing.
  ///
  /// - Returns: what went wrong; empty where the fault took effect and was undone.
  public func run(_ fault: ChosenFault, lasting: Duration) async -> [ClusterError] {
    await run(fault) { try? await Task.sleep(for: lasting) }
  }

  /// Runs a fault's whole life; `hold` returns when it is to be healed, and is not called where the
  /// fault did not take effect.
  func run(_ fault: ChosenFault, hold: () async -> Void) async -> [ClusterError] {
    record(FaultEvent(fault, .inject, fault.detail))
    var step = await force(.inject, fault, staggered: true)
    if step.problems.isEmpty { step = await force(.verify, fault) }
    if step.problems.isEmpty {
      record(FaultEvent(fault, .verified, step.told))
      await hold()
    } else {
      record(FaultEvent(fault, .failed, Self.shown(step.problems)))
    }
    let refusing = step.problems.filter { $0.status == FaultShell.refusal }.compactMap(\.node)
    return step.problems + (await heal(fault, butNotSeenOn: refusing))
  }

  /// - Parameter refusing: where nothing was done, so that nothing is to be seen: the target need not even run.
  private func heal(_ fault: ChosenFault, butNotSeenOn refusing: [String]) async -> [ClusterError] {
    record(FaultEvent(fault, .heal, .null))
    var problems: [ClusterError] = []
    for attempt in 1...3 {
      let isStaggered = attempt == 1 && !Task.isCancelled
      var steps = await force(.heal, fault, staggered: isStaggered)
      if steps.problems.isEmpty { steps += await force(.verifyHealed, fault, without: refusing) }
      problems = steps.problems
      if problems.isEmpty {
        record(FaultEvent(fault, .healed, steps.told))
        return []
      }
      // What was written for the boot before is missing on a node that has booted.
      await leases.resumeBooted(fault.targets)
    }
    record(FaultEvent(fault, .failed, Self.shown(problems)))
    return problems
  }

  /// Runs a step on all nodes of the fault at once, or one after another where the fault asks for
  /// it, beyond the reach of cancellation: a step that has begun is always awaited, so that nothing
  /// is injected behind the back of a heal.
  private func force(
    _ step: FaultStep, _ fault: ChosenFault, staggered: Bool = false,
    without excluded: [String] = []
  ) async -> StepResults {
    let gap = staggered ? fault.kind.stagger.map { fault.settings.integer($0) } ?? 0 : 0
    let nodes = order(scripts.nodes(of: fault), fault, step).filter { !excluded.contains($0.name) }
    return await Task {
      let results = await inParallel(Array(nodes.enumerated())) { place, node in
        if gap > 0 { try? await Task.sleep(for: .milliseconds(gap * place)) }
        return await run(step, fault, on: node)
      }
      return StepResults(results)
    }.value
  }

  /// The order in which a staggered fault goes from node to node, another one for each step.
  private func order(_ nodes: [Node], _ fault: ChosenFault, _ step: FaultStep) -> [Node] {
    let draw = UInt64(fault.settings.integer("draw"))
    var random = SeededRandom(seed: draw, UInt64(step == .heal ? 1 : 0))
    return nodes.shuffled(using: &random)
  }

  private func run(_ step: FaultStep, _ fault: ChosenFault, on node: Node) async -> StepResult {
    do throws(ClusterError) {
      return StepResult(
        node: node.name, seen: try await carryOut(step, fault, on: node), problem: nil)
    } catch {
      return StepResult(node: node.name, seen: "", problem: error)
    }
  }

  private func carryOut(
    _ step: FaultStep, _ fault: ChosenFault, on node: Node
  ) async throws(ClusterError) -> String {
    guard let outage = fault.kind.outage else {
      return trimmed(
        try await cluster.succeed(scripts.script(step, of: fault, on: node), on: node).output)
    }
    return try await MachineOutage(
      cluster: cluster, leases: leases, scripts: scripts, fault: fault, node: node, outage: outage
    ).carryOut(step)
  }

  private static func shown(_ problems: [ClusterError]) -> Value {
    .array(problems.map { .string("\($0)") })
  }
}

private struct StepResult: Sendable {
  var node: String
  var seen: String
  var problem: ClusterError?
}

/// What a step, or two after each other, came to on all nodes.
private struct StepResults: Sendable {
  private var said: [String: [String]] = [:]
  private(set) var problems: [ClusterError] = []

  init(_ results: [StepResult]) {
    for result in results {
      said[result.node] = result.seen.isEmpty ? [] : [result.seen]
      if let problem = result.problem { problems.append(problem) }
    }
  }

  static func += (first: inout Self, next: Self) {
    first.said.merge(next.said, uniquingKeysWith: +)
    first.problems += next.problems
  }

  /// What each node said.
  var told: Value { .object(said.mapValues { .string($0.joined(separator: "; ")) }) }
}
