public import Histories

/// How much a run must have seen before its verdict means something.
public struct EvidenceRequirements: Sendable, Hashable {
  /// How many operations of each function must be `ok` in each interval.
  public var minimumOk: Int
  /// How many nodes outside a fault must have served an `ok` operation while it lasted.
  public var minimumServingNodes: Int
  /// The functions that must be `ok`; nil for every function that a client invoked.
  public var functions: [String]?

  /// The names of the faults of which at least one each must have taken effect.
  public var faults: [String]

  /// Makes requirements; the defaults are those of the command line.
  public init(
    minimumOk: Int = 20, minimumServingNodes: Int = 1, functions: [String]? = nil,
    faults: [String] = []
  ) {
    self.minimumOk = minimumOk
    self.minimumServingNodes = minimumServingNodes
    self.functions = functions
    self.faults = faults
  }
}

/// A part of a run for which evidence is asked.
public struct EvidenceInterval: Sendable, Hashable {
  /// Which part it is.
  public enum Kind: Sendable, Hashable {
    /// The whole history, where it has no fault.
    case wholeRun
    case beforeFaults
    /// From a fault's injection until it was healed, by the fault's number.
    case during(Int64)
    case afterFaults
  }

  /// Which part of the run it is.
  public var kind: Kind
  /// The interval in words: `during fault 7 (partition of n1)`.
  public var title: String
  /// The positions in `History.events` that it covers.
  public var positions: Range<Int>
  /// Nanoseconds since the start of the run at its first event, where recorded.
  public var start: Int64?
  /// Nanoseconds since the start of the run at its last event, where recorded.
  public var end: Int64?
  /// How many operations completed `ok` in it, by function; every required function is there.
  public var okCounts: [String: Int]
  /// How many operations each node completed `ok` in it.
  public var okByNode: [String: Int]
}

/// What one fault did, as far as the history tells.
public struct FaultEvidence: Sendable, Hashable {
  /// The fault.
  public var fault: Fault
  /// Nodes outside its targets that completed an operation `ok` while it lasted, sorted. Where
  /// every known node is a target, any node counts.
  public var servingNodes: [String]

  /// Whether it was seen to have taken effect.
  public var tookEffect: Bool { fault.verified != nil }
  /// Whether it was seen to be gone.
  public var wasHealed: Bool { fault.healed != nil }
}

/// Whether a run saw enough for its verdict to mean something. This says nothing about the
/// property: a violation stands however thin the rest of the evidence is.
public struct EvidenceJudgement: Sendable, Hashable {
  /// Before the first fault, during each fault, after the last; or the whole run.
  public var intervals: [EvidenceInterval]
  /// What each fault did, in the order of injection.
  public var faults: [FaultEvidence]
  /// One sentence for each thing that was asked for and is missing.
  public var shortfalls: [String]
  /// What was asked for.
  public var requirements: EvidenceRequirements

  /// Whether nothing is missing.
  public var sufficient: Bool { shortfalls.isEmpty }

  /// Judges a history by the order of its events, so recorded times are not needed.
  /// O(events × overlapping faults).
  public init(history: History, requirements: EvidenceRequirements = EvidenceRequirements()) {
    let faults = Fault.all(in: history)
    let functions = requirements.functions ?? Self.invokedFunctions(history)
    var intervals = Self.intervals(of: history, faults: faults)
    for i in intervals.indices { intervals[i].count(history, functions: functions) }
    let nodes = Set(history.events.compactMap(\.node)).union(faults.flatMap(\.targets))

    self.requirements = requirements
    self.intervals = intervals
    self.faults = faults.map { fault in
      let interval = intervals.first { $0.kind == .during(fault.id) }
      let outside = nodes.isSubset(of: fault.targets) ? nodes : nodes.subtracting(fault.targets)
      let serving = outside.intersection((interval?.okByNode ?? [:]).keys)
      return FaultEvidence(fault: fault, servingNodes: serving.sorted())
    }
    self.shortfalls = []
    self.shortfalls = countShortfalls(functions) + faultShortfalls()
  }

  private static func invokedFunctions(_ history: History) -> [String] {
    var functions: Set<String> = []
    for event in history.events where event.type == .invoke {
      if case .client = event.process { functions.insert(event.f) }
    }
    return functions.sorted()
  }

  private static func intervals(of history: History, faults: [Fault]) -> [EvidenceInterval] {
    let end = history.events.count
    func interval(
      _ kind: EvidenceInterval.Kind, _ title: String, _ positions: Range<Int>
    ) -> EvidenceInterval {
      let times = history.events[positions].lazy.compactMap(\.time)
      return EvidenceInterval(
        kind: kind, title: title, positions: positions, start: times.first,
        end: history.events[positions].last { $0.time != nil }?.time, okCounts: [:], okByNode: [:])
    }
    guard let first = faults.first?.injected.position else {
      return [interval(.wholeRun, "in the whole run", 0..<end)]
    }
    var result = [interval(.beforeFaults, "before the first fault", 0..<first)]
    for fault in faults {
      let start = fault.injected.position
      let positions = start..<max(start, fault.healed?.position ?? end)
      result.append(interval(.during(fault.id), "during \(fault.title)", positions))
    }
    if faults.allSatisfy({ $0.healed != nil }) {
      let last = faults.compactMap(\.healed?.position).max() ?? end
      result.append(interval(.afterFaults, "after the last fault", last..<end))
    }
    return result
  }

  private func countShortfalls(_ functions: [String]) -> [String] {
    guard !functions.isEmpty else {
      return ["No client invoked any operation, so the history proves nothing."]
    }
    var sentences: [String] = []
    for interval in intervals {
      for f in functions {
        let found = interval.okCounts[f] ?? 0
        guard found < requirements.minimumOk else { continue }
        let title = interval.title.prefix(1).uppercased() + interval.title.dropFirst()
        let name = f.shown(limit: 40)
        sentences.append(
          "\(title): \(found) \(name) completed ok, at least \(requirements.minimumOk) were wanted."
        )
      }
    }
    return sentences
  }

  private func faultShortfalls() -> [String] {
    var sentences: [String] = []
    for name in requirements.faults {
      if faults.contains(where: { $0.fault.name == name && $0.tookEffect }) { continue }
      sentences.append(
        "No \(name.shown(limit: 40)) took effect in the whole run, although it was planned.")
    }
    for evidence in faults {
      let title = evidence.fault.title.prefix(1).uppercased() + evidence.fault.title.dropFirst()
      if !evidence.tookEffect {
        let reason = evidence.fault.failures.first.map { ": \($0)" } ?? ""
        sentences.append("\(title) was never seen to take effect\(reason).")
      }
      if !evidence.wasHealed {
        sentences.append("\(title) was never seen to be healed, so nothing ran after it.")
      }
      let found = evidence.servingNodes.count
      if found < requirements.minimumServingNodes {
        sentences.append(
          "\(title): \(found) nodes outside it completed an operation ok while it lasted, "
            + "at least \(requirements.minimumServingNodes) were wanted.")
      }
    }
    return sentences
  }
}

extension EvidenceInterval {
  fileprivate mutating func count(_ history: History, functions: [String]) {
    for f in functions { okCounts[f] = 0 }
    for event in history.events[positions] where event.type == .ok {
      guard case .client = event.process else { continue }
      okCounts[event.f, default: 0] += 1
      if let node = event.node { okByNode[node, default: 0] += 1 }
    }
  }
}

/// Whether the test could be carried out and cleaned up. It is judged apart from the property
/// and from the evidence, and never merged with them.
public struct HarnessJudgement: Sendable, Hashable {
  /// One sentence for each thing that went wrong, naming the node; empty where nothing did.
  public var problems: [String]

  /// Makes a judgement.
  public init(problems: [String] = []) {
    self.problems = problems
  }

  /// Whether nothing went wrong.
  public var ok: Bool { problems.isEmpty }
}
