import FoundationEssentials
import Glibc
import Subprocess

extension LocalLab {
  /// Runs a command in a node's namespaces as root, with this process's standard input, output and error. Needs no
  /// sshd. What cannot be undone on a machine with one clock and one kernel is denied as it is in the node itself.
  /// - Returns: its exit status, or 128 and the number of the signal that ended it; 127 where the node has no such
  ///   program.
  public func exec(_ node: String, _ command: [String]) async throws(LabError) -> Int32 {
    let node = try self.node(node)
    guard geteuid() == 0 else { throw .notRoot }
    let processes = LabProcesses(of: self)
    guard processes.holder != nil else { throw .notRunning(name) }
    guard let pid = processes.nodes[node.name] else {
      throw .nodeNotRunning(node.name, lab: name)
    }
    guard !command.isEmpty else { throw .invalidSpec("no command to execute on \(node.name)") }
    do {
      let result = try await Subprocess.run(
        .name("nsenter"),
        arguments: Arguments(
          [
            "--target", "\(pid)", "--mount", "--uts", "--ipc", "--net", "--pid", "--root",
            "--wd=\(rootFolder(of: pid) + "/root")",
            "setpriv", "--bounding-set=-sys_time,-sys_module",
          ] + command),
        environment: .custom([
          "PATH": searchPath, "HOME": "/root", "LANG": "C.UTF-8",
          "TERM": .init(ProcessInfo.processInfo.environment["TERM"] ?? "dumb"),
        ]),
        input: .currentStandardInput, output: .currentStandardOutput,
        error: .currentStandardError)
      switch result.terminationStatus {
      case .exited(let code): return code
      case .signaled(let signal): return 128 + signal
      }
    } catch {
      throw .system(what: "executing a command on \(node.name)", error: "\(error)")
    }
  }
}
