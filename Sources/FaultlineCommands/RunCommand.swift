import ArgumentParser
import Cluster
import Glibc
import Linearizability
import Randomness
import RemoteShell
import Reports
import Runner
import Workloads

struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Test a cluster: load, faults, history, verdict, report.",
    discussion: """
      Sets the target up on the nodes over SSH, runs client processes against it while the nemesis \
      injects faults, heals everything, checks the history and writes a report. The target's data \
      on the nodes is wiped before and after. --dry-run shows the commands beforehand.
      """)

  @Argument(help: ArgumentHelp("The workload file.", valueName: "workload.toml"))
  var workload: String

  @OptionGroup(title: "Nodes") var nodes: NodeOptions

  @Option(help: "What all random choices follow from; drawn where not given.")
  var seed: UInt64?

  @Option(
    help: ArgumentHelp("How long faults are injected, such as 60s.", valueName: "duration"),
    transform: ArgumentText.duration)
  var timeLimit: Duration?

  @Option(help: "How many client processes: a number, or 2n for two a node.")
  var concurrency: String?

  @Option(help: "Operations a second over all processes.")
  var rate: Double?

  @Option(help: ArgumentHelp("Where runs are stored.", valueName: "folder"))
  var output = "runs"

  @Option(
    help: ArgumentHelp("The time that the checker may take.", valueName: "duration"),
    transform: ArgumentText.duration)
  var checkTimeLimit: Duration = .seconds(60)

  @Option(
    help: ArgumentHelp("The memory that the checker may take, such as 4GB.", valueName: "size"),
    transform: ArgumentText.size)
  var checkMemoryLimit: Int = Machine.memory / 4

  @Option(
    help: ArgumentHelp(
      "Inject the faults of an earlier run again, from its faults.jsonl.", valueName: "file"))
  var replayFaults: String?

  @OptionGroup(title: "Safety") var safety: SafetyOptions

  @Flag(help: "Keep the target (and the run's own lab) after a run that did not pass.")
  var leaveRunning = false

  @Flag(
    help: ArgumentHelp(
      "Print the commands that would be run on each node, and stop; connects to none.",
      discussion: """
        Of the faults: the first of each lane, as the seed draws it if the first node leads, and one \
        of each shape; with --replay-faults all. Not shown are questions, such as who leads, and \
        what brings back a node that has booted.
        """))
  var dryRun = false

  func run() async throws {
    let workload = try readWorkload()
    if dryRun { return try printCommands(workload) }
    let lab = try await LabNetwork.enter(nodes.lab, makeOwn: true)
    let status: ExitStatus
    do {
      status = try await test(workload)
    } catch {
      await lab?.leave(keep: false)
      throw error
    }
    await lab?.leave(keep: leaveRunning && status != .linearizable)
    throw ExitCode(status.rawValue)
  }

  private func readWorkload() throws -> Workload {
    var workload = try ArgumentText.workload(self.workload)
    if let timeLimit { workload.phases.faults = timeLimit }
    if let rate {
      guard rate > 0, rate.isFinite else { throw ValidationError("--rate must be above 0") }
      workload.load.rate = rate
    }
    // More could not be read back: JSON and TOML have no larger numbers that every reader keeps.
    if let seed, seed > 1 << 53 { throw ValidationError("--seed must be at most \(1 << 53)") }
    if let concurrency {
      guard let parsed = Concurrency(text: concurrency) else {
        throw ValidationError("--concurrency must be a number such as 10, or 2n")
      }
      workload.load.concurrency = parsed
    }
    return workload
  }

  private func plan(
    _ workload: Workload, _ resolved: [Node], areNamed: Bool = true
  ) throws -> RunPlan {
    let plan = RunPlan(
      workload: workload, nodes: resolved,
      seed: seed ?? workload.seed ?? SeededRandom.freshSeed(), leaveRunning: leaveRunning,
      isAllowed: areNamed || safety.yes, lease: safety.lease,
      replay: try replayFaults.map { try FaultSchedule.read($0, nodes: resolved) })
    if let problem = plan.problem {
      throw Failure(.malformedInput, "\(self.workload): error: \(problem)")
    }
    return plan
  }

  private func printCommands(_ workload: Workload) throws {
    let resolved = try LabNetwork.plannedNodes(nodes.lab) ?? nodes.resolve().nodes
    for line in DryRun(try plan(workload, resolved)).lines() { Output.result(line) }
  }

  private func test(_ workload: Workload) async throws -> ExitStatus {
    let resolved = try nodes.resolve()
    let plan = try plan(workload, resolved.nodes, areNamed: resolved.areNamed)
    let started = WallClock()
    let directory: RunDirectory
    let audit: AuditLog
    do throws(OutputError) {
      directory = try RunDirectory(root: output, name: workload.name, started: started.compact)
      try directory.write(workload.effectiveFile(seed: plan.seed), to: "workload.toml")
      audit = try AuditLog(in: directory)
    } catch {
      throw Failure(.outputFailure, "\(error)")
    }
    let progress = Progress()
    progress.begin(plan, directory)
    let cluster = resolved.cluster(running: workload.target) { audit.add($0) }
    let test = TestRun(plan, cluster: cluster, directory: directory) { progress.show($0) }
    let running = Task { await test.execute() }
    Interruption.handle(advice: healAdvice) {
      progress.show(.note("interrupted: healing the nodes; press again to leave them as they are"))
      running.cancel()
    }
    let facts = await running.value
    progress.show(.phase("check the history"))
    let status = judge(plan, facts, started, directory, progress)
    let problems = await leave(plan, facts, status, test)
    await cluster.close()
    if let error = audit.error { throw Failure(.merged([status, .outputFailure]), "\(error)") }
    return problems.isEmpty ? status : .merged([status, .harnessFailure])
  }

  /// With --leave-running: tears down after a run that passed, else says what is left; gives what
  /// went wrong.
  private func leave(
    _ plan: RunPlan, _ facts: RunFacts, _ status: ExitStatus, _ test: TestRun
  ) async -> [String] {
    guard plan.leaveRunning, !facts.steps.isEmpty else { return [] }
    guard status != .linearizable else { return await test.tearDown() }
    Output.error("\(plan.workload.target.name) is left running on the nodes")
    return []
  }

  private func judge(
    _ plan: RunPlan, _ facts: RunFacts, _ started: WallClock, _ directory: RunDirectory,
    _ progress: Progress
  ) -> ExitStatus {
    let options = CheckOptions(
      model: plan.workload.model, timeLimit: checkTimeLimit, memoryLimit: checkMemoryLimit)
    let result = Judge(plan, directory: directory, options: options).judge(
      facts, started: started, nodes: nodes.suchNodes, interruption: Interruption.status)
    progress.end()
    RunSummary(result, plan: plan, directory: directory).print()
    return result.exitStatus
  }

  private var healAdvice: String {
    "The nodes may still be under faults. To undo them: faultline heal \(nodes.sameNodes)"
  }
}
