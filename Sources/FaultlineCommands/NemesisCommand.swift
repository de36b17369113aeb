import ArgumentParser
import Cluster
import Glibc
import Histories
import Nemesis
import Randomness
import Reports
import Runner
import Synchronization
import Workloads

struct NemesisCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "nemesis", abstract: "Inject faults by hand.", subcommands: [Inject.self])

  struct Inject: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "inject", abstract: "Inject one fault, hold it, and undo it.",
      discussion: """
        As in a run: verified by its effect, undone at the end, on Ctrl-C, and by the nodes \
        themselves where this program dies. 'faultline faults' lists the faults.
        """)

    @Argument(help: "The fault.")
    var name: String

    @Option(
      help: ArgumentHelp(
        "The nodes: their names, or \(TargetSelector.byName.map(\.name).joined(separator: ", ")), or role: and a role "
          + "of the target's description.",
        valueName: "nodes"))
    var target = "one"

    @Option(
      name: .customLong("for"), help: ArgumentHelp("How long it lasts.", valueName: "duration"),
      transform: ArgumentText.duration)
    var lasting: Duration = .seconds(10)

    @Option(
      name: .customLong("set"),
      help: ArgumentHelp(
        "A parameter of the fault, such as shape=bridge; may be repeated.", valueName: "name=value")
    )
    var settings: [String] = []

    @Option(
      help: ArgumentHelp(
        "The workload file that describes the target, for faults of processes and disks.",
        valueName: "workload.toml"))
    var workload: String?

    @Option(help: "What random choices follow from; drawn where not given.")
    var seed: UInt64?

    @Flag(
      help: ArgumentHelp(
        "Print the commands that would be run on each node, and stop; connects to none.",
        discussion: """
          As the seed draws it, if the first node leads. Not shown are questions, such as who leads, \
          and what brings back a node that has booted.
          """))
    var dryRun = false

    @OptionGroup(title: "Nodes") var nodes: NodeOptions
    @OptionGroup(title: "Safety") var safety: SafetyOptions
    @OptionGroup(title: "Audit") var audit: AuditOptions
  }
}

extension NemesisCommand.Inject {
  func run() async throws {
    let kind = try FaultKind.required(name)
    let target = try workload.map { try ArgumentText.workload($0).target }
    if kind.concernsTarget && target == nil {
      throw Failure(.usage, "the fault '\(name)' concerns the target: describe it with --workload")
    }
    if dryRun { return try printCommands(kind, target ?? .none) }
    _ = try await LabNetwork.enter(nodes.lab, makeOwn: false)
    let resolved = try nodes.resolve()
    let plan = try plan(kind, target ?? .none, resolved.nodes)
    let log = audit.open(author: owner)
    let cluster = resolved.cluster(running: target ?? .none) { log?.add($0) }
    let problems = await inject(plan, cluster, isAllowed: resolved.areNamed || safety.yes)
    await cluster.close()
    audit.warnIfIncomplete(log)
    guard problems.isEmpty else {
      throw Failure(.harnessFailure, problems.map { "error: \($0)" }.joined(separator: "\n"))
    }
    if let status = Interruption.status { throw ExitCode(status.rawValue) }
  }

  private var owner: String { "nemesis inject \(name) (process \(getpid()))" }

  private func plan(_ kind: FaultKind, _ target: Target, _ nodes: [Node]) throws -> FaultPlan {
    let plan = FaultPlan(
      kind, FaultSettings(kind, try given(kind)), target: try selector(nodes), after: .zero,
      every: .zero, lasting: lasting)
    if let problem = plan.problem(with: target, on: nodes) { throw Failure(.usage, problem) }
    return plan
  }

  private func printCommands(_ kind: FaultKind, _ target: Target) throws {
    let nodes = try nodes.resolve().nodes
    let seed = seed ?? SeededRandom.freshSeed()
    let plan = try plan(kind, target, nodes)
    guard let fault = plan.fault(among: nodes, leader: nodes[0].name, seed: seed) else { return }
    Output.result("# \(fault.title), as --seed \(seed) draws it")
    for line in DryRun.lines(of: fault, target: target, nodes: nodes, lease: safety.lease) {
      Output.result(line)
    }
  }

  private func selector(_ nodes: [Node]) throws -> TargetSelector {
    if let selector = TargetSelector(target) { return selector }
    let names = target.split(separator: ",").map(String.init)
    if let unknown = names.first(where: { name in !nodes.contains { $0.name == name } }) {
      throw Failure(.usage, "--target: there is no node '\(unknown)'")
    }
    return .named(names)
  }

  private func given(_ kind: FaultKind) throws -> [String: Value] {
    var given: [String: Value] = [:]
    for setting in settings {
      let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        .map(String.init)
      guard parts.count == 2, let parameter = kind.parameters.first(where: { $0.name == parts[0] })
      else {
        let known = kind.parameters.map(\.name).joined(separator: ", ")
        throw Failure(.usage, "--set \(setting): the fault '\(name)' has the parameters: \(known)")
      }
      guard let value = parameter.domain.value(parts[1]),
        parameter.fallback != nil || value != .string("")
      else {
        throw Failure(.usage, "--set \(setting): \(parameter.summary)\(parameter.domain.shown)")
      }
      given[parts[0]] = value
    }
    for parameter in kind.parameters where parameter.fallback == nil && given[parameter.name] == nil
    {
      throw Failure(.usage, "the fault '\(name)' needs --set \(parameter.name)=...")
    }
    return given
  }

  /// Injects under a lease, as a run does; gives what went wrong.
  private func inject(
    _ plan: FaultPlan, _ cluster: ClusterUnderTest, isAllowed: Bool
  ) async -> [String] {
    let (facts, findings) = await Doctor(
      cluster, needs: FaultNeeds(of: [plan], in: cluster.target)
    ).examine()
    var problems = findings.filter(\.fatal).map { "\($0.node): \($0.problem)" }
    if !isAllowed {
      problems += facts.filter { !$0.allows }.map { "\($0.node.name): \(NodeFacts.allowAdvice)" }
    }
    guard problems.isEmpty else { return problems }
    let leases = ClusterLease(cluster, NodeLease(owner: owner, lasting: safety.lease))
    do throws(ClusterError) {
      try await leases.acquire { Output.error("waiting: \($0)") }
    } catch {
      return ["\(error)"]
    }
    let injecting = Task { await hold(plan, cluster, leases, facts) }
    let lost = Mutex<[String]>([])
    let keeping = Task {
      await leases.keep {
        Output.error("note: \($0)")
      } lost: { error in
        Output.error("undoing the fault: the lease of \(error.node ?? "a node") is lost")
        lost.withLock { $0.append("\(error)") }
        injecting.cancel()
      }
    }
    Interruption.handle(advice: "the nodes undo the fault by themselves in \(safety.lease.shown)") {
      Output.error("interrupted: undoing the fault")
      injecting.cancel()
    }
    problems = await injecting.value
    keeping.cancel()
    await keeping.value
    problems = lost.withLock { $0 } + problems
    problems += await leases.release().map { "\($0)" }
    return problems
  }

  private func hold(
    _ plan: FaultPlan, _ cluster: ClusterUnderTest, _ leases: ClusterLease, _ facts: [NodeFacts]
  ) async -> [String] {
    let prepared = await cluster.succeedInParallel(cluster.nodes) { node in
      NodeState.remember(cluster.target, on: node, among: cluster.nodes)
    }
    guard prepared.isEmpty else { return prepared.map { "\($0)" } }
    let scripts = FaultScripts(
      owner: owner, target: cluster.target, nodes: cluster.nodes, facts: facts)
    let injector = FaultInjector(cluster, leases: leases, scripts: scripts) { event in
      let detail = event.value == .null ? "" : " \(event.value.shown(limit: 2000))"
      Output.result("\(event.name) \(event.phase.rawValue)\(detail)")
    }
    guard let fault = await plan.fault(in: cluster, seed: seed ?? SeededRandom.freshSeed()) else {
      return ["nobody leads, or has the role: there is no target"]
    }
    Output.result(fault.title)
    return await injector.run(fault, lasting: plan.lasting).map { "\($0)" }
  }
}

extension FaultParameter.Domain {
  /// Reads a value that was typed; nil where it is none.
  func value(_ text: String) -> Value? {
    switch self {
    case .choice(let choices): choices.contains(text) ? .string(text) : nil
    case .choices(let choices): choices.contains(text) ? .array([.string(text)]) : nil
    case .integer(let range):
      Int(text).flatMap { range.contains($0) ? .integer(Int64($0)) : nil }
    case .duration(let range):
      Duration(text: text).map { Int($0 / .milliseconds(1)) }
        .flatMap { range.contains($0) ? .integer(Int64($0)) : nil }
    case .text: .string(text)
    }
  }
}
