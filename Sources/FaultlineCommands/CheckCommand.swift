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

  @Option(
    help: ArgumentHelp(
      "The model: \(ModelCatalog.entries.map(\.name).joined(separator: ", ")).",
      discussion: "Needed where a history's header names none."))
  var model: String?

  @Option(
    help: ArgumentHelp("The value at first, as JSON; the header's, else null.", valueName: "json"))
  var initial: String?

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

  @Flag(help: "Judge the history as one object, whatever the keys.")
  var noPartition = false

  @Option(help: "What a read of null saw: that nothing is there (observed), or nothing (unknown).")
  var nullRead: NullRead = .observed

  @Option(
    help: ArgumentHelp(
      "What a cas that failed tells: nothing (ignore), or that there was another value than it expected (observe).",
      discussion: "The header's where none is given, else ignore."),
    transform: ArgumentText.failedCAS)
  var failedCas: FailedCAS?

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

  enum NullRead: String, ExpressibleByArgument, CaseIterable {
    case observed, unknown
  }

  func validate() throws {
    if (report != nil || core != nil) && inputs.count != 1 {
      throw ValidationError("--report and --core take exactly one input")
    }
    if let model, ModelCatalog.entry(named: model) == nil {
      throw ValidationError(
        "there is no model '\(model)'; there are "
          + ModelCatalog.entries.map(\.name).joined(separator: ", "))
    }
  }

  func run() throws {
    let initial = try initialValue()
    var statuses: [ExitStatus] = []
    for input in inputs {
      do {
        statuses.append(try judge(input, initial))
      } catch let failure as Failure {
        failure.print()
        statuses.append(failure.status)
      }
    }
    throw ExitCode(ExitStatus.merged(statuses).rawValue)
  }

  /// What was given; nil where it is to come from the history's header.
  private func initialValue() throws -> Value? {
    guard let initial else { return nil }
    do {
      return try Value(json: Array(initial.utf8))
    } catch {
      throw ValidationError("--initial is not JSON: \(error); a string needs quotes: '\"a\"'")
    }
  }

  private func judge(_ input: String, _ initial: Value?) throws -> ExitStatus {
    let history = try StoredHistory.read(input, notation)
    let options = CheckOptions(
      model: try model(for: history, input), initial: initial ?? history.header["initial"] ?? .null,
      timeLimit: timeLimit,
      memoryLimit: memoryLimit, partition: !noPartition,
      nullReadsAreUnknown: nullRead == .unknown, failedCAS: try failedCAS(history, input),
      allowEmpty: allowEmpty, jobs: jobs)
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

  private func failedCAS(_ history: History, _ input: String) throws -> FailedCAS {
    if let failedCas { return failedCas }
    guard let name = history.header["failed-cas"] else { return .ignore }
    guard case .string(let text) = name, let meaning = FailedCAS(rawValue: text) else {
      throw Failure(
        .malformedInput,
        "\(input):1: error: \"failed-cas\" must be ignore or observe; found \(name.shown(limit: 40))"
      )
    }
    return meaning
  }

  private func model(for history: History, _ input: String) throws -> String {
    if let model { return model }
    let names = ModelCatalog.entries.map(\.name).joined(separator: ", ")
    guard case .string(let name)? = history.header["model"] else {
      throw Failure(
        .usage, "\(input): the history names no model; give --model with one of \(names)")
    }
    guard ModelCatalog.entry(named: name) != nil else {
      throw Failure(
        .malformedInput,
        "\(input):1: error: there is no model \(Value.string(name).shown()); there are \(names)")
    }
    return name
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
