import ArgumentParser
import Cluster
import Glibc
import Histories
import Linearizability
import Nemesis
import Reports
import Runner
import Workloads

struct MinimizeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "minimize", abstract: "Find the fewest faults that still give a violation.",
    discussion: """
      Repeats a stored run that ended with a violation: with fewer faults, then with shorter times and \
      fewer operations, until nothing smaller fails, and tells how often what is left fails. The \
      smallest schedule so far is always on disk, also when this is interrupted.

      Exit status: 1 the violation was seen again, 2 it was not, 130 and 143 interrupted.
      """)

  @Argument(help: ArgumentHelp("The folder of the run.", valueName: "run"))
  var stored: String

  @OptionGroup(title: "Nodes") var nodes: NodeOptions

  @Option(help: "How many runs without a violation count as proof that there is none.")
  var tries = 2

  @Option(help: "How many runs there may be in all.")
  var runs = 50

  @Option(help: "How often the smallest schedule is run in the end.")
  var confirm = 5

  @Option(
    help: ArgumentHelp("When to begin no more runs.", valueName: "duration"),
    transform: ArgumentText.duration)
  var timeLimit: Duration = .seconds(3600)

  @Option(help: ArgumentHelp("Where it is written; RUN/minimized.", valueName: "folder"))
  var output: String?

  @OptionGroup(title: "Safety") var safety: SafetyOptions

  func validate() throws {
    for (name, number) in [("tries", tries), ("runs", runs), ("confirm", confirm)]
    where number < 1 {
      throw ValidationError("--\(name) must be at least 1")
    }
  }

  func run() async throws {
    let workload = try ArgumentText.workload("\(stored)/workload.toml")
    _ = try readText("\(stored)/faults.jsonl")
    let lab = try await LabNetwork.enter(nodes.lab, makeOwn: true)
    let status: ExitStatus
    do {
      status = try await minimize(workload)
    } catch {
      await lab?.leave(keep: false)
      throw error
    }
    await lab?.leave(keep: false)
    throw ExitCode(status.rawValue)
  }

  private func minimize(_ workload: Workload) async throws -> ExitStatus {
    let resolved = try nodes.resolve()
    let faults = try FaultSchedule.read("\(stored)/faults.jsonl", nodes: resolved.nodes)
    let folder = RunDirectory(path: output ?? "\(stored)/minimized")
    let trials = TrialRuns(
      workload, resolved, suchNodes: nodes.suchNodes, folder: folder, limit: runs,
      deadline: .now + timeLimit,
      isAllowed: resolved.areNamed || safety.yes, lease: safety.lease)
    let minimizing = Task {
      var minimizer = ScheduleMinimizer(tries: tries, while: { trials.mayRun }) { best in
        trials.store(best)
      } run: { trial, change in
        await trials.run(trial, change)
      }
      await minimizer.minimize(
        Trial(faults: faults, phases: workload.phases, rate: workload.load.rate))
      let count = await minimizer.confirm(confirm)
      return (minimizer.best, count, minimizer.isComplete)
    }
    let advice = "The nodes may still be under faults: see faultline heal"
    Interruption.handle(advice: advice) {
      Output.error("interrupted: healing the nodes; press again to leave them as they are")
      minimizing.cancel()
    }
    let (best, count, isComplete) = await minimizing.value
    trials.finish(best, count, isComplete: isComplete)
    tell(best, count, of: faults.count, isComplete, folder)
    if let error = trials.outputError { throw Failure(.outputFailure, error) }
    return Interruption.status ?? (best == nil ? .unknown : .violation)
  }

  private func tell(
    _ best: Trial?, _ count: ScheduleMinimizer.Count, of all: Int, _ isComplete: Bool,
    _ folder: RunDirectory
  ) {
    guard let best else {
      Output.result("NOT REPRODUCED  no run of the whole schedule gave a violation; try --tries")
      return
    }
    Output.result(
      "MINIMIZED  \(best.faults.count) of \(all) faults; "
        + "\(count.violations) of \(count.runs) runs gave a violation")
    for fault in best.faults {
      Output.result(
        "  \(fault.fault.title), \(fault.at.shown) after the faults begin, for "
          + fault.lasting.shown)
    }
    if best.faults.isEmpty { Output.result("  no fault is needed") }
    if !isComplete { Output.result("  stopped early: fewer faults or less time may do") }
    Output.result("\nrepeat   faultline run \(folder.path)/workload.toml \(nodes.suchNodes) \\")
    Output.result("           --replay-faults \(folder.path)/faults.jsonl")
    Output.result("tried    \(folder.path)/minimize.json")
  }
}
