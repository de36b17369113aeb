import Clients
import Cluster
import Histories
import Nemesis
import TestSupport
import Testing

@testable import Workloads

struct WorkloadFileTests {
  @Test(arguments: ["etcd-register", "etcd-stale-reads"])
  func aShippedFileIsReadWhole(_ name: String) throws {
    let workload = try Workload(path: "\(repository)/workloads/\(name).toml", models: models)
    #expect(workload.name == name)
    #expect(workload.model == "cas-register")
    #expect(workload.target.name == "etcd")
    #expect(workload.target.clientPort == 2379)
    #expect(workload.faults.map(\.kind.name) == ["partition", "kill", "pause", "disk-full"])
    let read = name == "etcd-register" ? "linearizable" : "serializable"
    #expect(workload.clientParameters == ["read": .string(read)])
    #expect(workload.phases.faults == .seconds(50))
    #expect(workload.load.mix == ["read": 4, "write": 3, "cas": 4])
    let needs = FaultNeeds(of: workload.plans, in: workload.target)
    #expect(needs.network)
    #expect(needs.onNodes.contains(.ownVolume))
  }

  @Test(arguments: ["etcd-register", "etcd-stale-reads", "etcd-disasters", "etcd-old-leader"])
  func theEffectiveFileGivesTheSameWorkload(_ name: String) throws {
    let workload = try Workload(path: "\(repository)/workloads/\(name).toml", models: models)
    var expected = workload
    expected.seed = 77
    #expect(try read(workload.effectiveFile(seed: 77)) == expected)
  }

  @Test func aSequenceIsReadAsItIsWritten() throws {
    let workload = try Workload(
      path: "\(repository)/workloads/etcd-old-leader.toml", models: models)
    let sequence = try #require(workload.sequences.first)
    #expect(sequence.steps.count == 5 && workload.faults.isEmpty)
    #expect(sequence.minimumLength == .seconds(6))
    #expect(sequence.after == .seconds(1) && sequence.every == .seconds(4))
    #expect(workload.plans.map(\.kind.name) == ["partition", "kill"])
    guard case .inject(let kill) = sequence.steps[2] else {
      Issue.record("\(sequence.steps[2])")
      return
    }
    #expect(kill.target == .oldLeader && kill.lasting == .seconds(2))
    #expect(sequence.steps[4] == .heal(.partition))
  }

  @Test func theEffectiveFileKeepsWhatIsHardToWrite() throws {
    var workload = try read(WorkloadText().text)
    workload.target.start = "printf '%s' \"a\\b\"\n\techo '''x'''\n"
    workload.target.stop = "echo 'two'\necho \"\\n\"\n"
    workload.target.wipe = "echo \u{1}\necho \u{7f}é"
    workload.target.healthy = "one\r\ntwo\r\n"
    workload.target.pid = "\n\nleading"
    workload.target.logs = ["/var/log/a \"b\".log"]
    workload.load.rate = 0.25
    workload.load.concurrency = .fixed(7)
    workload.load.operationTimeout = .milliseconds(1500)
    workload.faults = [
      FaultPlan(
        try #require(.named("kill")), target: .minority, after: nil, every: .seconds(1),
        lasting: .seconds(2)),
      FaultPlan(
        .partition,
        FaultSettings(.partition, ["shape": .array([.string("one-way"), .string("one")])]),
        after: .milliseconds(1), every: .zero, lasting: .zero),
    ]
    for kind in FaultKind.all {
      let given = kind.parameters.filter { $0.fallback == nil }.map {
        ($0.name, Value.string("it's"))
      }
      workload.faults.append(
        FaultPlan(
          kind, FaultSettings(kind, Dictionary(uniqueKeysWithValues: given)),
          target: .named(["n1", "n3"]), after: nil, every: .zero, lasting: .zero))
    }
    workload.seed = 1
    workload.explores = true
    #expect(try read(workload.effectiveFile(seed: 1)) == workload)
  }

  @Test func linesEndAsOnWindowsToo() throws {
    var parts = WorkloadText()
    parts.load = "[load]\nrate = -1\n"
    let text = parts.text.replacing("\n", with: "\r\n")
    #expect(
      try problem(text)
        == "w.toml:6: error: 'load.rate' must be a number of operations a second above 0")
    #expect(try read(WorkloadText().text.replacing("\n", with: "\r\n")).name == "w")
  }

  @Test func aMissingFileIsMissingAndNotWrong() {
    let error = #expect(throws: WorkloadError.self) {
      try Workload(path: "/nowhere/w.toml", models: models)
    }
    #expect(error?.isMissing == true)
    #expect(error?.description == "/nowhere/w.toml: error: No such file or directory")
  }

  @Test func aFolderIsNoFile() {
    let error = #expect(throws: WorkloadError.self) { try Workload(path: "/tmp", models: models) }
    #expect(error?.description == "/tmp: error: Is a directory")
  }
}

struct DurationTests {
  @Test(arguments: [
    ("1ms", Duration.milliseconds(1)), ("250ms", .milliseconds(250)), ("10s", .seconds(10)),
    ("2.5s", .milliseconds(2500)), ("3m", .seconds(180)), ("1h", .seconds(3600)), ("0s", .zero),
    (".5s", .milliseconds(500)),
  ])
  func aNumberWithItsUnit(_ text: String, _ duration: Duration) {
    #expect(Duration(text: text) == duration)
  }

  @Test(arguments: [
    "", "s", "10", "10 s", "-1s", "1.2.3s", "1d", "1S", "1e3s", "∞s", "٣s", "½s", "10000000000s",
    "1sec", "1s ", "nans", ".s",
  ])
  func anythingElseIsNone(_ text: String) {
    #expect(Duration(text: text) == nil)
  }
}
