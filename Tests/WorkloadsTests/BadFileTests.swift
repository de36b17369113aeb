import Glibc
import Nemesis
import TestSupport
import Testing

@testable import Workloads

/// A mistake in a workload file, and all that is said about it.
struct Mistake: Sendable, CustomTestStringConvertible {
  var what: String
  var text: String
  var said: String
  var testDescription: String { what }

  init(_ what: String, _ change: (inout WorkloadText) -> Void, _ said: String) {
    self.what = what
    var parts = WorkloadText()
    change(&parts)
    text = parts.text
    self.said = "w.toml:" + said
  }
}

private let mistakes = [
  Mistake(
    "unknown key with one that is close", { $0.load += "ratee = 5\n" },
    "6: error: unknown key 'load.ratee'; did you mean 'rate'? known here: concurrency, keys, mix, "
      + "operation-timeout, operations-per-key, rate"),
  Mistake(
    "unknown key at the top", { $0.head += "colour = 1\n" },
    "3: error: unknown key 'colour'; known here: client, evidence, explore, fault, load, "
      + "maximum-affected-nodes, maximum-faults, model, name, phases, seed, sequence, stable-period, target"
  ),
  Mistake(
    "wrong type", { $0.load += "keys = \"three\"\n" },
    "6: error: 'load.keys' must be an integer from 1 to 100000"),
  Mistake(
    "number out of range", { $0.load += "keys = 0\n" },
    "6: error: 'load.keys' must be an integer from 1 to 100000"),
  Mistake(
    "duration without a unit", { $0.phases += "faults = 10\n" },
    "7: error: 'phases.faults' must be a string"),
  Mistake(
    "duration with a wrong unit", { $0.phases += "warm-up = \"1s\"\nfaults = \"10d\"\n" },
    "8: error: 'phases.faults' must be a duration with its unit, such as \"500ms\" or \"10s\""),
  Mistake(
    "a timeout of nothing", { $0.load += "operation-timeout = \"0s\"\n" },
    "6: error: 'load.operation-timeout' must be above 0"),
  Mistake(
    "rate of nothing", { $0.load += "rate = 0\n" },
    "6: error: 'load.rate' must be a number of operations a second above 0"),
  Mistake(
    "concurrency", { $0.load += "\nconcurrency = \"n2\"\n" },
    "7: error: 'load.concurrency' must be a number of processes such as 10, or \"2n\" for two a "
      + "node"),
  Mistake(
    "unknown function in the mix", { $0.load += "mix = { read = 1, delete = 1 }\n" },
    "6: error: 'load.mix': the client knows no \"delete\"; it knows read, write, cas"),
  Mistake(
    "mix of nothing", { $0.load += "mix = { read = 0 }\n" },
    "6: error: 'load.mix' must give some function a weight above 0"),
  Mistake(
    "unknown fault", { $0.faults = "[[fault]]\nname = \"kill\"\n\n[[fault]]\nname = \"nuke\"\n" },
    "11: error: there is no fault \"nuke\"; there are "
      + FaultKind.all.map(\.name).joined(separator: ", ")),
  Mistake(
    "unknown shape", { $0.faults = "[[fault]]\nname = \"partition\"\nshape = \"thirds\"\n" },
    "9: error: 'fault.shape' is \"thirds\"; it must be one of "
      + PartitionShape.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")),
  Mistake(
    "a limit that is none", { $0.head += "maximum-affected-nodes = \"most\"\n" },
    "3: error: 'maximum-affected-nodes' must be an integer from 1 to 10000, or \"minority\""),
  Mistake(
    "parameter out of range", { $0.faults = "[[fault]]\nname = \"loss\"\npercent = 101\n" },
    "9: error: 'fault.percent' must be an integer from 1 to 100"),
  Mistake(
    "time out of range", { $0.faults = "[[fault]]\nname = \"flapping\"\nperiod = \"1m\"\n" },
    "9: error: 'fault.period' must be from 200ms to 5000ms"),
  Mistake(
    "command that is missing", { $0.faults = "[[fault]]\nname = \"custom\"\ninject = \"x\"\n" },
    "7: error: 'fault.verify' is missing"),
  Mistake(
    "no shape", { $0.faults = "[[fault]]\nname = \"partition\"\nshape = []\n" },
    "9: error: 'fault.shape' names no shape"),
  Mistake(
    "unknown selector", { $0.faults = "[[fault]]\nname = \"pause\"\ntarget = \"some\"\n" },
    "9: error: 'fault.target' is \"some\"; it must be one of \"one\", \"minority\", \"majority\", "
      + "\"all\", \"leader\", \"follower\", \"leader-minority\", "
      + "\"leader-majority\", \"role:NAME\""),
  Mistake(
    "key of another fault", { $0.faults = "[[fault]]\nname = \"kill\"\nshape = \"one\"\n" },
    "9: error: unknown key 'fault.shape'; known here: after, every, for, name, target"),
  Mistake(
    "one fault as a table", { $0.faults = "[fault]\nname = \"kill\"\n" },
    "7: error: 'fault' must be an array of tables: write [[fault]]"),
  Mistake(
    "old leader of a lane",
    { $0.faults = "[[fault]]\nname = \"kill\"\ntarget = \"old-leader\"\n" },
    "9: error: 'fault.target' is \"old-leader\"; it must be one of \"one\", \"minority\", "
      + "\"majority\", \"all\", \"leader\", \"follower\", \"leader-minority\", "
      + "\"leader-majority\", \"role:NAME\""),
  Mistake(
    "sequence without a fault",
    { $0.faults = "[[sequence]]\nstep = [\n{ wait = \"1s\" },\n]\n" },
    "8: error: 'sequence' injects nothing: a step such as { name = \"kill\" }"),
  Mistake(
    "step that does two things",
    {
      $0.faults =
        "[[sequence]]\nstep = [\n{ name = \"kill\" },\n{ heal = \"kill\", wait = \"1s\" },\n]\n"
    },
    "10: error: a step injects a fault by its 'name', or waits, or heals: it has one of 'name', "
      + "'wait' and 'heal'"),
  Mistake(
    "heal of what is not held",
    {
      $0.faults =
        "[[sequence]]\n[[sequence.step]]\nname = \"kill\"\nfor = \"1s\"\n"
        + "[[sequence.step]]\nheal = \"kill\"\n"
    },
    "12: error: no earlier step holds a kill: one without 'for' is held"),
  Mistake(
    "two faults of the network at once",
    {
      $0.faults =
        "[[sequence]]\n[[sequence.step]]\nname = \"kill\"\n"
        + "[[sequence]]\n[[sequence.step]]\nname = \"partition\"\n"
        + "[[sequence.step]]\nname = \"loss\"\nfor = \"1s\"\n"
    },
    "14: error: the partition of an earlier step is still held, and there is one fault of the "
      + "network at a time: add a step with heal = \"partition\" before"),
  Mistake(
    "unknown key of a step",
    { $0.faults = "[[sequence]]\nstep = [\n{ wait = \"1s\", fro = \"1s\" },\n]\n" },
    "9: error: unknown key 'sequence.step.fro'; known here: wait"),
  Mistake(
    "unknown model", { $0.head = "name = \"w\"\nmodel = \"queue\"\n" },
    "2: error: there is no model \"queue\"; there are " + models.joined(separator: ", ")),
  Mistake(
    "name that is no folder", { $0.head = "name = \"../w\"\nmodel = \"register\"\n" },
    "1: error: 'name' names a folder: letters, digits, '-', '_' and '.' only"),
  Mistake(
    "unknown client", { $0.client = "[client]\nname = \"redis\"\n" },
    "4: error: there is no client 'redis': it is one of etcd, noop"),
  Mistake(
    "unknown parameter", { $0.client = "[client]\nname = \"etcd\"\nreed = \"x\"\n" },
    "5: error: client 'etcd' has no parameter 'reed': it has read, prefix"),
  Mistake(
    "bad value of a parameter", { $0.client = "[client]\nname = \"etcd\"\nread = \"dirty\"\n" },
    "5: error: parameter 'read' of client 'etcd' must be one of linearizable, serializable"),
  Mistake(
    "missing client", { $0.client = "" },
    "1: error: 'client' must be a table with the client's name and parameters"),
  Mistake("missing load", { $0.load = "" }, "1: error: the table 'load' is missing"),
  Mistake("missing phases", { $0.phases = "" }, "1: error: the table 'phases' is missing"),
  Mistake(
    "missing target", { $0.target = "" },
    "1: error: 'target' is missing: a table, or the path of a target's file"),
  Mistake("missing name", { $0.head = "model = \"register\"\n" }, "1: error: 'name' is missing"),
  Mistake(
    "missing command", { $0.target = $0.target.replacing("wipe = \"true\"\n", with: "") },
    "11: error: 'target.commands.wipe' is missing"),
  Mistake(
    "unknown command", { $0.target += "restart = \"true\"\n" },
    "17: error: unknown key 'target.commands.restart'; did you mean 'start'? known here: "
      + "configure, healthy, install, installed, join, leads, leave, members, pid, start, stop, wipe"
  ),
  Mistake(
    "data that is no path", { $0.target = $0.target.replacing("\"/data\"", with: "\"data\"") },
    "10: error: the target's 'data' must be an absolute path"),
  Mistake(
    "target's file that is missing",
    { parts in
      parts.head += "target = \"no.toml\"\n"
      parts.target = ""
    },
    "3: error: the target's file 'no.toml' cannot be read: No such file or directory"),
  Mistake(
    "table that is a number",
    { parts in
      parts.head += "load = 5\n"
      parts.load = ""
    }, "3: error: 'load' must be a table"),
  Mistake(
    "a key in a text that looks like one",
    { $0.target += "leads = '''\nratee = 1\n'''\nstartt = \"x\"\n" },
    "20: error: unknown key 'target.commands.startt'; did you mean 'start'? known here: "
      + "configure, healthy, install, installed, join, leads, leave, members, pid, start, stop, wipe"
  ),
]

struct BadFileTests {
  @Test(arguments: mistakes)
  func aMistakeIsShownWhereItIs(_ mistake: Mistake) throws {
    let said = try problem(mistake.text)
    #expect(said == mistake.said)
  }

  @Test func aDateHasNoUse() throws {
    var parts = WorkloadText()
    parts.head += "seed = 2026-11-22\n"
    #expect(
      try problem(parts.text) == "w.toml:3: error: 'seed' is a date or time, which has no use here")
  }

  @Test(arguments: [
    ("name = ", 1), ("name = \"w\"\nmodel \"x\"\n", 2), ("name = \"w\"\nname = \"v\"\n", 2),
    ("a = 1\n[b\n", 2), ("a = '''\nnever closed\n", 2),
  ])
  func brokenTOMLIsShownWhereItIs(_ text: String, _ line: Int) throws {
    let said = try problem(text)
    #expect(said.hasPrefix("w.toml:\(line): error: "), "\(said)")
    #expect(!said.contains("\n"))
  }

  @Test func whatIsNoTextIsSaidToBeNone() throws {
    let scratch = try Scratch()
    let path = scratch.path + "/w.toml"
    #expect(try writeNoText(path))
    let error = #expect(throws: WorkloadError.self) { try Workload(path: path, models: models) }
    #expect(error?.reason == "the file is not UTF-8")
  }

  /// Writes bytes that are not UTF-8.
  private func writeNoText(_ path: String) throws -> Bool {
    guard let file = fopen(path, "w") else { throw TestFailure("cannot write \(path)") }
    let bytes: [UInt8] = [0x61, 0xff, 0xfe, 0x0a]
    fwrite(bytes, 1, bytes.count, file)
    return fclose(file) == 0
  }

  @Test func theTargetsOwnFileIsNamed() throws {
    let scratch = try Scratch()
    try scratch.write("name = \"t\"\nclient-port = 0\n[commands]\n", to: "t.toml")
    var parts = WorkloadText()
    parts.head += "target = \"t.toml\"\n"
    parts.target = ""
    let path = try scratch.write(parts.text, to: "w.toml")
    let error = #expect(throws: WorkloadError.self) { try Workload(path: path, models: models) }
    #expect(
      error?.description
        == "\(scratch.path)/t.toml:2: error: 'client-port' must be an integer from 1 to 65535")
  }
}
