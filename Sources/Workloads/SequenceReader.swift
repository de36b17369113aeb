import Nemesis

extension Workload {
  /// Reads the scripted sequences of the nemesis.
  static func sequences(_ root: inout TableReader) throws(WorkloadError) -> [FaultSequence] {
    var sequences: [FaultSequence] = []
    for var table in try root.tables("sequence") {
      let tables = try table.tables("step")
      var steps: [FaultSequence.Step] = []
      for var step in tables { steps.append(try self.step(&step)) }
      let sequence = FaultSequence(
        steps, after: try table.duration("after") ?? .zero, every: try table.duration("every"))
      try table.finish()
      guard !sequence.plans.isEmpty else {
        throw table.error("step", "'sequence' injects nothing: a step such as { name = \"kill\" }")
      }
      if let (number, reason) = sequence.mistake {
        let step = tables[number]
        throw step.error(step.has("heal") ? "heal" : "name", reason)
      }
      sequences.append(sequence)
    }
    return sequences
  }

  private static func step(
    _ table: inout TableReader
  ) throws(WorkloadError) -> FaultSequence.Step {
    guard ["name", "wait", "heal"].filter(table.has).count == 1 else {
      throw table.error(
        "",
        "a step injects a fault by its 'name', or waits, or heals: it has one of 'name', 'wait' "
          + "and 'heal'")
    }
    let step: FaultSequence.Step
    if let wait = try table.duration("wait") {
      step = .wait(wait)
    } else if table.has("heal") {
      step = .heal(try kind(&table, "heal"))
    } else {
      let (kind, settings) = try kindAndSettings(&table)
      let target = try target(&table, TargetSelector.byNameInSequences)
      let lasting = try table.duration("for")
      let plan = FaultPlan(
        kind, settings, target: target, after: nil, every: .zero, lasting: lasting ?? .zero)
      step = lasting == nil ? .hold(plan) : .inject(plan)
    }
    try table.finish()
    return step
  }
}
