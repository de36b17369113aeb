import FoundationEssentials
import Glibc

/// What a lab and its nodes are doing.
public struct LabStatus: Hashable, Sendable {
  /// The lab as a whole.
  public enum Condition: String, Sendable {
    /// Every node runs and its sshd answers.
    case up
    /// It runs, but not every node does or answers: being built, or damaged.
    case incomplete
    /// Nothing runs; its directory is left.
    case stale
  }
  /// The lab as a whole.
  public let condition: Condition
  /// Its nodes, in order.
  public let nodes: [NodeStatus]
}

/// What a node is doing.
public struct NodeStatus: Hashable, Sendable {
  /// Which one.
  public let node: LabNode
  /// Whether its first process runs.
  public let isRunning: Bool
  /// Whether its sshd sent its banner within a second.
  public let answersSSH: Bool
  /// Number of its processes.
  public let processes: Int
  /// Bytes in use on `/data`; nil where it is not mounted.
  public let diskUsed: Int64?
}

extension LocalLab {
  /// Looks at the lab. Takes up to a second where a node does not answer.
  public func status() async throws(LabError) -> LabStatus {
    guard geteuid() == 0 else { throw .notRoot }
    let processes = LabProcesses(of: self)
    guard processes.holder != nil else {
      let nodes = nodes.map {
        NodeStatus(node: $0, isRunning: false, answersSSH: false, processes: 0, diskUsed: nil)
      }
      return LabStatus(condition: processes.isEmpty ? .stale : .incomplete, nodes: nodes)
    }
    let answering = try await answeringSSH(nodes, within: .seconds(1))
    let census = Dictionary(
      grouping: LabProcesses.all().compactMap { LabProcesses.namespace("pid", of: $0) }, by: { $0 })
    let states = nodes.map { node in
      let pid = processes.nodes[node.name]
      let namespace = pid.flatMap { LabProcesses.namespace("pid", of: $0) }
      return NodeStatus(
        node: node, isRunning: pid != nil, answersSSH: answering.contains(node),
        processes: namespace.flatMap { census[$0]?.count } ?? 0,
        diskUsed: pid.flatMap { Self.diskUsed(of: $0) })
    }
    let isUp = states.allSatisfy { $0.isRunning && $0.answersSSH }
    return LabStatus(condition: isUp ? .up : .incomplete, nodes: states)
  }

  private static func diskUsed(of pid: pid_t) -> Int64? {
    var root = stat()
    var data = stat()
    guard stat(rootFolder(of: pid) + "/.", &root) == 0,
      stat(rootFolder(of: pid) + "/data", &data) == 0,
      root.st_dev != data.st_dev
    else { return nil }
    return FileSystemSpace(path: rootFolder(of: pid) + "/data")?.used
  }

  /// Those of the nodes whose sshd sends its banner in time. Polls, so that no thread is blocked.
  func answeringSSH(_ nodes: [LabNode], within limit: Duration) async throws(LabError)
    -> Set<LabNode>
  {
    guard !nodes.isEmpty else { return [] }
    var waiting = try withNetwork {
      nodes.map { ($0, startConnecting(to: $0.ip, port: 22)) }.filter { $0.1 >= 0 }
    }
    defer { for (_, descriptor) in waiting { close(descriptor) } }
    var answering: Set<LabNode> = []
    let deadline = ContinuousClock.now + limit
    while true {
      waiting.removeAll { node, descriptor in
        guard let answers = Self.banner(on: descriptor) else { return false }
        if answers { answering.insert(node) }
        close(descriptor)
        return true
      }
      if waiting.isEmpty || ContinuousClock.now > deadline { return answering }
      try await pause(milliseconds: 2)
    }
  }

  /// Whether sshd has spoken; nil where that is not decided.
  private static func banner(on descriptor: Int32) -> Bool? {
    var buffer = [UInt8](repeating: 0, count: 4)
    let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
    if count < 0, errno == EAGAIN || errno == ENOTCONN { return nil }
    return count == 4 && buffer == Array("SSH-".utf8)
  }
}
