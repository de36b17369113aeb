import Cluster

/// The steps of a fault that takes one of its nodes down, which is more than scripts on the node.
struct MachineOutage {
  let cluster: ClusterUnderTest
  let leases: ClusterLease
  let scripts: FaultScripts
  let fault: ChosenFault
  let node: Node
  let outage: FaultKind.Outage

  /// Carries out a step; gives what was seen.
  func carryOut(_ step: FaultStep) async throws(ClusterError) -> String {
    switch (step, outage) {
    case (.inject, _):
      let said = try await onNode(.inject)
      try await here(.inject)
      return said
    case (.verify, .restart):
      try await waitForBoot()
      return [try await leases.resume(node), try await onNode(.verify)].filter { !$0.isEmpty }
        .joined(separator: "; ")
    case (.verify, .off): return try await waitForSilence()
    case (.heal, .off):
      if case .down(_, let isOff) = await condition() {
        if isOff { try await here(.heal) }
        try await waitForBoot()
      }
      return try await resumeAndHeal()
    case (.heal, .restart): return try await resumeAndHeal()
    case (.verifyHealed, _): return try await onNode(.verifyHealed)
    }
  }

  private func onNode(_ step: FaultStep) async throws(ClusterError) -> String {
    trimmed(
      try await cluster.succeed(scripts.script(step, of: fault, on: node), on: node).output)
  }

  private func here(_ step: FaultStep) async throws(ClusterError) {
    guard let script = scripts.scriptHere(step, of: fault, for: node) else { return }
    try await cluster.succeedHere(script, for: node)
  }

  private func resumeAndHeal() async throws(ClusterError) -> String {
    await leases.resumeBooted([node])
    return try await onNode(.heal)
  }

  // MARK: Looking from outside

  private enum Condition {
    case booted
    case asBefore(said: String)
    /// It does not answer; where it is off, nor does its kernel refuse to.
    case down(why: String, isOff: Bool)
  }

  private func condition() async -> Condition {
    let folder = NodeState.faultFolder(fault.folderName, outlivesReboot: true)
    do throws(ClusterError) {
      let output = try await cluster.run(Boot.probe(folder), on: node)
      return output.succeeded ? .booted : .asBefore(said: output.text)
    } catch {
      return .down(why: error.reason, isOff: error.isSilence)
    }
  }

  private func waitForBoot() async throws(ClusterError) {
    try await wait("see it in another boot") { if case .booted = $0 { true } else { false } }
  }

  private func waitForSilence() async throws(ClusterError) -> String {
    try await wait("see it switched off") {
      if case .down(_, isOff: true) = $0 { true } else { false }
    }
    return "it does not answer"
  }

  private func wait(
    _ step: String, until isSo: (Condition) -> Bool
  ) async throws(ClusterError) {
    let limit = Duration.milliseconds(fault.settings.integer("within"))
    let deadline = ContinuousClock.now + limit
    while true {
      let seen = await condition()
      if isSo(seen) { return }
      guard ContinuousClock.now < deadline else {
        let reason =
          switch seen {
          case .booted: "it has booted, and answers"
          case .asBefore(let said):
            "it answers, and has not gone down" + (said.isEmpty ? "" : ": \(said)")
          case .down(let why, _): "it does not answer: \(why)"
          }
        throw ClusterError(
          node: node.name, step: step, reason: "after \(limit.shown) \(reason)")
      }
      try? await Task.sleep(for: .milliseconds(250))
    }
  }
}
