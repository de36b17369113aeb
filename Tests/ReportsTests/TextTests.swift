import Checkers
import Histories
import Linearizability
import Reports
import Testing
import FoundationEssentials

@Suite struct Dump {
  @Test func dump() throws {
    let f = SyntheticRun(stale: true).findings
    try HTMLReport(f).text().write(toFile: "/tmp/rep/bad.html", atomically: false, encoding: .utf8)
    try HTMLReport(SyntheticRun(stale: false).findings).text().write(toFile: "/tmp/rep/good.html", atomically: false, encoding: .utf8)
  }
}
