/// The order in which a search meets the calls, with a slot for each while it is open.
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
  /// The slot of each call; -1 for a crashed call that can help nothing from the start.
  private(set) var slots: [Int]
  /// How many slots are in use at most.
  private(set) var slotCount = 0

  /// Lays out the calls, whose invocations must be in order. Steps after `end`, or after the last
  /// completion, are left out, since they decide nothing. Complexity: O(n log n).
  init<Command>(calls: [Call<Command>], usefulUntil: [Int], end: Int = .max) {
    slots = Array(repeating: -1, count: calls.count)
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
    assignSlots()
  }

  private mutating func assignSlots() {
    var free: [Int] = []
    for step in steps {
      if step.action != .invoke {
        free.append(slots[step.call])
      } else if let slot = free.popLast() {
        slots[step.call] = slot
      } else {
        slots[step.call] = slotCount
        slotCount += 1
      }
    }
  }
}
