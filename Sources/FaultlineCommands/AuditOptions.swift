import ArgumentParser
import Reports
import Runner

/// Where commands on nodes are noted by what has no run's folder.
struct AuditOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where every command on a node is noted, after what is there.",
      discussion: "Where it cannot be written, a warning says so: the nodes come first.",
      valueName: "file"))
  var audit = "runs/commands.jsonl"

  /// Opens the log; nil where it cannot be written.
  func open(author: String) -> AuditLog? {
    do throws(OutputError) {
      return try AuditLog(appendingTo: audit, author: author)
    } catch {
      warn(error)
      return nil
    }
  }

  /// Says so where a log is not complete.
  func warnIfIncomplete(_ log: AuditLog?) {
    if let error = log?.error { warn(error) }
  }

  private func warn(_ error: OutputError) {
    Output.error("warning: not every command is in the audit log: \(error)")
  }
}
