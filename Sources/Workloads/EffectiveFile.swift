import Cluster
import Histories
import Nemesis

extension Workload {
  /// The workload as a file that gives the same run again: every default spelled out, the target
  /// inside, and the seed.
  public func effectiveFile(seed: UInt64) -> String {
    var file = TOMLWriter()
    file.field("name", name)
    file.field("model", model)
    file.field("seed", Int(seed))
    switch maximumAffectedNodes {
    case .count(let count): file.field("maximum-affected-nodes", count)
    case .minority: file.field("maximum-affected-nodes", "minority")
    case nil: break
    }
    if let maximumFaults { file.field("maximum-faults", maximumFaults) }
    if let stablePeriod { file.field("stable-period", stablePeriod) }
    if explores { file.line("explore", "true") }
    file.table("client")
    file.field("name", client)
    for (name, value) in clientParameters.sorted(by: { $0.key < $1.key }) {
      if case .string(let text) = value { file.field(name, text) }
    }
    write(load, to: &file)
    file.table("phases")
    file.field("warm-up", phases.warmUp)
    file.field("faults", phases.faults)
    file.field("cool-down", phases.coolDown)
    file.field("recovery-limit", phases.recoveryLimit)
    file.table("evidence")
    file.field("minimum-ok", evidence.minimumOk)
    file.field("minimum-serving-nodes", evidence.minimumServingNodes)
    for fault in faults { write(fault, to: &file) }
    for sequence in sequences { write(sequence, to: &file) }
    write(target, to: &file)
    return file.text
  }

  private func write(_ load: Load, to file: inout TOMLWriter) {
    file.table("load")
    switch load.concurrency {
    case .fixed(let number): file.field("concurrency", number)
    case .perNode(let number): file.field("concurrency", "\(number)n")
    }
    if let rate = load.rate { file.line("rate", "\(rate)") }
    file.field("operation-timeout", load.operationTimeout)
    file.field("keys", load.keys)
    file.field("operations-per-key", load.operationsPerKey)
    let mix = load.mix.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }
    file.line("mix", "{ \(mix.joined(separator: ", ")) }")
  }

  private func write(_ fault: FaultPlan, to file: inout TOMLWriter) {
    file.arrayTable("fault")
    writeFault(fault, to: &file)
    if let after = fault.after { file.field("after", after) }
    file.field("every", fault.every)
    file.field("for", fault.lasting)
  }

  private func write(_ sequence: FaultSequence, to file: inout TOMLWriter) {
    file.arrayTable("sequence")
    file.field("after", sequence.after)
    if let every = sequence.every { file.field("every", every) }
    for step in sequence.steps {
      file.arrayTable("sequence.step")
      switch step {
      case .wait(let duration): file.field("wait", duration)
      case .heal(let kind): file.field("heal", kind.name)
      case .hold(let plan): writeFault(plan, to: &file)
      case .inject(let plan):
        writeFault(plan, to: &file)
        file.field("for", plan.lasting)
      }
    }
  }

  /// What is injected and where, without when.
  private func writeFault(_ fault: FaultPlan, to file: inout TOMLWriter) {
    file.field("name", fault.kind.name)
    for parameter in fault.kind.parameters {
      switch (parameter.domain, fault.settings.values[parameter.name]) {
      case (.duration, .integer(let number)?):
        file.field(parameter.name, Duration.milliseconds(number))
      case (_, .integer(let number)?): file.field(parameter.name, Int(number))
      case (_, .string(let text)?): file.field(parameter.name, text)
      case (_, .array?): file.field(parameter.name, fault.settings.choices(parameter.name))
      default: break
      }
    }
    write(fault.target, to: &file)
  }

  private func write(_ selector: TargetSelector, to file: inout TOMLWriter) {
    if case .named(let names) = selector { return file.field("target", names) }
    if case .role(let role) = selector { return file.field("target", "role:\(role)") }
    let name = TargetSelector.byNameInSequences.first { $0.selector == selector }?.name
    file.field("target", name ?? "one")
  }

  private func write(_ target: Target, to file: inout TOMLWriter) {
    file.table("target")
    file.field("name", target.name)
    file.field("client-port", Int(target.clientPort))
    file.field("data", target.data)
    file.field("logs", target.logs)
    file.field("start-timeout", target.startTimeout)
    file.table("target.commands")
    let commands = [
      ("installed", target.installed), ("install", target.install),
      ("configure", target.configure), ("start", target.start), ("stop", target.stop),
      ("wipe", target.wipe), ("pid", target.pid), ("leads", target.leads),
      ("healthy", target.healthy), ("members", target.members), ("leave", target.leave),
      ("join", target.join),
    ]
    for (name, command) in commands {
      if let command { file.field(name, command) }
    }
    guard !target.roles.isEmpty else { return }
    file.table("target.roles")
    for (name, command) in target.roles.sorted(by: { $0.key < $1.key }) {
      file.field(name, command)
    }
  }
}

/// Writes the few forms of TOML that a workload file needs.
private struct TOMLWriter {
  private(set) var text = ""

  mutating func table(_ name: String) { text += "\n[\(name)]\n" }
  mutating func arrayTable(_ name: String) { text += "\n[[\(name)]]\n" }
  mutating func line(_ key: String, _ value: String) { text += "\(key) = \(value)\n" }
  mutating func field(_ key: String, _ number: Int) { line(key, String(number)) }

  mutating func field(_ key: String, _ duration: Duration) {
    line(key, "\"\(duration.milliseconds)ms\"")
  }

  mutating func field(_ key: String, _ texts: [String]) {
    line(key, "[\(texts.map(Self.quoted).joined(separator: ", "))]")
  }

  mutating func field(_ key: String, _ value: String) {
    // A literal block can hold no quotes of its own kind and no control characters.
    let isBlock =
      value.contains("\n") && !value.contains("'''")
      && value.unicodeScalars.allSatisfy { $0 == "\n" || $0 == "\t" || Self.isPlain($0) }
    line(key, isBlock ? "'''\n\(value)'''" : Self.quoted(value))
  }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value >= 0x20 && scalar.value != 0x7F
  }

  static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      case _ where !isPlain(scalar):
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
