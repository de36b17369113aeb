/// The order in which a search meets the calls, with slots for each while it is open.
struct Schedule {
  enum Action {
    case invoke, complete
    /// A crashed call can help nothing any more.
    case retire
  }

  struct Step {
    /// The position in `History.events`.
    var position: Int
    var action: Action
    /// An index into the calls.
    var call: Int
  }

  private(set) var steps: [Step] = []
  /// The slot that says that a call has taken effect; -1 for a crashed call that can help nothing
  /// from the start.
  private(set) var slots: [Int32]
  /// The slot that says that an overwrite's duty is done; -1 for all but completed overwrites.
  private(set) var dutySlots: [Int32]
  /// How many slots are in use at most.
  private(set) var slotCount = 0

  /// Lays out the calls, whose invocations must be in order. Steps after `end`, or after the last
  /// completion, are left out, since they decide nothing. Complexity: O(n log n).
  init<S: Specification>(
    calls: [Call<S.Command>], of specification: S, usefulUntil: [Int], end: Int = .max
  ) {
    slots = Array(repeating: -1, count: calls.count)
    dutySlots = slots
    let last = calls.compactMap(\.completion).filter { $0 <= end }.max() ?? -1
    for (index, call) in calls.enumerated() where call.invocation < last {
      let until = call.completion ?? usefulUntil[index]
      guard until > call.invocation else { continue }
      steps.append(Step(position: call.invocation, action: .invoke, call: index))
      guard until <= last else { continue }
      let action: Action = call.isCrashed ? .retire : .complete
      steps.append(Step(position: until, action: action, call: index))
    }
    // A call is retired at the completion that was the last it could help: after that one.
    steps.sort { a, b in
      (a.position, a.action == .retire ? 1 : 0, a.call)
        < (b.position, b.action == .retire ? 1 : 0, b.call)
    }
    assignSlots { calls[$0].completion != nil && specification.isOverwrite(calls[$0].command) }
  }

  /// The first `count` steps.
  func prefix(_ count: Int) -> Schedule {
    var prefix = self
    prefix.steps.removeLast(steps.count - count)
    return prefix
  }

  private mutating func assignSlots(hasDuty: (Int) -> Bool) {
    var free: [Int32] = []
    func take() -> Int32 {
      if let slot = free.popLast() { return slot }
      slotCount += 1
      return Int32(slotCount - 1)
    }
    for step in steps {
      if step.action == .invoke {
        slots[step.call] = take()
        if hasDuty(step.call) { dutySlots[step.call] = take() }
      } else {
        free.append(slots[step.call])
        if dutySlots[step.call] >= 0 { free.append(dutySlots[step.call]) }
      }
    }
  }
}
