import Glibc
import RemoteShell
import Subprocess
import SystemPackage

extension ClusterUnderTest {
  /// Runs a script on this machine, for what cannot be done on a node itself; it must exit with 0.
  ///
  /// - Returns: what it printed, its errors too, the first 64 KiB.
  @discardableResult
  public func succeedHere(
    _ script: NodeScript, for node: Node
  ) async throws(ClusterError) -> String {
    var record = CommandRecord(
      number: counter.next(), node: node.name, script: script, event: .sent)
    audit(record)
    let start = ContinuousClock.now
    let (end, output) = await ended(script)
    record.event = .ended(end, after: start.duration(to: .now))
    audit(record)
    guard end == CommandResult.Exit.status(0).shown else {
      throw ClusterError(
        node: node.name, step: script.purpose,
        reason: "the command on this machine ended with \(end):\n\(indented(output))")
    }
    return output
  }

  /// How a script ended here and what it printed. That goes to a file: a program that it leaves running in
  /// the background would keep a pipe open.
  private func ended(_ script: NodeScript) async -> (end: String, output: String) {
    guard let file = tmpfile() else { return ("no temporary file: errno \(errno)", "") }
    defer { fclose(file) }
    let descriptor = FileDescriptor(rawValue: fileno(file))
    do {
      let result = try await Subprocess.run(
        .name("timeout"),
        arguments: ["\(script.timeout.components.seconds)", "sh", "-c", script.body],
        output: .fileDescriptor(descriptor, closeAfterSpawningProcess: false),
        error: .fileDescriptor(descriptor, closeAfterSpawningProcess: false))
      rewind(file)
      var bytes = [UInt8](repeating: 0, count: 64 << 10)
      let count = fread(&bytes, 1, bytes.count, file)
      let output = trimmed(String(decoding: bytes[..<count], as: UTF8.self))
      switch result.terminationStatus {
      case .exited(let status): return (CommandResult.Exit.status(status).shown, output)
      case .signaled(let signal): return ("signal \(signal)", output)
      }
    } catch {
      return ("\(error)", "")
    }
  }
}
