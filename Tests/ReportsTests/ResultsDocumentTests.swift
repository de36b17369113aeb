import FoundationEssentials
import Histories
import Linearizability
import Reports
import Testing

@Suite struct ResultsDocumentTests {
  private struct Document: Decodable {
    struct Verdicts: Decodable { var property, evidence, harness: String }
    struct Event: Decodable { var index, line: Int }
    struct Operation: Decodable {
      var f: String
      var result: Int
      var completion: Event
    }
    struct Violation: Decodable {
      var operation: Operation
      var explanation, possibleStates: [String]
    }
    struct Partition: Decodable {
      var key: String?
      var verdict: String
      var violation: Violation?
    }
    struct Judgement: Decodable {
      var model: String
      var durationNs: Int
      var partitions: [Partition]
    }
    struct Interval: Decodable { var ok: [String: Int] }
    struct Evidence: Decodable {
      var sufficient: Bool
      var intervals: [Interval]
    }
    struct Fault: Decodable {
      var fault: Int
      var verified, healed: Bool
    }
    struct Function: Decodable { var ok, fail, info: Int }
    struct Statistics: Decodable { var functions: [String: Function] }
    var schemaVersion, exitCode: Int
    var verdicts: Verdicts
    var judgement: Judgement
    var evidence: Evidence?
    var faults: [Fault]
    var statistics: Statistics
    var files: [String: String]
  }

  private func decode(_ text: String) throws -> Document {
    try JSONDecoder().decode(Document.self, from: Data(text.utf8))
  }

  @Test func holdsWhatWasFound() throws {
    let text = ResultsDocument(
      SyntheticRun(stale: true).findings, exitCode: 1, files: ["report": "report.html"]
    ).text()
    let document = try decode(text)
    #expect(document.schemaVersion == 1)
    #expect(document.exitCode == 1)
    #expect(document.verdicts.property == "violation")
    #expect(document.verdicts.evidence == "sufficient")
    #expect(document.verdicts.harness == "ok")
    #expect(document.judgement.durationNs == 182_000_000)
    let broken = document.judgement.partitions.filter { $0.violation != nil }
    #expect(broken.map(\.key) == ["k3"])
    #expect(broken.first?.violation?.operation.f == "read")
    #expect(broken.first?.violation?.operation.result == 87)
    #expect(document.faults.map(\.fault) == Array(1...8))
    #expect(document.faults.allSatisfy { $0.verified && $0.healed })
    #expect(document.evidence?.intervals.count == 10)
    #expect(document.statistics.functions.keys.sorted() == ["cas", "read", "write"])
    #expect(document.files == ["report": "report.html"])
  }

  @Test func historyAloneIsNotJudgedOnTheRest() throws {
    let document = try decode(ResultsDocument(SmallRun().findings(), exitCode: 1).text())
    #expect(document.verdicts.evidence == "not judged")
    #expect(document.verdicts.harness == "not judged")
    #expect(document.evidence == nil)
    #expect(document.judgement.partitions[0].violation?.operation.completion.line == 9)
    #expect(document.judgement.partitions[0].violation?.possibleStates == ["2", "3"])
  }

  @Test func hostileStringsComeThroughUnchanged() throws {
    let nasty = "\u{0}\u{1b}\"\\\n\u{2028}</script>é\u{1f}\u{7f}"
    let small = SmallRun(key: .string(nasty))
    let text = ResultsDocument(small.findings(), exitCode: 1, files: [nasty: nasty]).text()
    let document = try decode(text)
    #expect(document.judgement.partitions[0].key == nasty)
    #expect(document.files == [nasty: nasty])
  }

  @Test func keysAreSortedAndNumbersFinite() throws {
    let small = SmallRun(first: .double(.infinity))
    let text = ResultsDocument(small.findings(), exitCode: 1).text()
    #expect(text.contains(#""result":"inf""#))
    let keys = [
      "exitCode", "faults", "files", "judgement", "schemaVersion", "statistics", "tool", "verdicts",
    ]
    let places = keys.map { text.firstRange(of: "\"\($0)\":")?.lowerBound }
    #expect(places.allSatisfy { $0 != nil })
    #expect(places.compactMap(\.self) == places.compactMap(\.self).sorted())
    #expect(text.hasSuffix("}\n"))
  }
}
