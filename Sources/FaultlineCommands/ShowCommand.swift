import ArgumentParser
import Glibc
import Histories
import Reports

struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Print a history for people.")

  @Argument(help: ArgumentHelp("A history, a stored run, or '-'.", valueName: "file"))
  var input: String

  @OptionGroup var notation: InputOptions

  func run() throws {
    let history = try StoredHistory.read(input, notation)
    var text = ""
    HistoryText.write(history, style: Output.style(STDOUT_FILENO)) { line in
      text += line + "\n"
      if text.utf8.count > 1 << 16 {
        Output.write(text, to: STDOUT_FILENO)
        text = ""
      }
    }
    Output.write(text, to: STDOUT_FILENO)
  }
}
