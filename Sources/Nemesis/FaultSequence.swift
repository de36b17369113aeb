/// A scripted sequence of faults, beside the random lanes: its steps follow each other.
public struct FaultSequence: Sendable, Hashable {
  /// What is done next.
  public enum Step: Sendable, Hashable {
    /// Injects a fault and takes it through its whole life before the next step begins.
    case inject(FaultPlan)
    /// Injects a fault, and goes on once its effect is seen. The fault is held until a step heals
    /// it, or the sequence ends.
    case hold(FaultPlan)
    /// Lets time pass.
    case wait(Duration)
    /// Heals the faults of this kind that are held, and goes on once they are seen to be gone.
    case heal(FaultKind)
  }

  /// What is done, in order.
  public var steps: [Step]
  /// From the start of the faults phase to the first step.
  public var after: Duration
  /// The mean time from the end of the last step to the first step again; nil where the sequence is
  /// carried out once.
  public var every: Duration?

  /// Makes a sequence.
  public init(_ steps: [Step], after: Duration, every: Duration?) {
    self.steps = steps
    self.after = after
    self.every = every
  }

  /// The faults that it injects, in order.
  public var plans: [FaultPlan] {
    steps.compactMap { step in
      switch step {
      case .inject(let plan), .hold(let plan): plan
      case .wait, .heal: nil
      }
    }
  }

  /// How long it takes if injecting and healing take no time.
  public var minimumLength: Duration { length(of: steps[...]) }

  /// Whether it has to be known who leads when it begins.
  var concernsOldLeader: Bool { plans.contains { $0.target == .oldLeader } }

  /// How long a fault that is held by this step lasts if injecting and healing take no time.
  func heldFor(_ index: Int) -> Duration {
    guard case .hold(let plan) = steps[index] else { return .zero }
    let later = steps[(index + 1)...]
    return length(of: later.prefix { $0 != .heal(plan.kind) })
  }

  private func length(of steps: ArraySlice<Step>) -> Duration {
    steps.reduce(.zero) { sum, step in
      switch step {
      case .inject(let plan): sum + plan.lasting
      case .wait(let duration): sum + duration
      case .hold, .heal: sum
      }
    }
  }

  /// The first step that cannot be carried out whatever the nodes do, and why.
  public var mistake: (step: Int, reason: String)? {
    var held: [FaultKind] = []
    for (index, step) in steps.enumerated() {
      switch step {
      case .wait: break
      case .heal(let kind):
        guard held.contains(kind) else {
          return (index, "no earlier step holds a \(kind.name): one without 'for' is held")
        }
        held.removeAll { $0 == kind }
      case .inject(let plan), .hold(let plan):
        if plan.kind.reach.takesNetwork, let other = held.first(where: { $0.reach.takesNetwork }) {
          return (
            index,
            "the \(other.name) of an earlier step is still held, and there is one fault of the "
              + "network at a time: add a step with heal = \"\(other.name)\" before"
          )
        }
        if case .hold = step { held.append(plan.kind) }
      }
    }
    return nil
  }
}
