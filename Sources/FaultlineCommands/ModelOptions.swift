import ArgumentParser
import Histories
import Linearizability
import Reports

/// The model that histories are judged under; where an option is not given, a history's header says it.
struct ModelOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The model: \(ModelCatalog.entries.map(\.name).joined(separator: ", ")).",
      discussion: "The header's where none is given."))
  var model: String?

  @Option(
    help: ArgumentHelp("The value at first, as JSON; the header's, else null.", valueName: "json"))
  var initial: String?

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

  enum NullRead: String, ExpressibleByArgument, CaseIterable {
    case observed, unknown
  }

  func validate() throws {
    if let model, ModelCatalog.entry(named: model) == nil {
      throw ValidationError(
        "there is no model '\(model)'; there are "
          + ModelCatalog.entries.map(\.name).joined(separator: ", "))
    }
    _ = try initialValue()
  }

  /// Whether a model is named for the history.
  func namesModel(of history: History) -> Bool { model != nil || history.header["model"] != nil }

  /// How to judge a history that was read from the input.
  func checkOptions(_ history: History, _ input: String) throws -> CheckOptions {
    CheckOptions(
      model: try model(for: history, input),
      initial: try initialValue() ?? history.header["initial"] ?? .null, partition: !noPartition,
      nullReadsAreUnknown: nullRead == .unknown, failedCAS: try failedCAS(history, input))
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
