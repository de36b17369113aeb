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
        var command = Command(
          ["tail", "-c", "\(8 << 20)", file], timeout: .seconds(30), privileged: true)
        command.outputLimit = 9 << 20
        do throws(ShellError) {
          let result = try await shell(of: node).run(command)
          if result.succeeded {
            logs.append((node.name, file, result.stdout))
          } else {
            problems.append(
              ClusterError(
                node: node.name, step: "collect \(file)", reason: trimmed(result.stderrText)))
          }
        } catch {
          problems.append(
            ClusterError(node: node.name, step: "collect \(file)", reason: "\(error.reason)"))
        }
      }
      return (logs, problems)
    }
    return (results.flatMap(\.0), results.flatMap(\.1))
  }
}
