import ArgumentParser
import Cluster
import Glibc
import Nemesis
import RemoteShell
import Reports
import Runner
import Workloads

struct HealCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "heal", abstract: "Undo every fault on nodes, whoever injected it.",
    discussion: """
      Judged by the nodes' own state, so it works from any machine and after a crash of the run. \
      Where there is nothing to undo it does nothing. A target that a fault or a reboot has \
      ended is started again. A run that still goes on loses the nodes, and says so.
      """)

  @OptionGroup(title: "Nodes") var nodes: NodeOptions
  @OptionGroup(title: "Audit") var audit: AuditOptions

  func run() async throws {
    _ = try await LabNetwork.enter(nodes.lab, makeOwn: false)
    let resolved = try nodes.resolve()
    let log = audit.open(author: "heal (process \(getpid()))")
    let cluster = resolved.cluster(running: .none) { log?.add($0) }
    var (undone, problems) = await cluster.healAll()
    // The folder goes too, with the lease of a run that has died: the nodes are free at once.
    if problems.isEmpty {
      problems = await cluster.succeedInParallel(cluster.nodes) { _ in NodeState.forget }
    }
    await cluster.close()
    audit.warnIfIncomplete(log)
    for line in undone { Output.result(line) }
    guard problems.isEmpty else {
      throw Failure(
        .harnessFailure, problems.map { "error: \($0)" }.joined(separator: "\n"))
    }
    Output.result(undone.isEmpty ? "nothing to heal" : "healed \(cluster.nodes.count) nodes")
  }
}

struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Say what nodes lack for a workload; changes nothing.")

  @Argument(
    help: ArgumentHelp(
      "The workload file; without one only what every run needs is looked at.",
      valueName: "workload.toml"))
  var workload: String?

  @OptionGroup(title: "Nodes") var nodes: NodeOptions

  func run() async throws {
    let workload = try workload.map { try ArgumentText.workload($0) }
    _ = try await LabNetwork.enter(nodes.lab, makeOwn: false)
    let resolved = try nodes.resolve()
    let cluster = resolved.cluster(running: workload?.target ?? .none)
    let needs = FaultNeeds(of: workload?.plans ?? [.anyPartition], in: cluster.target)
    let (facts, findings) = await Doctor(cluster, needs: needs).examine()
    await cluster.close()
    for node in cluster.nodes {
      let mine = findings.filter { $0.node == node.name }
      for finding in mine {
        Output.result("\(node.name): \(finding.fatal ? "PROBLEM" : "note"): \(finding.problem)")
      }
      guard mine.isEmpty, let fact = facts.first(where: { $0.node == node }) else { continue }
      let way = resolved.openSSH[node.name].map { " by 'ssh \($0.destination)'" } ?? ""
      Output.result(
        "\(node.name): ok: root over SSH\(way) at \(node.host):\(node.port), "
          + "\(fact.dataFree >> 20) MiB free for data")
    }
    let problems = Set(
      (workload?.plans ?? []).compactMap { $0.problem(with: cluster.target, on: cluster.nodes) })
    for problem in problems.sorted() { Output.result("workload: PROBLEM: \(problem)") }
    if !problems.isEmpty || findings.contains(where: \.fatal) {
      throw ExitCode(ExitStatus.harnessFailure.rawValue)
    }
  }
}
