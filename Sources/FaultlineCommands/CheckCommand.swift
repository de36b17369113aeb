import ArgumentParser
import Glibc
import Histories
import Linearizability
import Reports
import Runner
import Workloads

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Judge recorded histories.",
    discussion: """
      Each input is a history, '-' for standard input, or the folder of a stored run. Histories are \
      JSON lines, one JSON array, Jepsen's EDN or its console lines, plain or compressed. All are judged, and the exit status is that of the worst: violation, \
      then malformed, then unknown.
      """)

  @Argument(help: ArgumentHelp("Histories, stored runs, or '-'.", valueName: "file"))
  var inputs: [String]

  @OptionGroup var modelOptions: ModelOptions

  @Option(
    help: ArgumentHelp("The time that each search may take.", valueName: "duration"),
    transform: ArgumentText.duration)
  var timeLimit: Duration = .seconds(60)

  @Option(
    help: ArgumentHelp(
      "The memory that searches may take; a quarter of the machine's.", valueName: "size"),
    transform: ArgumentText.size)
  var memoryLimit: Int = Machine.memory / 4

  @Option(help: "How many keys are judged at a time; as many as there are processors.")
  var jobs: Int = Machine.processors

  @OptionGroup var notation: InputOptions

  @Flag(help: "Let a history without any successful operation pass.")
  var allowEmpty = false

  @Option(help: "How results are printed: text or json.")
  var format: OutputFormat = .text

  @Option(help: ArgumentHelp("Write an HTML report of the input there.", valueName: "file.html"))
  var report: String?

  @Option(
    help: ArgumentHelp(
      "Write the smallest part that is a violation by itself there, as a history.",
      valueName: "file.jsonl"))
  var core: String?

  func validate() throws {
    if (report != nil || core != nil) && inputs.count != 1 {
      throw ValidationError("--report and --core take exactly one input")
    }
  }

  func run() throws {
    var statuses: [ExitStatus] = []
    for input in inputs {
      do {
        statuses.append(try judge(input))
      } catch let failure as Failure {
        failure.print()
        statuses.append(failure.status)
      }
    }
    throw ExitCode(ExitStatus.merged(statuses).rawValue)
  }

  private func judge(_ input: String) throws -> ExitStatus {
    let history = try StoredHistory.read(input, notation)
    var options = try modelOptions.checkOptions(history, input)
    options.timeLimit = timeLimit
    options.memoryLimit = memoryLimit
    options.allowEmpty = allowEmpty
    options.jobs = max(1, jobs)
    let judgement: Judgement
    do throws(CheckError) {
      judgement = try check(history, options)
    } catch {
      throw Failure(error)
    }
    let findings = Findings(history: history, judgement: judgement)
    var status: ExitStatus =
      switch judgement.verdict {
      case .linearizable: .linearizable
      case .violation: .violation
      case .unknown: .unknown
      }
    switch format {
    case .text:
      for line in VerdictText(findings, style: Output.style(STDOUT_FILENO)).lines() {
        Output.result(line)
      }
    case .json: Output.result(ResultsDocument(findings, exitCode: status.rawValue).text())
    }
    for (path, text) in [
      (report, { HTMLReport(findings).text() }),
      (
        core, { CoreHistory.text(findings, initial: options.initial, failedCAS: options.failedCAS) }
      ),
    ] as [(String?, () -> String?)] {
      guard let path, let text = text() else { continue }
      do {
        try StoredHistory.write(text, to: path)
      } catch let failure as Failure {
        // Told, but never instead of a violation.
        failure.print()
        status = .merged([status, failure.status])
      }
    }
    return status
  }
}

extension Failure {
  init(_ error: CheckError) {
    switch error {
    case .history(let error): self.init(error)
    case .unknownModel, .invalidOption: self.init(.usage, "\(error)")
    case .internalError, .brokenModel: self.init(.bug, "\(error)")
    }
  }

  init(_ error: HistoryError) {
    self.init(error.kind == .unreadable ? .noInput : .malformedInput, "\(error)")
  }
}
