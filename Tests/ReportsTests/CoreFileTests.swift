import FoundationEssentials
import Histories
import Linearizability
import Randomness
import Reports
import Testing

/// The cores of violations that nobody made by hand, written as histories and judged again.
@Suite struct CoreFileTests {
  private static let histories =
    #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/histories"
  private static let folder = histories + "/good/"

  private struct Stored {
    var history: History
    var options: CheckOptions
  }

  private func stored(_ name: String) throws -> Stored {
    let history = try History.read(path: Self.folder + name)
    guard case .string(let model)? = history.header["model"] else {
      throw HistoryError(file: name, message: "has no model")
    }
    var options = CheckOptions(model: model, initial: history.header["initial"] ?? .null)
    if case .string(let name)? = history.header["failed-cas"] {
      options.failedCAS = try #require(FailedCAS(rawValue: name))
    }
    return Stored(history: history, options: options)
  }

  /// The history with the value of one completion in place of another's of the same function.
  private func mutated(_ history: History, _ random: inout SeededRandom) -> History? {
    var events = Array(history.events)
    let candidates = events.indices.filter { events[$0].type == .ok && events[$0].value != nil }
    guard let place = candidates.randomElement(using: &random) else { return nil }
    let others = candidates.filter {
      events[$0].f == events[place].f && events[$0].key == events[place].key
        && events[$0].value != events[place].value
    }
    guard let other = others.randomElement(using: &random) else { return nil }
    events[place].value = events[other].value
    return History(source: "mutated", header: history.header, events: events)
  }

  private func read(_ text: String) throws -> History {
    let file = FileManager.default.temporaryDirectory.appending(
      path: "faultline-core-\(UUID().uuidString).jsonl")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(text.utf8).write(to: file)
    return try History.read(path: file.path)
  }

  /// What it wrote stands only in its completion, which the core leaves out.
  @Test func aWriteThatIsTakenAsCrashedWroteWhatItSaid() throws {
    let path = Self.histories + "/bad/wrote-another-value.jsonl"
    let history = try History.read(path: path)
    let options = CheckOptions(model: "cas-register")
    let findings = Findings(history: history, judgement: try check(history, options))
    guard case .violation(let violation) = findings.judgement.partitions[0].outcome,
      let core = violation.core
    else {
      Issue.record("no core: \(findings.judgement)")
      return
    }
    #expect(core.members.contains { $0.operation == 5 && $0.isCrashed }, "\(core)")
    let text = try #require(CoreHistory.text(findings, initial: .null))
    #expect(try check(try read(text), options).verdict == .violation, "\(text)")
  }

  @Test func theCoresOfMutatedHistoriesAreViolations() throws {
    var random = SeededRandom(seed: 411)
    var tally: [String: Int] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: Self.folder).sorted() {
      let stored = try stored(name)
      for _ in 0..<12 {
        guard let history = mutated(stored.history, &random) else { continue }
        let judgement: Judgement
        do {
          judgement = try check(history, stored.options)
        } catch CheckError.history {
          // A transaction that did what another one was asked for.
          #expect(stored.options.model == "multi-register")
          continue
        }
        let findings = Findings(history: history, judgement: judgement)
        guard judgement.verdict == .violation,
          let text = CoreHistory.text(
            findings, initial: stored.options.initial, failedCAS: stored.options.failedCAS)
        else { continue }
        let core = try read(text)
        #expect(
          try check(core, stored.options).verdict == .violation, "\(name): \(text)")
        tally[stored.options.model, default: 0] += 1
      }
    }
    #expect(tally.count >= 8 && tally.values.reduce(0, +) >= 60, "\(tally)")
  }
}
