import Cluster
import Glibc
import Histories
import Linearizability
import Nemesis
import Reports
import Runner
import Synchronization
import Workloads

/// The runs of a minimization: carries trials out on the nodes, and keeps what was found on disk.
final class TrialRuns: Sendable {
  private struct State {
    var begun = 0
    var tried: [Value] = []
    var outputError: String?
  }

  private let workload: Workload
  private let resolved: ResolvedNodes
  private let suchNodes: String
  private let folder: RunDirectory
  private let limit: Int
  private let deadline: ContinuousClock.Instant
  private let isAllowed: Bool
  private let lease: Duration
  private let state = Mutex(State())

  init(
    _ workload: Workload, _ resolved: ResolvedNodes, suchNodes: String, folder: RunDirectory,
    limit: Int,
    deadline: ContinuousClock.Instant, isAllowed: Bool, lease: Duration
  ) {
    var workload = workload
    // What is injected is the trial's: lanes of chance would only stand in the stored file.
    workload.faults = []
    workload.sequences = []
    self.workload = workload
    self.resolved = resolved
    self.suchNodes = suchNodes
    self.folder = folder
    self.limit = limit
    self.deadline = deadline
    self.isAllowed = isAllowed
    self.lease = lease
  }

  /// Whether another run may begin.
  var mayRun: Bool {
    !Task.isCancelled && Interruption.status == nil && ContinuousClock.now < deadline
      && state.withLock { $0.begun < limit && $0.outputError == nil }
  }

  /// Why something could not be written.
  var outputError: String? { state.withLock { $0.outputError } }

  /// Runs a trial; true where its history is a violation, nil where the run itself failed.
  func run(_ trial: Trial, _ change: String) async -> Bool? {
    let number = state.withLock { state in
      state.begun += 1
      return state.begun
    }
    let status: ExitStatus
    do throws(OutputError) {
      status = try await carryOut(trial, number)
    } catch {
      noteOutputError("\(error)")
      return nil
    }
    Output.error("run \(number): \(change): \(status.words)")
    state.withLock { state in
      state.tried.append(
        .object([
          "run": .integer(Int64(number)), "change": .string(change),
          "faults": .array(trial.faults.map { .integer(Int64($0.fault.id)) }),
          "exitCode": .integer(Int64(status.rawValue)), "result": .string("\(status)"),
        ]))
    }
    return switch status {
    case .violation: true
    case .linearizable, .unknown: false
    default: nil
    }
  }

  private func carryOut(_ trial: Trial, _ number: Int) async throws(OutputError) -> ExitStatus {
    let started = WallClock()
    let plan = RunPlan(
      workload: self.workload(trial), nodes: resolved.nodes, seed: seed, leaveRunning: false,
      isAllowed: isAllowed, lease: lease, replay: trial.faults)
    let directory = try RunDirectory(root: folder.path, name: "runs", started: "\(number)")
    try directory.write(plan.workload.effectiveFile(seed: seed), to: "workload.toml")
    let audit = try AuditLog(in: directory)
    let cluster = resolved.cluster(running: workload.target) { audit.add($0) }
    let test = TestRun(plan, cluster: cluster, directory: directory) { message in
      if case .problem(let text) = message { Output.error("  problem: \(text)") }
    }
    let facts = await test.execute()
    await cluster.close()
    let options = CheckOptions(
      model: workload.model, timeLimit: .seconds(60), memoryLimit: Machine.memory / 4)
    return Judge(plan, directory: directory, options: options).judge(
      facts, started: started, nodes: suchNodes, interruption: Interruption.status
    ).exitStatus
  }

  private var seed: UInt64 { workload.seed ?? 0 }

  private func workload(_ trial: Trial) -> Workload {
    var workload = workload
    workload.phases = trial.phases
    workload.load.rate = trial.rate
    return workload
  }

  /// Writes the best trial so far, as a workload and a schedule that can be run.
  func store(_ best: Trial) {
    do throws(OutputError) {
      try folder.write(workload(best).effectiveFile(seed: seed), to: "workload.toml")
      try folder.write(
        best.faults.map { $0.asValue.json + "\n" }.joined(), to: "faults.jsonl")
    } catch {
      noteOutputError("\(error)")
    }
  }

  /// Writes what was tried.
  func finish(_ best: Trial?, _ count: ScheduleMinimizer.Count, isComplete: Bool) {
    let tried = state.withLock { $0.tried }
    var fields: [String: Value] = [
      "tried": .array(tried), "reproduced": .bool(best != nil), "complete": .bool(isComplete),
      "violations": .integer(Int64(count.violations)), "of": .integer(Int64(count.runs)),
    ]
    if let best { fields["faults"] = .array(best.faults.map(\.asValue)) }
    do throws(OutputError) {
      try folder.write(Value.object(fields).json + "\n", to: "minimize.json")
    } catch {
      noteOutputError("\(error)")
    }
  }

  private func noteOutputError(_ text: String) {
    state.withLock { state in
      if state.outputError == nil { state.outputError = text }
    }
  }
}
