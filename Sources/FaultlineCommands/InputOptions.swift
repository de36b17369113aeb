import ArgumentParser
import Histories

/// How histories are to be read.
struct InputOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The notation of the input: json, edn or jepsen-log.",
      discussion: "It is told by the first bytes where none is given."),
    transform: Self.format)
  var inputFormat: HistoryFormat?

  @Flag(help: "Take [key, value] pairs, as Jepsen's independent workloads write, for keys.")
  var keyed = false

  private static func format(_ text: String) throws -> HistoryFormat {
    guard let format = HistoryFormat(rawValue: text) else {
      throw ValidationError(
        "there is no format '\(text)'; there are "
          + HistoryFormat.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return format
  }
}
