import Cluster
import Histories
import Nemesis
import TestSupport
import Testing

@testable import Runner
@testable import Workloads

struct RunPlanTests {
  private func plan(
    nodes: Int, keys: Int, concurrency: Concurrency = .perNode(2), shapes: [PartitionShape] = []
  ) -> RunPlan {
    let load = Load(
      concurrency: concurrency, rate: nil, operationTimeout: .seconds(1), keys: keys,
      operationsPerKey: 10, mix: ["read": 1])
    let phases = Phases(
      warmUp: .zero, faults: .zero, coolDown: .zero, recoveryLimit: .zero)
    let faults = shapes.map { shape in
      FaultPlan(
        .partition, FaultSettings(.partition, ["shape": .array([.string(shape.rawValue)])]),
        after: nil, every: .zero, lasting: .zero)
    }
    let workload = Workload(
      name: "w", model: "register", target: .none, client: "noop", clientParameters: [:],
      load: load, phases: phases, faults: faults, maximumAffectedNodes: nil,
      evidence: EvidenceWanted(minimumOk: 0, minimumServingNodes: 0), seed: nil)
    return RunPlan(
      workload: workload, nodes: (0..<nodes).map { Node(name: "n\($0)", host: "h\($0)") }, seed: 1,
      leaveRunning: false)
  }

  @Test func whatCannotWorkIsSaidBeforehand() throws {
    #expect(plan(nodes: 3, keys: 3).problem == nil)
    #expect(plan(nodes: 0, keys: 1).problem == "there are no nodes")
    let keys = try #require(plan(nodes: 3, keys: 4).problem)
    #expect(keys.contains("'load.keys' is 4 for 6 processes") && keys.contains("at most 3 keys"))
    for (shape, least) in [
      (PartitionShape.one, 2), (.bridge, 3), (.majoritiesRing, 4), (.halves, 2), (.oneWay, 2),
    ] {
      #expect(plan(nodes: least, keys: 1, shapes: [shape]).problem == nil)
      let problem = try #require(plan(nodes: least - 1, keys: 1, shapes: [shape]).problem)
      #expect(problem.contains("\"\(shape.rawValue)\" needs at least \(least) nodes"))
    }
  }

  @Test func aFaultThatExceedsTheLimitIsRefused() throws {
    func problem(_ limit: NodeLimit, _ shapes: [PartitionShape], nodes: Int) -> String? {
      var plan = plan(nodes: nodes, keys: 1, shapes: shapes)
      plan.workload.maximumAffectedNodes = limit
      return plan.problem
    }
    #expect(problem(.minority, [.one, .halves, .bridge], nodes: 5) == nil)
    #expect(problem(.minority, [.majoritiesRing], nodes: 5)?.contains("3 of 5 nodes") == true)
    #expect(problem(.count(1), [.one, .oneWay], nodes: 5) == nil)
    let refused = try #require(problem(.count(1), [.one, .halves], nodes: 5))
    #expect(refused.contains("may concern 2 of 5 nodes") && refused.contains("allows 1"))
    #expect(problem(.minority, [.one], nodes: 2)?.contains("allows 0") == true)
    var kill = plan(nodes: 3, keys: 1)
    kill.workload.maximumAffectedNodes = .minority
    kill.workload.faults = [
      FaultPlan(
        try #require(.named("kill")), target: .all, after: nil, every: .zero, lasting: .zero)
    ]
    #expect(kill.problem?.contains("a kill may concern 3 of 3 nodes") == true)
    kill.workload.maximumAffectedNodes = nil
    kill.workload.maximumFaults = 1
    #expect(kill.problem == nil)
  }

  @Test func membersLeaveOnlyWhereTheyCanBeSpared() throws {
    func problem(
      _ target: TargetSelector, nodes: Int, _ change: (inout Target) -> Void = { _ in }
    ) throws -> String? {
      var plan = plan(nodes: nodes, keys: 1)
      plan.workload.faults = [
        FaultPlan(
          try #require(.named("membership")), target: target, after: nil, every: .zero,
          lasting: .zero)
      ]
      plan.workload.target.members = "true"
      plan.workload.target.leave = "true"
      plan.workload.target.join = "true"
      plan.workload.target.leads = "true"
      change(&plan.workload.target)
      return plan.problem
    }
    #expect(try problem(.leader, nodes: 3) == nil)
    #expect(try problem(.minority, nodes: 3) == nil)
    #expect(try problem(.one, nodes: 2)?.contains("three nodes") == true)
    #expect(try problem(.minority, nodes: 5)?.contains("one member at a time") == true)
    #expect(try problem(.one, nodes: 3) { $0.leave = nil }?.contains("'leave'") == true)
  }

  @Test func whatACommandOfOnesOwnDoesIsNotNeededOnTheNode() throws {
    for (name, key) in [("reboot", "command"), ("reset", "command"), ("shutdown", "off")] {
      let kind = try #require(FaultKind.named(name))
      var settings = FaultSettings(kind, [:])
      func needs() -> FaultNeeds {
        let plan = FaultPlan(kind, settings, after: nil, every: .zero, lasting: .zero)
        return FaultNeeds(of: [plan], in: .none)
      }
      #expect(!needs().onNodes.isEmpty)
      settings.values[key] = .string("virsh \(name) $node")
      #expect(needs().onNodes.isEmpty)
    }
  }

  @Test func aSequenceMustFitIntoTheFaultsPhase() throws {
    var short = plan(nodes: 3, keys: 3)
    let kill = FaultPlan(
      try #require(.named("kill")), target: .oldLeader, after: nil, every: .zero,
      lasting: .seconds(2))
    short.workload.sequences = [
      FaultSequence([.wait(.seconds(1)), .inject(kill)], after: .seconds(1), every: nil)
    ]
    #expect(try #require(short.problem).contains("the target has no command 'leads'"))
    short.workload.target.leads = "true"
    #expect(try #require(short.problem).contains("a sequence ends 4.0 seconds after"))
    short.workload.phases.faults = .seconds(4)
    #expect(short.problem == nil)
  }

  @Test func aRunsFolderIsNeverReusedAndLatestFollows() throws {
    let scratch = try Scratch()
    let first = try RunDirectory(root: scratch.path + "/a/b", name: "w", started: "t")
    let second = try RunDirectory(root: scratch.path + "/a/b", name: "w", started: "t")
    #expect(first.path.hasSuffix("/w/t") && second.path.hasSuffix("/w/t-2"))
    try second.write("x", to: "nodes/n1/log")
    #expect(text(ofFile: scratch.path + "/a/b/w/latest/nodes/n1/log") == "x")
    #expect(names(in: second.path + "/nodes/n1") == ["log"])
    #expect(names(in: scratch.path + "/a/b/w") == ["latest", "t", "t-2"])
  }

  @Test func aFolderThatCannotBeMadeIsNamed() {
    let error = #expect(throws: OutputError.self) {
      try RunDirectory(root: "/proc/nowhere", name: "w", started: "t")
    }
    #expect(error?.description.hasPrefix("cannot write /proc/nowhere/w: ") == true)
  }
}
