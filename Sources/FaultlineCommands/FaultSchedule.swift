import Cluster
import Histories
import Nemesis
import Reports

/// The faults of an earlier run, from its `faults.jsonl`.
enum FaultSchedule {
  static func read(_ path: String, nodes: [Node]) throws -> [ScheduledFault] {
    let lines = try readText(path).split(separator: "\n", omittingEmptySubsequences: false)
    return try lines.enumerated().filter { !$1.isEmpty }.map { index, line in
      do {
        return try ScheduledFault(Value(json: Array(line.utf8)), nodes: nodes)
      } catch {
        throw Failure(.malformedInput, "\(path):\(index + 1): error: \(error)")
      }
    }
  }
}
