import Glibc

extension LocalLab {
  /// Restarts a node at once, as its reset button would, or starts one that is off, and returns when its sshd
  /// answers. It keeps its disk and what it wrote below `/`; its processes, its firewall, `/run`, `/tmp` and root's
  /// home are new. A frozen `/data` is thawed first.
  public func reboot(_ name: String) async throws(LabError) {
    let node = try self.node(name)
    guard geteuid() == 0 else { throw .notRoot }
    guard LabProcesses(of: self).holder != nil else { throw .notRunning(self.name) }
    let folder = "\(directory)/\(node.name)"
    guard let lock = FileLock(existing: folder) else { throw .busy(self.name) }
    let power = try await switchOff(node)
    unlink(folder + "/exit")
    let isOn = write(power, "\n", 1) == 1
    close(power)
    guard isOn else { throw .lastCall("starting \(node.name)") }
    try await waitUntilReady([node])
    withExtendedLifetime(lock) {}
  }

  /// Kills all that runs in a node, and gives what starts it again: the holder reads it once the node is off.
  private func switchOff(_ node: LabNode) async throws(LabError) -> Int32 {
    let folder = "\(directory)/\(node.name)"
    let deadline = ContinuousClock.now + .seconds(60)
    while true {
      if let pid = LabProcesses(of: self).nodes[node.name] { kill(pid, SIGKILL) }
      let power = open(folder + "/power", O_WRONLY | O_NONBLOCK | O_CLOEXEC)
      if power >= 0 { return power }
      guard ContinuousClock.now < deadline else { throw nodeFailure(node, "it does not end") }
      LoopDevice.thaw(LoopDevice.all(below: folder))
      try await pause(milliseconds: 20)
    }
  }
}
