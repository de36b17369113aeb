import Checkers
import Histories
import Linearizability
import Reports
import Testing

@Suite struct Dump {
  @Test func dump() {
    let f = SyntheticRun(stale: true).findings
    print(VerdictText(f, style: .plain).lines().joined(separator: "\n"))
    var n = 0
    HistoryText.write(f.history, style: .plain) { line in n += 1; if n < 12 || (4000..<4006).contains(n) || line.contains("──") && n < 1000 { print(line) } }
    print(f.statistics.total, f.history.events.count)
  }
}
