/// What calls on an object that is on or off do. Of those that may have switched it, the crashed kind
/// says which way.
package enum TwoStateKind {
  /// It can only happen in the other state, and switches.
  package static let switchOn: UInt8 = 0
  package static let switchOff: UInt8 = 1
  /// It happens in this state only, and changes nothing.
  package static let observeOn: UInt8 = 2
  package static let observeOff: UInt8 = 3
  /// It would have switched, but found the state that it would have led to.
  package static let foundOn: UInt8 = 4
  package static let foundOff: UInt8 = 5
  /// It says nothing.
  package static let observeNothing: UInt8 = 6
  /// It may have switched or not, although it completed; or it is about several objects.
  package static let unknown: UInt8 = 7

  /// A crashed call that would change nothing is left out, which is as good, so it counts as a switch.
  package static let crashed: [UInt8] = [
    switchOn, switchOff, observeNothing, observeNothing, switchOn, switchOff, observeNothing,
    unknown,
  ]
}

/// Decides objects that are on or off, one by value: elements of a set, a lock. Values may repeat and
/// calls may crash. Complexity: O(n log n); 16 bytes an operation and 16 a value.
///
/// Calls are lazy: none takes effect before one that completes needs it, and of those that could
/// then switch the state, the one that completes first goes. Whatever observes the new state takes
/// effect with it.
///
/// That never loses a linearization. Take one, and the first moment at which a completion needs a
/// switch. Switches that it has before that moment come in pairs, on and off, that no completion
/// needed; taking out the pair and putting it in later, between two that are opposite or at its
/// own completion, keeps the rest legal, since the state around it is the same and observers in
/// between have already been served or can be served by the next switch. Of two calls that switch
/// the same way and are both open at the moment, the one that completes first can change places
/// with the other. A crashed call is never needed by its own completion, so it is used last.
///
/// Each call takes effect between its invocation and its completion in the order of the events, so
/// all objects together are one order.
package struct TwoStateSolver: ColumnSolver, ~Copyable {
  typealias Kind = TwoStateKind
  private static let none = CallColumns.none

  /// What is open on an object: the roots of heaps of switches, by deadline, and the first observer
  /// that waits for the other state.
  struct Object: BitwiseCopyable {
    /// Off and on: those that switch the object off, and on.
    var switches = (none, none)
    var observer = none
    var isOn = false
  }

  private let columns: CallColumns
  private let isOnAtFirst: @Sendable (UInt32) -> Bool
  private let objects: Scratch<Object>
  private let events: EventSweep
  private var open: DeadlineHeaps

  package init(_ columns: CallColumns, isOnAtFirst: @escaping @Sendable (UInt32) -> Bool) {
    self.columns = columns
    self.isOnAtFirst = isOnAtFirst
    objects = Scratch(repeating: Object(), count: max(1, columns.valueCount))
    events = EventSweep(columns)
    open = DeadlineHeaps(callCount: columns.count)
  }

  package mutating func decide() -> Decision {
    columns.withPointers { calls in
      for call in 0..<calls.count {
        if calls.kind[call] == Kind.unknown { return .undecided }
      }
      guard let end = run(calls, into: nil) else { return .linearizable }
      let value = calls.value[events.completing[end]]
      return .impossible(
        (0..<calls.count).filter { calls.value[$0] == value && calls.invocation[$0] < end })
    }
  }

  package mutating func linearization() -> [UInt32] {
    columns.withPointers { calls in
      open = DeadlineHeaps(callCount: columns.count)
      return Array(unsafeUninitializedCapacity: calls.count) { order, used in
        guard var next = order.baseAddress else { return }
        let start = next
        _ = withUnsafeMutablePointer(to: &next) { run(calls, into: $0) }
        used = next - start
      }
    }
  }

  /// Lets the calls take effect, and notes them where `order` points to; the position of the first
  /// completion that is not possible. Safe: each call is noted once, and there is room for all.
  private func run(
    _ calls: CallColumns.Pointers, into order: UnsafeMutablePointer<UnsafeMutablePointer<UInt32>>?
  ) -> UInt32? {
    for value in 0..<UInt32(objects.count) {
      objects[value] = Object()
      objects[value].isOn = isOnAtFirst(value)
    }
    let sweep = Sweep(calls: calls, objects: objects.base, open: open.pointers, order: order)
    return events.run(calls, invoke: sweep.invoke, complete: sweep.complete)
  }

  /// One pass over the events. Safe: it is gone before what its pointers are of.
  private struct Sweep {
    let calls: CallColumns.Pointers
    let objects: UnsafeMutablePointer<Object>
    let open: DeadlineHeaps.Pointers
    let order: UnsafeMutablePointer<UnsafeMutablePointer<UInt32>>?

    /// Calls that say nothing need not have one.
    private func object(of call: UInt32) -> UnsafeMutablePointer<Object> {
      let value = calls.value[call]
      return objects + Int(value == TwoStateSolver.none ? 0 : value)
    }

    func invoke(_ call: UInt32) {
      let object = object(of: call)
      switch calls.kind[call] {
      case Kind.switchOff:
        object.pointee.switches.0 = open.merge(object.pointee.switches.0, call, calls.completion)
      case Kind.switchOn:
        object.pointee.switches.1 = open.merge(object.pointee.switches.1, call, calls.completion)
      case Kind.observeNothing: if calls.completion[call] != TwoStateSolver.none { take(call) }
      case let kind:
        if calls.completion[call] == TwoStateSolver.none { return }
        if (kind == Kind.observeOn || kind == Kind.foundOn) == object.pointee.isOn {
          take(call)
        } else {
          open.sibling[call] = object.pointee.observer
          object.pointee.observer = call
        }
      }
    }

    /// Lets the call take effect, if it has not; false if it cannot.
    func complete(_ call: UInt32) -> Bool {
      if open.isTaken(call) { return true }
      let object = object(of: call)
      let kind = calls.kind[call]
      if kind <= Kind.switchOff, object.pointee.isOn == (kind == Kind.switchOn), !toggle(object) {
        return false
      }
      return open.isTaken(call) || toggle(object) && open.isTaken(call)
    }

    /// Switches by the call with the earliest deadline; false if there is none.
    private func toggle(_ object: UnsafeMutablePointer<Object>) -> Bool {
      let isOn = object.pointee.isOn
      let call = isOn ? object.pointee.switches.0 : object.pointee.switches.1
      if call == TwoStateSolver.none { return false }
      let rest = open.withoutRoot(call, calls.completion)
      if isOn { object.pointee.switches.0 = rest } else { object.pointee.switches.1 = rest }
      object.pointee.isOn = !isOn
      take(call)
      var observer = object.pointee.observer
      object.pointee.observer = TwoStateSolver.none
      while observer != TwoStateSolver.none {
        let next = open.sibling[observer]
        take(observer)
        observer = next
      }
      return true
    }

    private func take(_ call: UInt32) {
      open.markTaken(call)
      guard let order else { return }
      order.pointee.pointee = call
      order.pointee += 1
    }
  }
}
