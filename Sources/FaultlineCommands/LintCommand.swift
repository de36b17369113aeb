import ArgumentParser
import Checkers
import Histories
import Linearizability
import Reports

struct LintCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lint",
    abstract: "Find what makes a history invalid, or a verdict on it meaningless.",
    discussion: """
      Prints every error of a history instead of the first, those included that only its model knows, \
      where one is named; then warnings: operations that failed \
      for a reason that does not say that they had no effect, reads without a value, clocks that run \
      backwards, nothing that succeeded; and notes on what makes judging slow. The exit status is 65 \
      if there are errors, 1 if there are warnings, else 0.
      """)

  @Argument(help: ArgumentHelp("Histories, stored runs, or '-'.", valueName: "file"))
  var inputs: [String]

  @OptionGroup var modelOptions: ModelOptions

  @OptionGroup var notation: InputOptions

  @Option(help: "How findings are printed: text or json.")
  var format: OutputFormat = .text

  func run() throws {
    var statuses: [ExitStatus] = []
    for input in inputs {
      do {
        statuses.append(try lint(input))
      } catch let failure as Failure {
        failure.print()
        statuses.append(failure.status)
      }
    }
    throw ExitCode((statuses.max { $0.rawValue < $1.rawValue } ?? .linearizable).rawValue)
  }

  private func lint(_ input: String) throws -> ExitStatus {
    let path = StoredHistory.path(input)
    var (history, problems) = History.problems(
      path: path, format: notation.inputFormat, keyed: notation.keyed)
    if let history, problems.isEmpty { problems = try modelProblems(history, input) }
    let findings =
      if let history, problems.isEmpty { try Lint.findings(in: history) } else {
        [Lint.Finding]()
      }
    show(problems, findings, history, path)
    if let problem = problems.first {
      return problem.kind == .unreadable ? .noInput : .malformedInput
    }
    return findings.contains { $0.severity == .warning } ? .violation : .linearizable
  }

  /// What does not fit the model, if one is named.
  private func modelProblems(_ history: History, _ input: String) throws -> [HistoryError] {
    guard modelOptions.namesModel(of: history) else { return [] }
    let options = try modelOptions.checkOptions(history, input)
    do throws(CheckError) {
      return try Linearizability.problems(in: history, options)
    } catch {
      throw Failure(error)
    }
  }

  private func show(
    _ problems: [HistoryError], _ findings: [Lint.Finding], _ history: History?, _ path: String
  ) {
    if format == .json {
      Output.result(document(problems, findings, history, path).json)
      return
    }
    for problem in problems { Output.result("\(problem)") }
    for finding in findings {
      let place = line(of: finding, in: history).map { ":\($0)" } ?? ""
      let times = finding.count > 1 ? " (\(finding.count) times)" : ""
      Output.result(
        "\(path.shown(limit: 4096))\(place): \(finding.severity.rawValue): \(finding.message)\(times)"
      )
    }
    if problems.isEmpty, findings.isEmpty {
      Output.result("\(path.shown(limit: 4096)): nothing found")
    }
  }

  private func line(of finding: Lint.Finding, in history: History?) -> Int? {
    finding.event.flatMap { history?.events[$0].line }
  }

  private func document(
    _ problems: [HistoryError], _ findings: [Lint.Finding], _ history: History?, _ path: String
  ) -> Value {
    func entry(_ severity: String, _ message: String, _ line: Int?, _ column: Int?, _ count: Int)
      -> Value
    {
      var fields: [String: Value] = [
        "severity": .string(severity), "message": .string(message), "count": .integer(Int64(count)),
      ]
      fields["line"] = line.map { .integer(Int64($0)) }
      fields["column"] = column.map { .integer(Int64($0)) }
      return .object(fields)
    }
    let errors = problems.map { entry("error", $0.message, $0.line, $0.column, 1) }
    let rest = findings.map {
      entry($0.severity.rawValue, $0.message, line(of: $0, in: history), nil, $0.count)
    }
    return .object(["source": .string(path), "findings": .array(errors + rest)])
  }
}
