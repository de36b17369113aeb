/// Why a lab could not do what was asked.
public enum LabError: Error, Hashable, Sendable {
  /// Namespaces and mounts need root.
  case notRoot
  /// Programs that the lab is made with are not installed.
  case missingTools([MissingTool])
  /// The name is not made of lower-case letters, digits and hyphens, or too long.
  case invalidName(String)
  /// A number in the spec is out of range.
  case invalidSpec(String)
  /// A lab of this name exists.
  case alreadyUp(String)
  /// No lab of this name exists; these do.
  case noSuchLab(String, existing: [String])
  /// The lab has no node of this name; it has these.
  case noSuchNode(String, lab: String, nodes: [String])
  /// Another process brings the lab up or down and does not come to an end.
  case busy(String)
  /// The lab's processes are gone: killed, or the machine was restarted.
  case notRunning(String)
  /// The lab runs, but this node of it has ended.
  case nodeNotRunning(String, lab: String)
  /// All 256 subnets are taken.
  case noSubnet
  /// A node did not come up; the end of its log.
  case nodeFailed(node: String, lab: String, reason: String, log: String)
  /// The lab's first process ended before its nodes were there; the end of its log.
  case labFailed(lab: String, reason: String, log: String)
  /// `down` could not remove this.
  case leftBehind(lab: String, what: [String])
  /// A call to the system failed.
  case system(what: String, error: String)
}

/// A program that the lab needs and that is not installed.
public struct MissingTool: Hashable, Sendable {
  /// The program.
  public let name: String
  /// The Debian package that has it.
  public let package: String
}

extension LabError: CustomStringConvertible {
  /// What is wrong and what to do, over several lines where a log is shown.
  public var description: String {
    switch self {
    case .notRoot:
      "a lab needs root: namespaces and mounts are made for it"
    case .missingTools(let tools):
      Self.describe(missing: tools)
    case .invalidName(let name):
      "\(quoted(name)) is no name for a lab: use lower-case letters, digits and hyphens, at most 32"
    case .invalidSpec(let reason):
      reason
    case .alreadyUp(let name):
      "lab \(name) exists: take it down first (faultline lab down --name \(name)) "
        + "or use another name"
    case .noSuchLab(let name, let existing):
      "there is no lab \(quoted(name)); "
        + (existing.isEmpty
          ? "there is none at all" : "there is \(existing.joined(separator: ", "))")
    case .noSuchNode(let node, let lab, let nodes):
      "lab \(lab) has no node \(quoted(node)); it has \(nodes.joined(separator: ", "))"
    case .busy(let name):
      "lab \(name) is being brought up or down by another process"
    case .notRunning(let name):
      "lab \(name) does not run any more: faultline lab down --name \(name) removes what is left"
    case .nodeNotRunning(let node, let lab):
      "node \(node) of lab \(lab) has ended: its first process is gone"
    case .noSubnet:
      "all 256 lab subnets are in use: take a lab down"
    case .nodeFailed(let node, let lab, let reason, let log):
      "node \(node) of lab \(lab) did not come up: \(reason)\(Self.describe(log: log))"
    case .labFailed(let lab, let reason, let log):
      "lab \(lab) did not come up: \(reason)\(Self.describe(log: log))"
    case .leftBehind(let lab, let what):
      "lab \(lab) is down, but this is left: \(what.joined(separator: "; "))"
    case .system(let what, let error):
      "\(what): \(error)"
    }
  }

  private static func describe(missing tools: [MissingTool]) -> String {
    let names = tools.map { $0.name }.joined(separator: ", ")
    let packages = Set(tools.map { $0.package }).sorted().joined(separator: " ")
    return "a lab needs \(names): apt-get install \(packages)"
  }

  private static func describe(log: String) -> String {
    guard !log.isEmpty else { return "" }
    let hint =
      log.contains("Operation not permitted") || log.contains("must be superuser")
      ? "\n  This machine forbids namespaces or mounts, as containers do; a lab needs them."
      : ""
    return "\n  "
      + log.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\n  ")
      + hint
  }
}

/// The text in quotes, on one line, bounded, control characters escaped: it may come from anywhere.
func quoted(_ text: String) -> String {
  "\"" + text.unicodeScalars.prefix(80).map { $0.escaped(asASCII: true) }.joined() + "\""
}
