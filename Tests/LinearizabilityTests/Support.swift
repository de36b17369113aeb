import Glibc
import Histories
import Linearizability
import Testing

/// A history from words: `process type f value`, one event a line; `read` and completions may leave
/// the value out; `@k` at the end gives a key. Values are `null`, integers, `a,b` pairs, or words.
func history(_ text: String) -> History {
  var events: [Event] = []
  for line in text.split(separator: "\n") {
    var words = line.split(separator: " ").map(String.init)
    var key: Value?
    if let last = words.last, last.hasPrefix("@") {
      key = .string(String(last.dropFirst()))
      words.removeLast()
    }
    guard let type = EventType(rawValue: words[1]) else { preconditionFailure("\(line)") }
    events.append(
      Event(
        index: events.count, process: Int(words[0]).map { .client($0) } ?? .nemesis, type: type,
        f: words[2], key: key, value: words.count > 3 ? value(words[3]) : nil,
        line: events.count + 1))
  }
  return History(source: "test.jsonl", events: events)
}

private func value(_ word: String) -> Value {
  let parts = word.split(separator: ",").map { part -> Value in
    if part == "null" { return .null }
    return Int64(part).map { .integer($0) } ?? .string(String(part))
  }
  return parts.count == 1 ? parts[0] : .array(parts)
}

/// The judgement of a history that may be malformed, nil if it is. Any other error is one of the
/// checker, and is recorded.
func judged(_ history: History, _ options: CheckOptions) -> Judgement? {
  do throws(CheckError) {
    return try check(history, options)
  } catch {
    if case .history = error { return nil }
    Issue.record("\(error)\n\(dump(history))")
    return nil
  }
}

/// What a judgement says, without the details: for comparing with an oracle.
enum Answer: Equatable, CustomStringConvertible {
  case linearizable
  /// With the id of the first impossible operation.
  case violation(Int)
  case unknown

  var description: String {
    switch self {
    case .linearizable: "linearizable"
    case .violation(let operation): "violation by operation \(operation)"
    case .unknown: "unknown"
    }
  }
}

extension PartitionJudgement {
  // Where this is inlined the optimizer of Swift 6.3 loses track of the outcome and gives up.
  @inline(never) var answer: Answer {
    switch outcome {
    case .linearizable: .linearizable
    case .violation(let violation): .violation(violation.operation)
    case .unknown: .unknown
    }
  }

  var violation: Violation? {
    if case .violation(let violation) = outcome { violation } else { nil }
  }
}

/// A history as text, for messages of tests.
func dump(_ history: History) -> String {
  history.events.map { event in
    let process = if case .client(let number) = event.process { "\(number)" } else { "-" }
    return "\(process) \(event.type) \(event.f) \(event.value?.json ?? "-") "
      + (event.key?.json ?? "")
  }.joined(separator: "\n")
}

/// A number from the environment.
func environmentNumber(_ name: String) -> Int? {
  getenv(name).flatMap { Int(String(cString: $0)) }
}
