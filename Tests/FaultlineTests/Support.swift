import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// A workload file for tests: etcd for a few seconds, or a target that is easy to break.
struct ShortWorkload {
  var name = "short"
  var top = ""
  var target = "target = \"\(repository)/workloads/targets/etcd.toml\"\n"
  var client = "name = \"etcd\"\n"
  var mix = "{ read = 1, write = 1, cas = 1 }"
  var warmUp = "1s"
  var faults = "3s"
  var coolDown = "500ms"
  var minimumOk = 0
  var keys = 2
  var rate = 150
  var lanes = ""

  /// A client that asks nobody, and does only what may be answered without knowing anything.
  mutating func useNoClient() {
    client = "name = \"noop\"\n"
    mix = "{ read = 1, write = 1 }"
  }

  /// A lane that injects one fault at once, for the given time.
  static func lane(_ name: String, _ more: String = "", lasting: String = "1500ms") -> String {
    "[[fault]]\nname = \"\(name)\"\n\(more)\nafter = \"0s\"\nevery = \"60s\"\nfor = \"\(lasting)\"\n"
  }

  /// A target that is one sleeping process, with some commands replaced.
  static func sleeper(_ changes: [String: String] = [:]) -> String {
    var commands = [
      "start": "setsid sleep 1000 </dev/null >/dev/null 2>&1 & echo $! > /run/sleeper.pid",
      "stop": "[ -e /run/sleeper.pid ] || exit 0; kill -KILL $(cat /run/sleeper.pid); "
        + "rm /run/sleeper.pid",
      "wipe": "true", "healthy": "true",
      "pid": "p=$(cat /run/sleeper.pid) && [ -d /proc/$p ] && echo $p; true",
    ]
    commands.merge(changes) { _, new in new }
    return "[target]\nname = \"sleeper\"\nclient-port = 9\ndata = \"/data\"\n"
      + "start-timeout = \"2s\"\n[target.commands]\n"
      + commands.sorted { $0.key < $1.key }.map { "\($0.key) = '''\n\($0.value)'''\n" }.joined()
  }

  var text: String {
    let isPath = target.hasPrefix("target =")
    return """
      name = "\(name)"
      model = "cas-register"
      \(top)
      \(isPath ? target : "")
      [client]
      \(client)
      [load]
      concurrency = "2n"
      rate = \(rate)
      mix = \(mix)
      keys = \(keys)
      operations-per-key = 100
      operation-timeout = "500ms"
      [phases]
      warm-up = "\(warmUp)"
      faults = "\(faults)"
      cool-down = "\(coolDown)"
      recovery-limit = "20s"
      [evidence]
      minimum-ok = \(minimumOk)
      minimum-serving-nodes = 0
      \(lanes)
      \(isPath ? "" : target)
      """
  }
}

/// A folder with a workload file and the runs of it.
struct Place {
  let scratch: Scratch
  let workload: ShortWorkload

  init(_ workload: ShortWorkload) throws {
    self.workload = workload
    scratch = try Scratch()
    try scratch.write(workload.text, to: "w.toml")
  }

  /// The command that runs it on nodes.
  func command(_ more: [String], output: String = "runs") -> [String] {
    [faultline, "run", scratch.path + "/w.toml", "--output", scratch.path + "/" + output] + more
  }

  /// Runs it to its end.
  func run(
    _ more: [String], environment: [String: String] = [:], within limit: Duration = .seconds(90)
  ) async throws -> Program.Ended {
    try await program(command(more), environment: environment, within: limit)
  }

  /// The folder of the latest run.
  var latest: String { "\(scratch.path)/runs/\(workload.name)/latest" }

  /// A file of the latest run.
  func file(_ name: String) -> String { text(ofFile: latest + "/" + name) ?? "" }
}

/// An event of the nemesis, read by a parser that is not ours.
struct NemesisEvent: Decodable {
  var f: String
  var phase: String
  var targets: [String]
  var time: Int
}

/// The nemesis' events of a history file.
func nemesisEvents(_ history: String) -> [NemesisEvent] {
  history.split(separator: "\n").filter { $0.contains("\"process\":\"nemesis\"") }.compactMap {
    try? JSONDecoder().decode(NemesisEvent.self, from: Data($0.utf8))
  }
}

/// The exit status that the stored results tell.
func storedExit(_ results: String) -> Int? {
  struct Results: Decodable { var exitCode: Int }
  return (try? JSONDecoder().decode(Results.self, from: Data(results.utf8)))?.exitCode
}

/// A situation that faults may come in, and how often they did.
struct StoredSituation: Decodable, Equatable {
  var fault: String
  var role: String
  var stage: String
  var count: Int
}

/// The situations that the stored results tell; nil where they tell none.
func storedSituations(_ results: String) -> [StoredSituation]? {
  struct Coverage: Decodable { var situations: [StoredSituation] }
  struct Results: Decodable { var coverage: Coverage? }
  let read = try? JSONDecoder().decode(Results.self, from: Data(results.utf8))
  return read?.coverage?.situations
}

extension TestLab {
  /// Faultline in the lab's network, as on a machine that is connected to the nodes.
  func command(_ arguments: [String]) async throws -> [String] {
    let pids = try await program(["pgrep", "-f", "holder.sh \(folder)"]).output
    // The last is the first process of the lab; those before wait for it on the host.
    guard let pid = pids.split(separator: "\n").last else { throw TestFailure("no holder") }
    return ["nsenter", "--net=/proc/\(pid)/ns/net", faultline] + arguments
  }
}

/// What of a fault or of Faultline is on a node: empty where it is clean.
func remains(_ lab: TestLab, _ node: String) async throws -> String {
  try await lab.text(
    node,
    """
    for tool in iptables ip6tables; do $tool-save | grep -i faultline; done
    ! command -v nft >/dev/null || nft list tables | grep -i faultline
    grep -l '^State:.T' /proc/[0-9]*/status
    find /data -name '.faultline*'
    ls /run/faultline/faults /var/lib/faultline/node/faults 2>/dev/null | grep '^[0-9]'
    true
    """)
}

/// Whether etcd runs on a node, by looking at its processes.
func etcdRuns(_ lab: TestLab, _ node: String) async throws -> Bool {
  try await lab.on(node, "cat /proc/[0-9]*/comm 2>/dev/null | grep -qx etcd").status == 0
}
