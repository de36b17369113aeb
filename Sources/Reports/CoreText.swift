public import Histories
public import Linearizability

/// The small part of a history that is impossible by itself, in words.
struct CoreText {
  private let core: Core
  /// As they are parts of the core.
  private let operations: [(operation: Operation, member: Core.Member)]
  private let history: History

  init?(_ partition: PartitionJudgement, _ violation: Violation, in history: History) {
    guard let core = violation.core else { return nil }
    self.core = core
    self.history = history
    operations = core.members.compactMap { member in
      partition.operations.first(withID: member.operation).map { (member.part($0), member) }
    }
  }

  /// What it proves and how.
  var claim: String {
    let count = Words.count(operations.count, "operation")
    let laws = core.laws.map(\.text)
    let checked =
      core.isConfirmed
      ? "every order of them was tried" : "too many to try every order, so the search decided"
    let alone =
      operations.count == 1 ? "\(count) alone is impossible" : "\(count) alone are impossible"
    return "\(alone) (\(checked)), and so is the whole: \(laws.joined(separator: "; "))."
  }

  /// Why each order fails, one sentence an order; empty where they are too many.
  var alternatives: [String] {
    func names(_ ids: [Int]) -> [String] {
      ids.compactMap { id in
        operations.first { $0.operation.id == id }.map { Words.operation($0.operation, limit: 40) }
      }
    }
    return core.deadEnds.map { end in
      let order = names(end.order)
      let blocked = names(end.blocked)
      let start = order.isEmpty ? "At first" : "After \(order.joined(separator: ", then "))"
      let what =
        blocked.count == 1
        ? "\(blocked[0]) cannot come next"
        : "none of these can come next: \(blocked.joined(separator: ", "))"
      return "\(start) the state is \(end.state.shown(limit: 80)): \(what)."
    }
  }

  /// One line an operation: what it did, who, and from where to where.
  var rows: [(operation: String, process: String, place: String)] {
    operations.map { operation, member in
      let begin = Words.place(operation.invocation, in: history)
      let end =
        member.isCrashed
        ? "open" : operation.completion.map { Words.place($0, in: history) } ?? "open"
      return (
        Words.operation(operation, limit: 40)
          + (member.shortened == nil ? "" : " (other elements left out)"),
        "process \(operation.process)", "\(begin) to \(end)"
      )
    }
  }
}

/// A core as a history of its own, which is a violation too.
public enum CoreHistory {
  /// JSON lines: a header with the model, then the events of the core's operations.
  ///
  /// Nil if no violation has a core; of several the smallest is taken.
  public static func text(
    _ findings: Findings, initial: Value, failedCAS: FailedCAS = .ignore
  ) -> String? {
    let candidates = findings.judgement.partitions.compactMap {
      partition -> (PartitionJudgement, Core)? in
      guard case .violation(let violation) = partition.outcome, let core = violation.core else {
        return nil
      }
      return (partition, core)
    }
    guard let (partition, core) = candidates.min(by: { $0.1.members.count < $1.1.members.count })
    else { return nil }
    var header: [String: Value] = [
      "model": .string(findings.judgement.model), "initial": initial,
      "comment": .string(
        "Impossible by itself: " + core.laws.map(\.text).joined(separator: "; ") + "."),
    ]
    if failedCAS != .ignore { header["failed-cas"] = .string(failedCAS.rawValue) }
    var positions: [Int] = []
    // What the core has in the place of what was recorded.
    var values: [Int: Value] = [:]
    for member in core.members {
      guard let operation = partition.operations.first(withID: member.operation)
      else { continue }
      positions.append(operation.invocation)
      if let completion = operation.completion, !member.isCrashed {
        positions.append(completion)
        values[completion] = member.shortened
      } else if let argument = operation.argument {
        // Only the completion, which is left out, may say what was written.
        values[operation.invocation] = argument
      }
    }
    var bytes: [UInt8] = []
    EventEncoder.append(header: header, to: &bytes)
    for position in positions.sorted() {
      var event = findings.history.events[position]
      if let value = values[position] {
        event.value = value
        if event.type == .ok { event.fields["elementsLeftOut"] = .bool(true) }
      }
      EventEncoder.append(event, to: &bytes)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
