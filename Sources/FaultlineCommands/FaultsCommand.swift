import ArgumentParser
import Cluster
import Histories
import Nemesis
import Reports
import Runner

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
    lines.append("target: \(kind.targets)")
    lines += kind.parameters.map { "\($0.name): \($0.summary)\($0.domain.shown)\($0.shownDefault)" }
    return lines + needs(of: kind) + [""] + commands(of: kind)
  }

  /// The tests of what it needs, and of what it needs with other settings than the usual ones.
  private func needs(of kind: FaultKind) -> [String] {
    let usual = kind.needs(FaultSettings(kind))
    var lines = usual.isEmpty ? [] : ["needs on a node:"]
    lines += usual.flatMap(shown)
    for parameter in kind.parameters {
      guard case .choice(let choices) = parameter.domain else { continue }
      for choice in choices {
        let settings = FaultSettings(kind, [parameter.name: .string(choice)])
        let others = kind.needs(settings).filter { !usual.contains($0) }
        guard !others.isEmpty else { continue }
        lines += ["needs on a node with \(parameter.name) = \(choice):"] + others.flatMap(shown)
      }
    }
    return lines
  }

  private func shown(_ need: NodeNeed) -> [String] {
    let lines = textLines(need.test).map { "  \($0)" }
    return need.isOfRunningTarget ? ["  # where the target runs"] + lines : lines
  }

  /// What it runs for the first node of a cluster of five, and how that differs where the user gives
  /// commands that need not be given.
  private func commands(of kind: FaultKind) -> [String] {
    let example = ExampleFault(kind)
    let usual = example.scripts(given: kind.commands { $0 == nil })
    let optional = kind.commands { $0 == .string("") }
    let others = example.scripts(given: kind.commands { $0 == nil || $0 == .string("") })
    let condition = ", where the command '\(optional.joined(separator: "' or '"))' is given"
    return usual.flatMap { shown($0) }
      + others.filter { !usual.contains($0) }.flatMap { shown($0, condition) }
      + ["# node.sh on n1, as far as these use it"]
      + textLines(example.library.called(by: (usual + others).map(\.body)))
  }

  private func shown(_ script: NodeScript, _ condition: String = "") -> [String] {
    ["# \(script.purpose), for n1\(condition)"] + textLines(script.body)
  }
}

private func textLines(_ text: String) -> [String] {
  text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
}

/// A fault on the first node of a cluster of five, whose target has the names of its commands for
/// commands.
private struct ExampleFault {
  let kind: FaultKind
  private let nodes = (1...5).map { Node(name: "n\($0)", host: "192.0.2.\($0)") }

  init(_ kind: FaultKind) { self.kind = kind }

  private var target: Target {
    var target = Target.none
    target.start = named("start")
    target.pid = named("pid")
    target.configure = named("configure")
    target.members = named("members")
    target.leave = named("leave")
    target.join = named("join")
    return target
  }

  var library: NodeLibrary { NodeLibrary(target, on: nodes[0], among: nodes) }

  /// What runs where these commands are given.
  func scripts(given: [String]) -> [NodeScript] {
    let settings = given.map { ($0, Value.string(named($0))) }
    let plan = FaultPlan(
      kind, FaultSettings(kind, Dictionary(uniqueKeysWithValues: settings)),
      target: .named(["n1"]), after: nil, every: .seconds(1), lasting: .seconds(1))
    let facts = nodes.map { node in
      var facts = NodeFacts(unseen: node)
      facts.controlAddress = "192.0.2.100"
      return facts
    }
    let scripts = FaultScripts(owner: "this run", target: target, nodes: nodes, facts: facts)
    return FaultLanes.examples(of: plan, lane: 0, nodes: nodes, seed: 1).prefix(1).flatMap {
      scripts.life(of: $0, on: nodes[0])
    }
  }
}

/// Does nothing, and shows where a command runs that the user gives.
private func named(_ command: String) -> String { ": the command '\(command)'" }

extension FaultKind {
  /// On which nodes it may be, for people.
  fileprivate var targets: String {
    let selectors =
      TargetSelector.byName.map(\.name).joined(separator: ", ") + ", role:NAME, or a list of nodes"
    guard reach == .shape else { return selectors }
    return selectors + "; the shape \"targets\" cuts them off, others must be about as many"
  }

  /// The parameters that are commands, by their default.
  fileprivate func commands(where isWanted: (Value?) -> Bool) -> [String] {
    parameters.filter { parameter in
      if case .text = parameter.domain { isWanted(parameter.fallback) } else { false }
    }.map(\.name)
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
