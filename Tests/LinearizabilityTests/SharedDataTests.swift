import FoundationEssentials
import Histories
import Linearizability
import Testing

/// Histories of other checkers with known verdicts, where they are at hand: in the folder that
/// `FAULTLINE_SHARED_DATA` names, or in `../shared/data` beside the package.
@Suite struct SharedDataTests {
  static let folder =
    ProcessInfo.processInfo.environment["FAULTLINE_SHARED_DATA"] ?? packageRoot + "/../shared/data"

  struct Log: Sendable, CustomTestStringConvertible {
    var path: String
    var isValid: Bool
    var testDescription: String { path }
  }

  /// The etcd logs that Porcupine is tested with, from the index of the folder.
  static let logs: [Log] = {
    guard let bytes = FileManager.default.contents(atPath: folder + "/INDEX.tsv") else {
      print("SharedDataTests: skipped, there is no \(folder)/INDEX.tsv; set FAULTLINE_SHARED_DATA")
      return []
    }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
      let columns = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard columns.count > 4, columns[0].hasPrefix("porcupine/jepsen/") else { return nil }
      return Log(path: String(columns[0]), isValid: columns[4] == "valid")
    }
  }()

  @Test(
    .enabled(if: !logs.isEmpty, "there is no \(folder)"),
    arguments: logs)
  func etcdLog(log: Log) throws {
    let bytes = try #require(FileManager.default.contents(atPath: Self.folder + "/" + log.path))
    let history = try parse(String(decoding: bytes, as: UTF8.self), source: log.path)
    let judgement = try check(history, CheckOptions(model: "cas-register"))
    #expect(judgement.verdict == (log.isValid ? .linearizable : .violation))
  }

  @Test(.enabled(if: !logs.isEmpty, "there is no \(folder)"))
  func bothVerdictsOccur() {
    #expect(Self.logs.contains { $0.isValid } && Self.logs.contains { !$0.isValid })
  }

  struct UnknownLine: Error {
    var place: String
  }

  /// Lines such as `INFO  jepsen.util - 3 :invoke :cas [1 2]`; any other line is an error.
  private func parse(_ text: String, source: String) throws -> History {
    var events: [Event] = []
    for (number, line) in text.split(separator: "\n").enumerated() {
      let words = line.split { " \t[]".contains($0) }.map(String.init)
      guard words.count >= 7, words[0...2] == ["INFO", "jepsen.util", "-"],
        let process = Int(words[3]), let type = EventType(rawValue: String(words[4].dropFirst())),
        ["read", "write", "cas"].contains(words[5].dropFirst())
      else { throw UnknownLine(place: "\(source):\(number + 1)") }
      events.append(
        Event(
          index: events.count, process: .client(process), type: type,
          f: String(words[5].dropFirst()), value: try value(words[6...], "\(source):\(number + 1)"),
          line: number + 1))
    }
    return History(source: source, events: events)
  }

  private func value(_ words: ArraySlice<String>, _ place: String) throws -> Value? {
    if words == [":timed-out"] { return nil }
    if words == ["nil"] { return .null }
    let numbers = words.compactMap { Int64($0) }.map { Value.integer($0) }
    guard numbers.count == words.count else { throw UnknownLine(place: place) }
    return numbers.count == 1 ? numbers[0] : .array(numbers)
  }
}
