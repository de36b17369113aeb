import FoundationEssentials
import Glibc
import Synchronization

/// Why tests on real nodes are skipped.
public let needsRoot = "needs root: nodes are made of namespaces, mounts and iptables"

/// Whether tests on real nodes can run.
public let isRoot = geteuid() == 0

/// The sources' root folder.
public let repository = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()

/// The program under test, built beside the tests.
public let faultline: String = {
  let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
  return own.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/faultline"
}()

/// A lab of the product, driven as a person would: by the command line.
public struct TestLab: Sendable {
  /// Its name, unique on this machine.
  public let name: String
  /// Its nodes' addresses.
  public let addresses: [String: String]

  /// A lab that exists.
  public init(name: String, addresses: [String: String]) {
    self.name = name
    self.addresses = addresses
  }

  /// Runs a shell script on a node as root, through the node's namespaces and not over SSH.
  public func on(_ node: String, _ script: String) async throws -> Program.Ended {
    try await program([faultline, "lab", "exec", "--name", name, node, "--", "sh", "-c", script])
  }

  /// The standard output of a script that must succeed.
  public func text(_ node: String, _ script: String) async throws -> String {
    let ended = try await on(node, script)
    guard ended.status == 0 else { throw TestFailure("\(node): \(script): \(ended.text)") }
    return ended.output
  }

  /// Arguments that name this lab's nodes.
  public var flags: [String] { ["--lab", name] }

  /// Where the lab keeps its keys.
  public var folder: String { "/var/lib/faultline/labs/\(name)" }
}

/// Runs `body` with a lab of its own, which is taken down in any case; then looks that nothing is
/// left. Two labs at a time: a test on one of them waits most of the time, for leases and for databases.
public func withLab(
  nodes: Int = 3, diskMegabytes: Int = 256, _ body: (TestLab) async throws -> Void
) async throws {
  try await turn.hold {
    try takeLabsDownIfKilled()
    let name = labName("\(labNumber.wrappingAdd(1, ordering: .relaxed).newValue)")
    let up = try await program([
      faultline, "lab", "up", "--name", name, "--nodes", "\(nodes)",
      "--disk", "\(diskMegabytes)MiB",
    ])
    guard up.status == 0 else { throw TestFailure("lab up: \(up.text)") }
    let pairs = up.output.split(separator: "\n").map { $0.split(separator: " ") }
    let addresses = Dictionary(uniqueKeysWithValues: pairs.map { (String($0[0]), String($0[1])) })
    let result: Result<Void, any Error>
    do {
      result = .success(try await body(TestLab(name: name, addresses: addresses)))
    } catch {
      result = .failure(error)
    }
    try await takeDown(name)
    try result.get()
  }
}

/// Takes a lab down, and fails where anything of it is left: processes, disks, folders.
public func takeDown(_ name: String) async throws {
  let down = try await program([faultline, "lab", "down", "--name", name])
  guard down.status == 0 else { throw TestFailure("lab down: \(down.text)") }
  var left = names(in: "/var/lib/faultline/labs").filter { $0 == name }
  let folder = "/labs/\(name)"
  for pid in names(in: "/proc").compactMap({ pid_t($0) }) {
    let line = text(ofFile: "/proc/\(pid)/cmdline") ?? ""
    if line.contains(folder + "\0") || line.contains(folder + "/") { left.append("process \(pid)") }
  }
  let disks = try await program(["losetup", "--all", "--output", "BACK-FILE"])
  if disks.output.contains(folder + "/") { left.append("a disk") }
  guard left.isEmpty else { throw TestFailure("left of lab \(name): \(left)") }
}

/// Takes the place of a lab for a test whose cluster is not one of `withLab`.
public func inTurn<Result>(_ body: () async throws -> Result) async throws -> Result {
  try await turn.hold(body)
}

private let labNumber = Atomic<Int>(0)
private let turn = Turn(places: 2)
