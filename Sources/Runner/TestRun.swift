public import Cluster
import Clients
import Glibc
import Histories
import Nemesis
import Recording
import Workloads

/// One run against a cluster: set up, load and faults, heal, recover, final reads, tear down.
///
/// Whatever happens, in this order: faults are healed, the history is closed, logs are collected,
/// the target is stopped. Cancelling the task that runs it shortens everything but this.
public struct TestRun: Sendable {
  private let plan: RunPlan
  private let cluster: ClusterUnderTest
  private let directory: RunDirectory
  private let say: @Sendable (RunMessage) -> Void

  /// Makes a run that writes into `directory` and tells `say` how it goes.
  public init(
    _ plan: RunPlan, cluster: ClusterUnderTest, directory: RunDirectory,
    say: @escaping @Sendable (RunMessage) -> Void
  ) {
    self.plan = plan
    self.cluster = cluster
    self.directory = directory
    self.say = say
  }

  /// Carries it out; with `plan.leaveRunning` all but the tear-down.
  public func execute() async -> RunFacts {
    let log = RunLog(say)
    say(.phase("look at the nodes"))
    guard await takeOver(log) else { return log.facts(logs: []) }
    let keeping = Task {
      await leases.keep {
        say(.note($0))
      } lost: {
        log.problem("\($0)")
      }
    }
    let logs = await test(log)
    keeping.cancel()
    await keeping.value
    for problem in await Task(operation: { await leases.release() }).value {
      log.problem("\(problem)")
    }
    return log.facts(logs: logs)
  }

  private var leases: ClusterLease {
    ClusterLease(cluster, NodeLease(owner: owner, lasting: plan.lease))
  }

  /// Who holds the nodes, in words; no two runs share them.
  private var owner: String {
    var name = [CChar](repeating: 0, count: 65)
    gethostname(&name, 64)
    let host = String(
      decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return "run \(directory.path) (process \(getpid()) on \(host))"
  }

  private func test(_ log: RunLog) async -> [RunFacts.Log] {
    let facts = await examine(log)
    guard !log.hasProblems, !Task.isCancelled else { return [] }
    say(.phase("set up \(cluster.target.name)"))
    await heal(log)
    let lifecycle = Lifecycle(cluster) { log.step($0) }
    do throws(ClusterError) {
      try await lifecycle.setUp()
      await load(facts, lifecycle, log)
    } catch {
      // What was cut short because somebody asked for it is no problem of the harness.
      if !Task.isCancelled { log.problem("\(error)") }
    }
    return await finish(log)
  }

  /// Sees that every node can be used, and takes its lease; changes nothing where one cannot.
  private func takeOver(_ log: RunLog) async -> Bool {
    let doctor = Doctor(cluster, needs: FaultNeeds(network: false, onNodes: []))
    let (facts, findings) = await doctor.examine()
    for finding in findings where finding.fatal {
      log.problem("\(finding.node): \(finding.problem)")
    }
    for fact in facts where !plan.isAllowed && !fact.allows {
      log.problem("\(fact.node.name): \(NodeFacts.allowAdvice)")
    }
    guard !log.hasProblems, !Task.isCancelled else { return false }
    do throws(ClusterError) {
      try await leases.acquire { say(.note("waiting: \($0)")) }
      return true
    } catch {
      if !Task.isCancelled { log.problem("\(error)") }
      return false
    }
  }

  /// Looks at the nodes; where an earlier run left something, heals it and looks again, since a fault
  /// that is still in force hides what else there is to see.
  private func examine(_ log: RunLog) async -> [NodeFacts] {
    let doctor = Doctor(cluster, needs: plan.needs.beforeTarget)
    var (facts, findings) = await doctor.examine()
    let leftovers = Set(facts.filter { !$0.leftovers.isEmpty }.map(\.node.name))
    if !leftovers.isEmpty {
      for finding in findings where leftovers.contains(finding.node) && !finding.fatal {
        say(.note("\(finding.node): \(finding.problem)"))
      }
      await heal(log)
      (facts, findings) = await doctor.examine()
    }
    // What was cut short because somebody asked for it is no problem of the nodes.
    guard !Task.isCancelled else { return facts }
    for finding in findings {
      let text = "\(finding.node): \(finding.problem)"
      if finding.fatal { log.problem(text) } else { say(.note(text)) }
    }
    return facts
  }

  /// Heals, collects, tears down unless that waits for the verdict: beyond the reach of cancellation.
  private func finish(_ log: RunLog) async -> [RunFacts.Log] {
    await Task {
      await heal(log)
      say(.phase("collect logs"))
      let (logs, problems) = await cluster.collectLogs()
      // A target that was never started has no logs.
      let hasStarted = log.facts(logs: []).steps.contains { $0.name == "start" }
      for problem in problems where hasStarted { log.problem("\(problem)") }
      let files = store(logs, log)
      if !plan.leaveRunning { await tearDown(log) }
      return files
    }.value
  }

  /// Stops the target and cleans the nodes: of a run that was to leave it running, and passed.
  ///
  /// - Returns: what went wrong.
  public func tearDown() async -> [String] {
    let log = RunLog(say)
    await Task { await tearDown(log) }.value
    return log.facts(logs: []).problems
  }

  private func tearDown(_ log: RunLog) async {
    say(.phase("stop \(cluster.target.name)"))
    do throws(ClusterError) {
      try await Lifecycle(cluster) { log.step($0) }.tearDown()
    } catch {
      log.problem("\(error)")
    }
  }

  private func store(
    _ logs: [(node: String, file: String, bytes: [UInt8])], _ log: RunLog
  ) -> [RunFacts.Log] {
    logs.compactMap { entry in
      // As deep as on the node, so that no two logs of a node become one file here.
      let place = entry.file.split(separator: "/").filter { $0 != "." && $0 != ".." }
      let name = (["nodes", entry.node] + place.map(String.init)).joined(separator: "/")
      do throws(OutputError) {
        try directory.write(entry.bytes, to: name)
        return RunFacts.Log(node: entry.node, file: name)
      } catch {
        log.outputError("\(error)")
        return nil
      }
    }
  }

  /// Heals all nodes, beyond the reach of cancellation.
  private func heal(_ log: RunLog) async {
    let (undone, problems) = await Task { await cluster.healAll() }.value
    for line in undone { say(.note(line)) }
    for problem in problems { log.problem("\(problem)") }
  }

  // MARK: Load

  private func load(_ facts: [NodeFacts], _ lifecycle: Lifecycle, _ log: RunLog) async {
    let recorder: Recorder
    do throws(RecorderError) {
      recorder = try Recorder(path: directory.history, header: header)
    } catch {
      log.outputError("\(error)")
      return
    }
    let control = LoadControl()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await watch(control, recorder) }
      group.addTask {
        await phases(facts, lifecycle, control, recorder, log)
      }
      // Whichever ends first ends the other: the watch when nothing more can be recorded.
      await group.next()
      group.cancelAll()
    }
    do throws(RecorderError) {
      try recorder.close()
    } catch {
      log.outputError("\(error)")
    }
  }

  private var header: [String: Value] {
    [
      "faultline": .integer(1), "name": .string(plan.workload.name),
      "model": .string(plan.workload.model), "seed": .integer(Int64(plan.seed)),
      "nodes": .array(plan.nodes.map { .string($0.name) }), "started": .string(WallClock().iso),
      "clock": .string("monotonic-ns"),
    ]
  }

  /// Tells how the load is going until cancelled; returns early where recording has failed.
  private func watch(_ control: LoadControl, _ recorder: Recorder) async {
    while !Task.isCancelled && recorder.failure == nil {
      say(.load(control.counts))
      try? await Task.sleep(for: .milliseconds(200))
    }
  }

  private func phases(
    _ facts: [NodeFacts], _ lifecycle: Lifecycle, _ control: LoadControl, _ recorder: Recorder,
    _ log: RunLog
  ) async {
    let lanes: [ClientLane]
    do {
      lanes = try makeLanes()
    } catch {
      log.problem("\(error)")
      return
    }
    let running = Task { await runLanes(lanes, control, recorder, log) }
    await phase("warm-up", recorder, log) {
      try? await Task.sleep(for: plan.workload.phases.warmUp)
    }
    guard await showsWhatFaultsNeed(log) else {
      control.stop()
      _ = await running.value
      return
    }
    await phase("faults", recorder, log) { await inject(facts, recorder, log) }
    await phase("recovery", recorder, log) { await recover(lifecycle, log) }
    await phase("cool-down", recorder, log) {
      try? await Task.sleep(for: plan.workload.phases.coolDown)
    }
    control.stop()
    let ended = await running.value
    if !Task.isCancelled {
      await phase("final reads", recorder, log) {
        await finalReads(ended, control, recorder, log)
      }
    }
  }

  /// Whether the target has what faults need of one that runs. The data of a run is new, and some files are made
  /// under load only: the warm-up is the time that it has for them.
  private func showsWhatFaultsNeed(_ log: RunLog) async -> Bool {
    let needs = plan.needs.ofRunningTarget
    guard !needs.onNodes.isEmpty, !Task.isCancelled else { return true }
    let findings = await Doctor(cluster, needs: needs).unmet()
    for finding in findings { log.problem("\(finding.node): \(finding.problem)") }
    return findings.isEmpty
  }

  private func phase(
    _ name: String, _ recorder: Recorder, _ log: RunLog, _ body: () async -> Void
  ) async {
    guard !Task.isCancelled else { return }
    say(.phase(name))
    let start = recorder.now
    await body()
    log.phase(name, start, recorder.now)
  }

  private func inject(_ facts: [NodeFacts], _ recorder: Recorder, _ log: RunLog) async {
    let scripts = FaultScripts(
      owner: owner, target: cluster.target, nodes: cluster.nodes, facts: facts)
    let injector = FaultInjector(cluster, leases: leases, scripts: scripts) { event in
      say(.fault(event))
      // A history that cannot be written ends the run by way of `watch`.
      try? recorder.annotate(f: event.name, value: event.value, fields: event.fields)
    }
    let schedule: LineFile
    do throws(OutputError) {
      schedule = try LineFile("faults.jsonl", in: directory)
    } catch {
      return log.outputError("\(error)")
    }
    let deadline = ContinuousClock.now + plan.workload.phases.faults
    let lanes = FaultLanes(
      cluster, injector: injector, seed: plan.seed, limits: plan.limits,
      explores: plan.workload.explores
    ) { schedule.append($0.asValue) }
    let problems =
      if let replay = plan.replay {
        await lanes.replay(replay)
      } else {
        await lanes.run(
          plan.workload.faults, plan.workload.sequences, until: deadline)
      }
    for problem in problems { log.problem("\(problem)") }
    if let error = schedule.error { log.outputError("\(error)") }
    try? await Task.sleep(until: deadline)
  }

  /// Heals what may be left, and waits until the target is healthy again.
  private func recover(_ lifecycle: Lifecycle, _ log: RunLog) async {
    await heal(log)
    do throws(ClusterError) {
      try await lifecycle.waitUntilHealthy(within: plan.workload.phases.recoveryLimit)
    } catch {
      if !Task.isCancelled { log.problem("after healing: \(error)") }
    }
  }

  // MARK: Lanes

  private func makeLanes() throws(ClientError) -> [ClientLane] {
    var lanes: [ClientLane] = []
    for lane in 0..<plan.lanes {
      let node = plan.nodes[lane % plan.nodes.count]
      let host = node.host.contains(":") ? "[\(node.host)]" : node.host
      lanes.append(
        try ClientLane(
          lane, of: plan.lanes, node: node.name,
          address: "\(host):\(plan.workload.target.clientPort)", workload: plan.workload,
          seed: plan.seed))
    }
    return lanes
  }

  private func runLanes(
    _ lanes: [ClientLane], _ control: LoadControl, _ recorder: Recorder, _ log: RunLog
  ) async -> [ClientLane] {
    await onThreads(lanes, log) { lane throws in try lane.run(control, recorder) }
  }

  /// One lane of each node reads the newest keys once more, so that what is lost shows.
  private func finalReads(
    _ lanes: [ClientLane], _ control: LoadControl, _ recorder: Recorder, _ log: RunLog
  ) async {
    let begun = lanes.map(\.generator.keysBegun).max() ?? 0
    let keys = (0..<begun).suffix(100).map(OperationGenerator.key)
    let deadline = ContinuousClock.now + .seconds(10)
    _ = await onThreads(Array(lanes.prefix(plan.nodes.count)), log) { lane throws in
      try lane.read(keys, until: deadline, control, recorder)
    }
  }

  /// Runs each lane on a thread of its own; the lanes as they are afterwards.
  private func onThreads(
    _ lanes: [ClientLane], _ log: RunLog,
    _ body: @escaping @Sendable (inout ClientLane) throws -> Void
  ) async -> [ClientLane] {
    await inParallel(lanes) { lane in
      await onDedicatedThread { () -> ClientLane in
        var lane = lane
        do {
          try body(&lane)
        } catch let error as RecorderError {
          log.outputError("\(error)")
        } catch {
          log.problem("\(lane.node): \(error)")
        }
        return lane
      }
    }
  }
}
