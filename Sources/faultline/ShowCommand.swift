import ArgumentParser
import Glibc
import Histories
import Reports

struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Print a history for people.")

  @Argument(help: ArgumentHelp("A history, a stored run, or '-'.", valueName: "file"))
  var input: String

  func run() throws {
    let history = try StoredHistory.read(input)
    HistoryText.write(history, style: Output.style(STDOUT_FILENO)) { Output.result($0) }
    if history.lastLineIsPartial {
      Output.error("note: the last line was cut off in the middle, as by a kill; it is not shown")
    }
  }
}
