import ArgumentParser
import Histories
import Linearizability

struct ModelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models", abstract: "List the models, or explain one.",
    discussion: """
      A model says what an object may do when its operations run one after another. Give its name \
      to --model, or put it into a history's header.
      """)

  @Argument(help: ArgumentHelp("Explain this one.", valueName: "name"))
  var name: String?

  @Option(help: "How they are printed: text or json.")
  var format: OutputFormat = .text

  func run() throws {
    guard let name else {
      show(ModelCatalog.entries)
      return
    }
    guard let entry = ModelCatalog.entry(named: name) else {
      throw Failure(CheckError.unknownModel(name, known: ModelCatalog.entries.map(\.name)))
    }
    switch format {
    case .text: Output.result(explanation(of: entry))
    case .json: Output.result(document(of: entry).json)
    }
  }

  private func show(_ entries: [ModelCatalog.Entry]) {
    switch format {
    case .json: Output.result(Value.array(entries.map(document)).json)
    case .text:
      let width = entries.map(\.name.count).max() ?? 0
      for entry in entries {
        let padding = String(repeating: " ", count: width - entry.name.count + 2)
        Output.result(entry.name + padding + entry.summary)
      }
      Output.result("\nfaultline models NAME says what its operations are.")
    }
  }

  private func explanation(of entry: ModelCatalog.Entry) -> String {
    var lines = ["\(entry.name): \(entry.summary)", ""]
    if let functions = entry.functions {
      lines.append("operations: f, the value of its invocation, the value of its ok")
      let rows = functions.map { function in
        [function.name, shown(function.argument), shown(function.result)]
      }
      let widths = [0, 1].map { column in rows.map { $0[column].count }.max() ?? 0 }
      for row in rows {
        let cells = zip(row, widths).map { cell, width in
          cell + String(repeating: " ", count: width - cell.count)
        }
        lines.append("  " + cells.joined(separator: "   ") + "   " + row[2])
      }
      lines.append("")
    }
    lines.append("initial:    \(entry.initial)")
    lines.append("complexity: \(entry.complexity)")
    return lines.joined(separator: "\n")
  }

  private func shown(_ text: String) -> String { text.isEmpty ? "-" : text }

  private func document(of entry: ModelCatalog.Entry) -> Value {
    let functions = entry.functions.map { functions in
      Value.array(
        functions.map { function in
          .object([
            "f": .string(function.name), "argument": .string(function.argument),
            "result": .string(function.result),
          ])
        })
    }
    return .object([
      "name": .string(entry.name), "summary": .string(entry.summary),
      "functions": functions ?? .null, "initial": .string(entry.initial),
      "complexity": .string(entry.complexity),
    ])
  }
}
