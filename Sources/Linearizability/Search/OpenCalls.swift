/// A call while a search has it open.
struct OpenCall {
  /// Its index.
  var call: Int32
  var command: Int32
  /// Marked when the call takes effect.
  var slot: Int32
  /// Marked when the duty of an overwrite is done, whether with a trace or without; -1 if none.
  var duty: Int32
  var isOverwrite: Bool
  var isObserver: Bool
  /// The position of its completion; `Int.max` for a crashed call.
  var completion: Int

  /// By command, and then the one that completes first.
  static func < (a: OpenCall, b: OpenCall) -> Bool {
    (a.command, a.completion, a.call) < (b.command, b.completion, b.call)
  }
}

/// The calls that are open at an event, and what marks on their slots mean.
///
/// Opening what was closed, and closing what was opened, in reverse order, leads back to what was.
struct OpenCalls<Slots: SlotSet> {
  /// Those that change no state.
  private(set) var observers: [OpenCall] = []
  /// Those that do, by command and then by completion.
  private(set) var mutators: [OpenCall] = []
  private(set) var roles: SlotRoles<Slots>
  /// The slots of crashed calls.
  private(set) var crashed: Slots
  private let all: [OpenCall]

  /// None is open yet.
  init(_ problem: SearchProblem) {
    roles = SlotRoles(capacity: problem.schedule.slotCount)
    crashed = Slots(capacity: problem.schedule.slotCount)
    all = problem.calls
  }

  subscript(call: Int) -> OpenCall { all[call] }

  mutating func open(_ call: Int) {
    let open = all[call]
    let slot = Int(open.slot)
    if open.isObserver {
      roles.duties.insert(slot)
      observers.append(open)
      return
    }
    if open.duty >= 0 {
      roles.duties.insert(Int(open.duty))
      roles.spent.insert(slot)
    } else if open.completion == .max {
      roles.spent.insert(slot)
      crashed.insert(slot)
    } else {
      roles.exact.insert(slot)
    }
    mutators.insert(open, at: mutators.firstIndex { open < $0 } ?? mutators.endIndex)
  }

  mutating func close(_ call: Int) {
    let closed = all[call]
    let slot = Int(closed.slot)
    if closed.isObserver {
      observers.removeAll { $0.call == closed.call }
      roles.duties.remove(slot)
      return
    }
    mutators.removeAll { $0.call == closed.call }
    if closed.duty >= 0 { roles.duties.remove(Int(closed.duty)) }
    roles.exact.remove(slot)
    roles.spent.remove(slot)
    crashed.remove(slot)
  }
}
