public import Histories

/// Finds what usually makes a verdict meaningless: a client that calls a timeout a failure, values
/// that repeat, clocks that run backwards, histories in which nothing succeeded.
public enum Lint {
  /// How serious a finding is.
  public enum Severity: String, Sendable {
    /// A verdict on the history would say nothing, or could be wrong.
    case warning
    /// It is slower to judge, or says less than it could.
    case note
  }

  /// Something that was found.
  public struct Finding: Sendable, Hashable {
    /// How serious it is.
    public var severity: Severity
    /// The position in `History.events` of the first case; nil if it is about the whole.
    public var event: Int?
    /// How many cases there are.
    public var count: Int
    /// What was found, and what to do.
    public var message: String
  }

  /// All findings on a history that is valid, the serious ones first. Complexity: O(events).
  public static func findings(
    in history: History
  ) throws(HistoryError) -> [Finding] {
    let operations = try history.operations()
    let found =
      success(operations) + failures(operations, history) + missingValues(operations)
      + clocks(history) + repeatedValues(operations) + crashes(operations)
    return found.filter { $0.severity == .warning } + found.filter { $0.severity == .note }
  }

  // MARK: Whether it says anything

  private static func success(_ operations: Operations) -> [Finding] {
    if !operations.contains(where: \.succeeded) {
      return [
        Finding(
          severity: .warning, event: operations.first?.invocation, count: max(1, operations.count),
          message: operations.isEmpty
            ? "there is no operation of a client; only integer processes are clients"
            : "no operation succeeded, so there is nothing to judge")
      ]
    }
    let functions = Dictionary(grouping: operations, by: \.f)
    return functions.sorted { $0.key < $1.key }.compactMap { f, operations in
      if operations.contains(where: \.succeeded) { return nil }
      return Finding(
        severity: .warning, event: operations[0].invocation, count: operations.count,
        message: "no \(f.shown(limit: 40)) succeeded, so none is part of what is judged")
    }
  }

  /// A failure must be certain. What does not change anything may fail in any way.
  private static func failures(_ operations: Operations, _ history: History) -> [Finding] {
    let vague = operations.compactMap { operation -> Int? in
      guard operation.outcome == .fail, !["read", "get", "contains", "peek"].contains(operation.f),
        let completion = operation.completion, let error = history.events[completion].error,
        isVague(error)
      else { return nil }
      return completion
    }
    guard let first = vague.first else { return [] }
    return [
      Finding(
        severity: .warning, event: first, count: vague.count,
        message:
          "an operation that changes something failed for a reason that does not say that it "
          + "had no effect: \(history.events[first].error?.shown(limit: 80) ?? ""); unless the client "
          + "knows, it is info, or verdicts will be wrong")
    ]
  }

  private static func isVague(_ error: Value) -> Bool {
    let text = (error.shown(limit: 400)).lowercased()
    let signs = [
      "timeout", "timed out", "timed-out", "time-out", "deadline", "reset", "broken pipe", "eof",
      "closed", "unavailable", "no leader", "leader changed", "interrupted",
    ]
    return signs.contains { text.contains($0) }
  }

  private static func missingValues(_ operations: Operations) -> [Finding] {
    let reads = operations.filter { operation in
      ["read", "get"].contains(operation.f) && operation.outcome == .ok(nil)
    }
    guard let first = reads.first else { return [] }
    return [
      Finding(
        severity: .warning, event: first.completion, count: reads.count,
        message: "a read succeeded without a 'value', so it observed nothing and proves nothing; "
          + "null says that nothing was there")
    ]
  }

  private static func clocks(_ history: History) -> [Finding] {
    var count = 0
    var first: Int?
    var latest: Int64?
    for (position, event) in history.events.enumerated() {
      guard let time = event.time else { continue }
      if let latest, time < latest {
        count += 1
        first = first ?? position
      }
      latest = max(latest ?? time, time)
    }
    guard let first else { return [] }
    return [
      Finding(
        severity: .warning, event: first, count: count,
        message: "the time runs backwards; the order of the events is taken from their indexes or "
          + "lines, so make sure that it is the order in which they happened")
    ]
  }

  // MARK: How hard it is

  private static func repeatedValues(_ operations: Operations) -> [Finding] {
    var seen: [Value?: Set<Value>] = [:]
    let repeated = operations.filter { operation in
      guard ["write", "put", "cas", "enqueue", "push", "append"].contains(operation.f),
        operation.outcome != .fail, var value = operation.argument
      else { return false }
      if operation.f == "cas", case .array(let pair) = value, pair.count == 2 { value = pair[1] }
      return !seen[operation.key, default: []].insert(value).inserted
    }
    guard let first = repeated.first else { return [] }
    return [
      Finding(
        severity: .note, event: first.invocation, count: repeated.count,
        message: "a value is written more than once to one object; with unique values it is known "
          + "who wrote what was read, and judging takes linear time")
    ]
  }

  private static func crashes(_ operations: Operations) -> [Finding] {
    let crashed = operations.filter { $0.outcome == .info }
    guard let first = crashed.first, crashed.count * 10 > operations.count else { return [] }
    return [
      Finding(
        severity: .note, event: first.invocation, count: crashed.count,
        message: "more than a tenth of the operations ended as info; each may have happened at any "
          + "time since, which makes judging slower and hides violations")
    ]
  }
}

extension Operation {
  fileprivate var succeeded: Bool { if case .ok = outcome { true } else { false } }
}
