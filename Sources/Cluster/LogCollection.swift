import RemoteShell

extension ClusterUnderTest {
  /// The end of each of the target's log files, at most 8 MiB each; a file that is missing or cannot
  /// be read is a problem, not an empty log.
  public func collectLogs() async -> (
    logs: [(node: String, file: String, bytes: [UInt8])], problems: [ClusterError]
  ) {
    typealias Log = (node: String, file: String, bytes: [UInt8])
    let results = await inParallel(nodes) { node -> ([Log], [ClusterError]) in
      var logs: [Log] = []
      var problems: [ClusterError] = []
      for file in target.logs {
        let script = NodeScript(
          "collect \(file)", timeout: .seconds(30),
          body: "tail -c \(8 << 20) \(ShellQuote.quote(file))\n")
        var command = Command.script(script.body, timeout: script.timeout, privileged: true)
        command.outputLimit = 9 << 20
        do throws(ShellError) {
          let result = try await run(command, of: script, on: node)
          if result.succeeded {
            logs.append((node.name, file, result.stdout))
          } else {
            problems.append(
              ClusterError(
                node: node.name, step: script.purpose, reason: trimmed(result.stderrText)))
          }
        } catch {
          problems.append(
            ClusterError(node: node.name, step: script.purpose, reason: "\(error.reason)"))
        }
      }
      return (logs, problems)
    }
    return (results.flatMap(\.0), results.flatMap(\.1))
  }
}
