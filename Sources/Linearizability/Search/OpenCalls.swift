/// A call as a search sees it.
struct OpenCall {
  /// Its index.
  let call: Int32
  let command: Int32
  /// Marked when the call takes effect; -1 for a crashed call that can help nothing from the start.
  var slot: Int32 = -1
  /// Marked when the duty of an overwrite is done, whether with a trace or without; -1 if none.
  var duty: Int32 = -1
  /// The step of the schedule at which it completes; `Int32.max` for a crashed call.
  var completion = Int32.max
  let isOverwrite: Bool
  let isObserver: Bool
  let isGrowth: Bool

  /// Whether it may take from the state what growths never do.
  var isBarrier: Bool { !isObserver && !isGrowth }

  /// By command, and then the one that completes first.
  static func < (a: OpenCall, b: OpenCall) -> Bool {
    if a.command != b.command { return a.command < b.command }
    return a.completion != b.completion ? a.completion < b.completion : a.call < b.call
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
  /// The duties of overwrites.
  private(set) var duties: Slots
  /// The slots of calls that are neither observers nor growths.
  private(set) var barriers: Slots
  private let all: [OpenCall]

  /// None is open yet.
  init(_ calls: [OpenCall], slotCount: Int) {
    roles = SlotRoles(capacity: slotCount)
    crashed = Slots(capacity: slotCount)
    duties = crashed
    barriers = crashed
    all = calls
  }

  subscript(call: Int) -> OpenCall { all[call] }

  /// How many calls there are in all.
  var count: Int { all.count }

  mutating func open(_ call: Int) {
    let open = all[call]
    let slot = Int(open.slot)
    if open.isObserver {
      roles.duties.insert(slot)
      observers.append(open)
      return
    }
    if open.isBarrier { barriers.insert(slot) }
    if open.duty >= 0 {
      duties.insert(Int(open.duty))
      roles.duties.insert(Int(open.duty))
      roles.spent.insert(slot)
    } else if open.completion == .max {
      roles.spent.insert(slot)
      crashed.insert(slot)
    } else {
      roles.exact.insert(slot)
    }
    var place = mutators.count
    while place > 0, open < mutators[place - 1] { place -= 1 }
    mutators.insert(open, at: place)
  }

  mutating func close(_ call: Int) {
    let closed = all[call]
    let slot = Int(closed.slot)
    if closed.isObserver {
      Self.remove(closed, from: &observers)
      roles.duties.remove(slot)
      return
    }
    Self.remove(closed, from: &mutators)
    if closed.duty >= 0 {
      duties.remove(Int(closed.duty))
      roles.duties.remove(Int(closed.duty))
    }
    roles.exact.remove(slot)
    roles.spent.remove(slot)
    crashed.remove(slot)
    barriers.remove(slot)
  }

  private static func remove(_ closed: OpenCall, from calls: inout [OpenCall]) {
    var place = calls.count - 1
    while calls[place].call != closed.call { place -= 1 }
    calls.remove(at: place)
  }
}
