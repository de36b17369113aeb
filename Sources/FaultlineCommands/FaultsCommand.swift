import ArgumentParser
import Cluster
import Nemesis
import Reports

struct FaultsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "faults", abstract: "List the faults, or explain one with the commands it runs.")

  @Argument(help: ArgumentHelp("Explain this one.", valueName: "name"))
  var name: String?

  func run() throws {
    guard let name else {
      let width = FaultKind.all.map(\.name.count).max() ?? 0
      for kind in FaultKind.all {
        let padding = String(repeating: " ", count: width - kind.name.count + 2)
        Output.result(kind.name + padding + kind.summary)
      }
      Output.result("\nfaultline faults NAME explains one and prints the commands that it runs.")
      return
    }
    for line in explanation(of: try FaultKind.required(name)) { Output.result(line) }
  }

  private func explanation(of kind: FaultKind) -> [String] {
    var lines = ["\(kind.name): \(kind.summary)", ""] + wrapped(kind.details) + [""]
    if kind.reach != .shape {
      let selectors = TargetSelector.byName.map(\.name).joined(separator: ", ")
      lines.append("target: \(selectors), or a list of nodes")
    }
    for parameter in kind.parameters {
      lines.append("\(parameter.name): \(parameter.summary)\(parameter.domain.shown)")
    }
    if !kind.needs.isEmpty { lines.append("needs on a node:") }
    lines += kind.needs.map { "  \($0.test)" }
    return lines + [""] + commands(of: kind)
  }

  /// What it runs on the first node of a cluster of five.
  private func commands(of kind: FaultKind) -> [String] {
    let nodes = (1...5).map { Node(name: "n\($0)", host: "192.0.2.\($0)") }
    let facts = nodes.map { node in
      var facts = NodeFacts(unseen: node)
      facts.controlAddress = "192.0.2.100"
      return facts
    }
    let scripts = FaultScripts(target: .none, nodes: nodes, facts: facts)
    let plan = FaultPlan(
      kind, target: .named(["n1"]), after: nil, every: .seconds(1), lasting: .seconds(1))
    guard let fault = FaultLanes.examples(of: plan, lane: 0, nodes: nodes, seed: 1).first else {
      return []
    }
    return FaultStep.allCases.flatMap { step in
      let script = scripts.script(step, of: fault, on: nodes[0])
      return ["# \(script.purpose), on n1"]
        + script.body.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
  }
}

/// The text in lines that fit the usual terminal.
private func wrapped(_ text: String) -> [String] {
  var lines: [String] = []
  for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
    lines.append("")
    for word in paragraph.split(separator: " ") {
      let last = lines[lines.count - 1]
      if last.count + 1 + word.count > 80, !last.isEmpty {
        lines.append(String(word))
      } else {
        lines[lines.count - 1] += last.isEmpty ? String(word) : " " + word
      }
    }
  }
  return lines
}

extension FaultKind {
  /// The kind of this name.
  static func required(_ name: String) throws -> FaultKind {
    guard let kind = named(name) else {
      throw Failure(.usage, "there is no fault '\(name)'; 'faultline faults' lists them")
    }
    return kind
  }
}

extension FaultParameter.Domain {
  /// What values it takes, for people.
  var shown: String {
    switch self {
    case .choice(let choices), .choices(let choices): ": " + choices.joined(separator: ", ")
    case .integer(let range): ", from \(range.lowerBound) to \(range.upperBound)"
    case .duration(let range): ", from \(range.lowerBound)ms to \(range.upperBound)ms"
    case .text: ""
    }
  }
}
