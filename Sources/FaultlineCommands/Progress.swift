import Cluster
import Glibc
import Histories
import Nemesis
import Reports
import Runner
import Workloads
import Synchronization

/// Tells on stderr how a run goes: in a terminal with a line that is redrawn in place, elsewhere with
/// plain lines only.
final class Progress: Sendable {
  private struct State {
    var started = ContinuousClock.now
    var phase = ""
    var counts = LoadCounts(ok: 0, fail: 0, info: 0)
    var lastPlain = ContinuousClock.now
    var inForce: [Int: String] = [:]
    var hasLiveLine = false
  }

  private let state = Mutex(State())
  private let isTerminal = isatty(STDERR_FILENO) == 1 && environment("TERM") != "dumb"
  private let colour = Output.usesColour(STDERR_FILENO)

  /// Says what is about to happen, before anything does.
  func begin(_ plan: RunPlan, _ directory: RunDirectory) {
    let nodes = plan.nodes.map(\.name).joined(separator: ", ")
    let sequences = plan.workload.sequences.map { sequence in
      sequence.plans.map(\.kind.name).joined(separator: ", then ")
    }
    let lanes = (plan.workload.faults.map(\.kind.name) + sequences).joined(separator: ", ")
    line("workload  \(plan.workload.name): \(plan.workload.target.name) on \(nodes)")
    line("seed      \(plan.seed)")
    line("clients   \(plan.lanes) processes, model \(plan.workload.model)")
    line("faults    \(lanes.isEmpty ? "none" : lanes)")
    line("run       \(directory.path)")
  }

  /// Shows a message.
  func show(_ message: RunMessage) {
    switch message {
    case .phase(let name):
      state.withLock { $0.phase = name }
      line(emphasised(name, "1"))
    case .step(let step):
      let attempts = step.attempts > 1 ? ", \(step.attempts) attempts" : ""
      line("  \(step.name): \(step.duration.shown)\(attempts)")
    case .fault(let event): show(event)
    case .load(let counts): load(counts)
    case .note(let text): line("  \(text.shown(limit: 2000))")
    case .problem(let text):
      for part in text.split(separator: "\n") {
        line(emphasised("  problem: \(String(part).shown(limit: 2000))", "31"))
      }
    }
  }

  /// Clears the live line, before results are printed.
  func end() { state.withLock { clear(&$0) } }

  private func show(_ event: FaultEvent) {
    state.withLock { state in
      switch event.phase {
      case .verified: state.inForce[event.fault] = event.name
      case .healed: state.inForce[event.fault] = nil
      case .inject, .heal, .failed: break
      }
    }
    let targets = event.targets.joined(separator: ", ")
    let detail: String
    switch event.phase {
    case .inject: detail = "\(variant(event))of \(targets)"
    case .failed: detail = event.value.shown(limit: 400)
    case .verified, .heal, .healed: detail = ""
    }
    line("  fault \(event.fault) \(event.name) \(event.phase.rawValue) \(detail)")
  }

  private func variant(_ event: FaultEvent) -> String {
    guard case .object(let fields) = event.value,
      case .string(let variant)? = fields["shape"] ?? fields["called"], !variant.isEmpty
    else { return "" }
    return "(\(variant)) "
  }

  private func load(_ counts: LoadCounts) {
    state.withLock { state in
      state.counts = counts
      let now = ContinuousClock.now
      if isTerminal {
        clear(&state)
        Output.write("\(status(state))", to: STDERR_FILENO)
        state.hasLiveLine = true
      } else if state.lastPlain.duration(to: now) > .seconds(10) {
        state.lastPlain = now
        Output.error("  \(status(state))")
      }
    }
  }

  private func status(_ state: State) -> String {
    let counts = state.counts
    let faults = state.inForce.values.sorted().joined(separator: ", ")
    return "\(state.started.duration(to: .now).shown)  \(state.phase)  ok \(counts.ok)  "
      + "fail \(counts.fail)  info \(counts.info)" + (faults.isEmpty ? "" : "  [\(faults)]")
  }

  private func line(_ text: String) {
    state.withLock { state in
      clear(&state)
      Output.error(text)
    }
  }

  private func clear(_ state: inout State) {
    if state.hasLiveLine { Output.write("\r\u{1B}[2K", to: STDERR_FILENO) }
    state.hasLiveLine = false
  }

  private func emphasised(_ text: String, _ code: String) -> String {
    colour ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}
