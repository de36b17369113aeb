public import Cluster
import Histories
import Synchronization

/// The audit log: every command on every node, once before it is sent and once when it has ended.
public final class AuditLog: Sendable {
  private let file: LineFile
  private let author: String?
  private let known = Mutex<[String: Int]>([:])

  /// Makes the log of a run: `commands.jsonl`.
  public init(in directory: RunDirectory) throws(OutputError) {
    file = try LineFile("commands.jsonl", in: directory)
    author = nil
  }

  /// Goes on with a log that others may write, too, also at the same time.
  ///
  /// - Parameter author: who writes, unique to it: numbers of commands and scripts are its own.
  public init(appendingTo path: String, author: String) throws(OutputError) {
    file = try LineFile(appendingTo: path)
    self.author = author
  }

  /// Why it is not complete; nil where it is.
  public var error: OutputError? { file.error }

  /// Adds a line. A script's text is written where it is run first, later lines refer to it.
  public func add(_ record: CommandRecord) {
    var fields: [String: Value] = [
      "command": .integer(Int64(record.number)), "at": .string(WallClock().iso),
      "node": .string(record.node), "purpose": .string(record.script.purpose),
    ]
    if let author { fields["by"] = .string(author) }
    switch record.event {
    case .ended(let how, let duration):
      fields["ended"] = .string(how)
      fields["microseconds"] = .integer(duration.nanoseconds / 1000)
    case .sent:
      let (number, isNew) = known.withLock { known in
        if let number = known[record.script.body] { return (number, false) }
        known[record.script.body] = known.count + 1
        return (known.count, true)
      }
      fields["script"] = .integer(Int64(number))
      if isNew { fields["text"] = .string(record.script.body) }
    }
    file.append(.object(fields))
  }
}
