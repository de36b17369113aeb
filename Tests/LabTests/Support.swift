import FoundationEssentials
import Glibc
import Subprocess
import TestSupport
import Testing

@testable import Lab

/// Why the tests on real nodes cannot run here; nil where they can.
let obstacle: String? = {
  if geteuid() != 0 { return "needs root" }
  let missing = Preflight.missing(searchPath: searchPath)
  return missing.isEmpty ? nil : LabError.missingTools(missing).description
}()

/// The tests that make labs, one after the other: they look at what is left on the host.
@Suite("Real nodes", .serialized, onRealNodes)
enum RealNodes {}

let onRealNodes: ConditionTrait = .enabled(if: obstacle == nil, Comment(rawValue: obstacle ?? ""))

/// A lab for the time of `body`, taken down however that ends, and where the test is killed too.
func withLab(
  _ subject: String, nodes: Int, diskBytes: Int64 = 32 << 20,
  _ body: (LocalLab) async throws -> Void
) async throws {
  try takeLabsDownIfKilled()
  let spec = LabSpec(name: labName(subject), nodes: nodes, diskBytes: diskBytes)
  let lab = try await LocalLab.up(spec)
  do {
    try await body(lab)
  } catch {
    try await lab.down()
    throw error
  }
  try await lab.down()
}

struct Outcome {
  let status: Int32
  let text: String
}

/// A program of the host, with its output and errors as one text.
func run(_ program: String, _ arguments: [String]) async throws -> Outcome {
  let result = try await Subprocess.run(
    .name(program), arguments: Arguments(arguments),
    environment: .custom(["PATH": searchPath, "HOME": "/root"]),
    output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
  let text = result.standardOutput + result.standardError
  switch result.terminationStatus {
  case .exited(let code): return Outcome(status: code, text: text)
  case .signaled(let signal): return Outcome(status: 128 + signal, text: text)
  }
}

extension LocalLab {
  /// A shell script in a node, like `exec` but with what it says.
  func sh(_ node: String, _ script: String) async throws -> Outcome {
    let pid = try #require(LabProcesses(of: self).nodes[node], "\(node) does not run")
    return try await run(
      "nsenter",
      [
        "--target", "\(pid)", "--mount", "--uts", "--ipc", "--net", "--pid", "--root",
        "--wd=/proc/\(pid)/root",
        "timeout", "20", "bash", "-c", script,
      ])
  }
}

/// What of the host a lab has to leave alone, also while it is up. Loop devices are looked at by their lab.
struct HostState: Equatable, CustomStringConvertible {
  var parts: [String: String] = [:]

  var description: String { parts.sorted { $0.key < $1.key }.map { "\($0):\n\($1)" }.joined() }

  static func now() async throws -> HostState {
    var state = HostState()
    for (program, arguments) in [
      ("ip", ["route"]), ("ip", ["-6", "route"]), ("ip", ["-brief", "link"]),
      ("ip", ["rule"]), ("cat", ["/proc/self/mountinfo"]), ("iptables-save", []),
      ("find", ["/run/netns", "/sys/fs/cgroup/pids", "-maxdepth", "1"]),
    ] {
      let text = try await run(program, arguments).text
      state.parts["\(program) \(arguments)"] =
        text.split(separator: "\n").filter { !$0.hasPrefix("#") && !$0.hasPrefix(":") }
        .joined(separator: "\n")
    }
    return state
  }
}

/// What of a lab is left anywhere: processes, disks, its directory.
func remains(of name: String) -> [String] {
  let directory = LabStore.path(of: name)
  var found = LoopDevice.all(below: directory).map(\.path)
  for pid in LabProcesses.all() {
    let line = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
    if String(decoding: line, as: UTF8.self).contains(directory) { found.append("process \(pid)") }
  }
  let entries = (try? FileManager.default.contentsOfDirectory(atPath: LabStore.directory)) ?? []
  return found + entries.filter { $0 == name || $0.hasPrefix(".\(name).") }
}

/// Looks until something is so; false where it does not come about in five seconds.
func eventually(_ isSo: () async throws -> Bool) async throws -> Bool {
  let deadline = ContinuousClock.now + .seconds(5)
  while ContinuousClock.now < deadline {
    if try await isSo() { return true }
    try await Task.sleep(for: .milliseconds(20))
  }
  return false
}

/// Whether nothing but the directory is left before long.
func endsByItself(_ name: String) async throws -> Bool {
  try await eventually { remains(of: name).allSatisfy { $0 == name || $0.hasPrefix(".") } }
}
