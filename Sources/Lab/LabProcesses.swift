import FoundationEssentials
import Glibc

/// The processes that make up a lab, found by looking.
///
/// They are recognised by arguments that are paths in the lab's state directory, by being root's, and by being the
/// first of a PID namespace. Nothing is recorded, so no record can be stale, be missing because of a kill before it
/// was written, or name a process that is by now a stranger's.
struct LabProcesses {
  /// PID 1 of the lab: its namespaces are the lab's.
  private(set) var holder: pid_t?
  /// PID 1 of each node, by its name.
  private(set) var nodes: [String: pid_t] = [:]
  /// Processes on the host that start the holder or wait for it; they end with it.
  private(set) var launchers: [pid_t] = []

  var isEmpty: Bool { holder == nil && nodes.isEmpty && launchers.isEmpty }

  init(of lab: LocalLab) {
    let holderArguments = [lab.directory + "/holder.sh", lab.directory]
    let nodeArguments = Dictionary(
      uniqueKeysWithValues: lab.nodes.map { ("\(lab.directory)/\($0.name)", $0.name) })
    for pid in Self.all() {
      let arguments = Self.arguments(of: pid)
      let node = arguments.lazy.compactMap { nodeArguments[$0] }.first
      guard node != nil || arguments.contains(holderArguments),
        let status = Status(pid), status.user == 0
      else { continue }
      switch (node, status.isFirst) {
      case (let node?, true): nodes[node] = pid
      case (nil, true): holder = pid
      case (nil, false) where status.depth == 1: launchers.append(pid)
      default: break
      }
    }
  }

  /// The process IDs of this machine.
  static func all() -> [pid_t] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
  }

  /// The PID namespace of a process, as the kernel writes it. Nil where the process has ended.
  static func namespace(_ kind: String, of pid: pid_t) -> String? {
    try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/ns/\(kind)")
  }

  private static func arguments(of pid: pid_t) -> [String] {
    guard let line = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { return [] }
    return line.split(separator: 0, omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  private struct Status {
    var user = -1
    var depth = 0
    var isFirst = false

    init?(_ pid: pid_t) {
      guard let text = FileManager.default.contents(atPath: "/proc/\(pid)/status") else {
        return nil
      }
      for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
        let words = line.split(whereSeparator: { $0 == "\t" || $0 == " " })
        switch words.first {
        case "Uid:": user = Int(words[1]) ?? -1
        case "NSpid:":
          depth = words.count - 1
          isFirst = depth > 1 && words.last == "1"
        default: break
        }
      }
    }
  }
}

/// The root of what a process sees, as seen from outside its mount namespace.
func rootFolder(of pid: pid_t) -> String { "/proc/\(pid)/root" }
