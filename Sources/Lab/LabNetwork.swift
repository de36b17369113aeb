import CLinux
import Glibc

extension LocalLab {
  /// Whether the calling thread is in this lab's network, by asking the kernel.
  public var isInside: Bool {
    guard let pid = LabProcesses(of: self).holder, let lab = Self.identity("/proc/\(pid)/ns/net")
    else { return false }
    return lab == Self.identity(ownNetwork)
  }

  /// Puts the calling thread, and the threads it starts from now on, into the lab's network, from where the nodes are
  /// reached by their addresses and nothing else is. Threads that exist already stay where they are, so a program that
  /// means to live in the lab uses ``reexecuteInside(arguments:environment:)``.
  public func enterNetwork() throws(LabError) {
    try enterNetwork(of: nil)
  }

  private func enterNetwork(of node: String?) throws(LabError) {
    let network = try openNetwork(of: node)
    defer { close(network) }
    guard setns(network, CLONE_NEWNET_FLAG) == 0 else {
      throw .lastCall("entering the network of lab \(name)")
    }
  }

  /// Replaces this program by itself, with other arguments, inside the lab's network. There ``isInside`` is true.
  /// - Parameters:
  ///   - arguments: all of them, the program's name first.
  ///   - environment: all of it.
  public func reexecuteInside(
    arguments: [String], environment: [String: String]
  ) throws(LabError) -> Never {
    try enterNetwork()
    var argv = arguments.map { strdup($0) } + [nil]
    var envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    execve("/proc/self/exe", &argv, &envp)
    throw .lastCall("executing this program again inside lab \(name)")
  }

  /// Runs `body` with the calling thread in the lab's network, or in that of one of its nodes: a socket belongs to the
  /// network that it was made in. `body` must not suspend, which its type sees to, and should not block.
  public func withNetwork<Result>(
    of node: String? = nil, _ body: () -> Result
  ) throws(LabError) -> Result {
    let own = open(ownNetwork, O_RDONLY | O_CLOEXEC)
    guard own >= 0 else { throw .lastCall(ownNetwork) }
    defer { close(own) }
    try enterNetwork(of: node)
    defer {
      // To go on in the wrong network would send other people's traffic to the wrong place.
      guard setns(own, CLONE_NEWNET_FLAG) == 0 else {
        fatalError("cannot leave the network of lab \(name): errno \(errno)")
      }
    }
    return body()
  }

  private func openNetwork(of node: String?) throws(LabError) -> Int32 {
    guard geteuid() == 0 else { throw .notRoot }
    let processes = LabProcesses(of: self)
    guard let holder = processes.holder else { throw .notRunning(name) }
    guard let pid = node.map({ processes.nodes[$0] }) ?? holder else {
      throw .nodeNotRunning(node ?? "", lab: name)
    }
    let descriptor = open("/proc/\(pid)/ns/net", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .notRunning(name) }
    return descriptor
  }

  private static func identity(_ path: String) -> [UInt]? {
    var status = stat()
    return stat(path, &status) == 0 ? [UInt(status.st_dev), UInt(status.st_ino)] : nil
  }
}

private let ownNetwork = "/proc/thread-self/ns/net"
