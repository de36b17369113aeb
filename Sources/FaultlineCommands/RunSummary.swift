import Checkers
import Glibc
import Histories
import Reports
import Runner

/// What `run` prints on stdout at its end: the three judgements, and what to look at next.
struct RunSummary {
  private let result: RunJudgement
  private let plan: RunPlan
  private let directory: RunDirectory

  init(_ result: RunJudgement, plan: RunPlan, directory: RunDirectory) {
    self.result = result
    self.plan = plan
    self.directory = directory
  }

  func print() {
    if let findings = result.findings {
      let text = VerdictText(findings, style: Output.style(STDOUT_FILENO))
      for line in text.lines() { Output.result(line) }
    } else {
      Output.result("UNKNOWN  no history could be judged")
      for problem in result.harness.problems { Output.result("  " + problem.shown(limit: 2000)) }
    }
    for error in result.outputErrors { Output.result("output: \(error.shown(limit: 2000))") }
    if let bug = result.bug { Output.result("bug: \(bug.shown(limit: 2000))") }
    if result.interruption != nil { Output.result("interrupted, after healing") }
    Output.result("")
    if result.findings != nil { Output.result("report   \(directory.report)") }
    Output.result("history  \(directory.history)")
    Output.result("seed     \(plan.seed)")
    Output.result("exit     \(result.exitStatus.rawValue) \(result.exitStatus)")
  }
}
