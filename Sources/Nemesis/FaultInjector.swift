public import Cluster
import Histories

/// Takes one fault through its life: inject, see its effect, hold, heal, see that it is gone.
public struct FaultInjector: Sendable {
  private let cluster: ClusterUnderTest
  private let scripts: FaultScripts
  private let record: @Sendable (FaultEvent) -> Void

  /// Makes an injector that tells `record` of each phase as it begins or ends.
  public init(
    _ cluster: ClusterUnderTest, scripts: FaultScripts,
    record: @escaping @Sendable (FaultEvent) -> Void
  ) {
    self.cluster = cluster
    self.scripts = scripts
    self.record = record
  }

  /// Runs a fault's whole life; cancellation shortens the holding, never the healing.
  ///
  /// - Returns: what went wrong; empty where the fault took effect and was undone.
  public func run(_ fault: ChosenFault, lasting: Duration) async -> [ClusterError] {
    record(FaultEvent(fault, .inject, fault.detail))
    var problems = await force(.inject, fault)
    if problems.isEmpty {
      problems = await force(.verify, fault, whenDone: .verified)
    }
    if problems.isEmpty {
      try? await Task.sleep(for: lasting)
    } else {
      record(FaultEvent(fault, .failed, Self.shown(problems)))
    }
    return problems + (await heal(fault))
  }

  private func heal(_ fault: ChosenFault) async -> [ClusterError] {
    record(FaultEvent(fault, .heal, .null))
    var problems: [ClusterError] = []
    for _ in 1...3 {
      problems = await force(.heal, fault)
      if problems.isEmpty { problems = await force(.verifyHealed, fault, whenDone: .healed) }
      if problems.isEmpty { return [] }
    }
    record(FaultEvent(fault, .failed, Self.shown(problems)))
    return problems
  }

  /// Runs a step on all nodes of the fault at once, beyond the reach of cancellation: a step that
  /// has begun is always awaited, so that nothing is injected behind the back of a heal.
  private func force(
    _ step: FaultStep, _ fault: ChosenFault, whenDone phase: FaultPhase? = nil
  ) async -> [ClusterError] {
    let (problems, seen) = await Task {
      let results = await inParallel(scripts.nodes(of: fault)) { node in
        do throws(ClusterError) {
          let output = try await cluster.succeed(
            scripts.script(step, of: fault, on: node), on: node)
          return StepResult(node: node.name, seen: trimmed(output.output), problem: nil)
        } catch {
          return StepResult(node: node.name, seen: "", problem: error)
        }
      }
      return (
        results.compactMap(\.problem),
        Dictionary(uniqueKeysWithValues: results.map { ($0.node, Value.string($0.seen)) })
      )
    }.value
    if let phase, problems.isEmpty { record(FaultEvent(fault, phase, .object(seen))) }
    return problems
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
