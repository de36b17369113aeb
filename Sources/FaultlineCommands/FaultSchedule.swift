import Cluster
import Histories
import Nemesis
import Reports

/// The faults of an earlier run, from its `faults.jsonl`.
enum FaultSchedule {
  static func read(_ path: String, nodes: [Node]) throws -> [ScheduledFault] {
    let lines = try readText(path).split(separator: "\n", omittingEmptySubsequences: false)
    var faults: [Int: ScheduledFault] = [:]
    for (index, line) in lines.enumerated() where !line.isEmpty {
      do {
        let fault = try ScheduledFault(Value(json: Array(line.utf8)), nodes: nodes)
        faults[fault.fault.id] = fault
      } catch {
        throw Failure(.malformedInput, "\(path):\(index + 1): error: \(error)")
      }
    }
    return faults.values.sorted { $0.fault.id < $1.fault.id }
  }
}
