import Histories
import Reports
import Testing

@Suite struct HistoryTextTests {
  private func lines(_ history: History, style: Style = .plain) -> [String] {
    var lines: [String] = []
    HistoryText.write(history, style: style) { lines.append($0) }
    return lines
  }

  @Test func columnsAreAligned() {
    #expect(
      lines(SmallRun(key: .string("k1")).history) == [
        "  index         time  process  node  type    f      key   value",
        "      0      0.000 s        0  n1    invoke  write  \"k1\"  1",
        "      1      0.002 s        0  n1    ok      write  \"k1\"  1",
        "      2      0.003 s  ── nemesis partition on n1 · inject · fault 1 ──",
        "      3      0.005 s        3  n1    invoke  write  \"k1\"  3",
        "      4      0.006 s        1  n1    invoke  write  \"k1\"  2",
        "      5      0.008 s        1  n1    ok      write  \"k1\"  2",
        "      6      0.009 s  ── nemesis partition on n1 · verified · fault 1 ──",
        "      7      0.011 s        2  n1    invoke  read   \"k1\"",
        "      8      0.012 s        2  n1    ok      read   \"k1\"  1",
        "      9      0.014 s        3  n1    info    write  \"k1\"  3  error: n1",
      ])
  }

  @Test func headerFieldsAndATornEndAreShown() {
    let event = Event(
      index: 5, process: .client(1), type: .ok, f: "read", fields: ["revision": .integer(7)])
    let shown = lines(
      History(
        source: "-", header: ["faultline": .integer(1)], events: [event], lastLineIsPartial: true))
    #expect(shown[0] == "header {\"faultline\":1}")
    #expect(shown[2] == "      5            -        1        ok      read          revision=7")
    #expect(shown[3] == "The last line was cut off in the middle and is left out.")
  }

  @Test func absentAndNullValuesDiffer() {
    let events = [nil, Value.null].map {
      Event(index: 0, process: .client(1), type: .ok, f: "read", value: $0)
    }
    let shown = lines(History(source: "-", events: events))
    #expect(shown[1].hasSuffix("read"))
    #expect(shown[2].hasSuffix("  null"))
  }

  @Test func everythingIsBoundedAndEscaped() {
    let nasty = "\u{1b}]0;x\u{7}\u{2028}\u{202e}" + String(repeating: "y", count: 100_000)
    let event = Event(
      index: 0, process: .other(nasty), type: .info, f: nasty, key: .string(nasty),
      value: .string(nasty), error: .string(nasty), node: nasty,
      fields: [nasty: .string(nasty), "targets": .array([.string(nasty)])])
    var client = event
    client.process = .client(1)
    for line in lines(History(source: "-", events: [event, client])) {
      #expect(line.count < 2000)
      #expect(!line.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202e })
      #expect(!line.unicodeScalars.contains { $0.value == 0x2028 })
    }
  }

  @Test func outputErrorsEndTheWriting() {
    struct Full: Error {}
    var written = 0
    #expect(throws: Full.self) {
      try HistoryText.write(SmallRun().history, style: .plain) { _ throws(Full) in
        written += 1
        if written == 3 { throw Full() }
      }
    }
    #expect(written == 3)
  }
}
