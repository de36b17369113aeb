/// What is still to be observed, where the model says which states can never lead there.
///
/// A configuration is hopeless if an observer that has not taken effect completes before any call
/// that is no growth can, and is hopeless in its state. Proof: until that completion only growths
/// and observers take effect, which by the model's claim never make it possible. So it is left out
/// at once, instead of with all that would come of it when the observer completes.
///
/// That makes searches fail early: the first step that cannot be passed is not later than the first
/// event without a linearization, but it may be before it.
struct Prospects {
  private struct Observer {
    var invocation: Int32
    var completion: Int32
    var command: Int32
  }

  /// As many observers that are yet to be invoked are looked at: the next, which decide most.
  private static var window: Int { 32 }

  /// By their invocation.
  private let observers: [Observer]
  /// For each step, how many observers are invoked before it.
  private let observersBefore: [Int32]
  /// For each step, the next one that invokes a call that may shrink the state.
  private let nextBarrier: [Int32]
  private let compute: (Int32, Int32) -> Bool
  private var known: StepTable
  /// Observers that complete at this step or later count for nothing.
  var end = Int32.max

  /// Nil where the model says nothing.
  init?(
    _ calls: [OpenCall], _ schedule: Schedule, commandCount: Int,
    isHopeless: @escaping (Int32, Int32) -> Bool
  ) {
    guard calls.contains(where: \.isGrowth) else { return nil }
    var observers: [Observer] = []
    var before: [Int32] = []
    for (event, step) in schedule.steps.enumerated() {
      before.append(Int32(observers.count))
      let call = calls[step.call]
      guard step.isInvocation, call.isObserver else { continue }
      observers.append(
        Observer(
          invocation: Int32(event), completion: call.completion, command: call.command))
    }
    if observers.isEmpty { return nil }
    var barriers = Array(repeating: Int32.max, count: before.count)
    var next = Int32.max
    for event in barriers.indices.reversed() {
      let step = schedule.steps[event]
      if step.isInvocation, calls[step.call].isBarrier { next = Int32(event) }
      barriers[event] = next
    }
    self.observers = observers
    observersBefore = before
    nextBarrier = barriers
    compute = isHopeless
    known = StepTable(commandCount: commandCount)
  }

  /// How much memory it takes.
  var bytes: Int {
    footprint(of: observers) + footprint(of: observersBefore) + footprint(of: nextBarrier)
      + known.bytes
  }

  /// Whether no way on from the state, before the event, explains what must be explained.
  mutating func isHopeless<Slots>(
    _ state: Int32, _ marks: Slots, event: Int, _ open: OpenCalls<Slots>
  ) -> Bool {
    guard open.barriers.isSubset(of: marks) else { return false }
    let limit = min(nextBarrier[event], end)
    for observer in open.observers
    where observer.completion < limit && !marks.contains(Int(observer.slot)) {
      if isHopeless(state, observer.command) { return true }
    }
    let first = Int(observersBefore[event])
    for observer in observers[first..<min(first + Self.window, observers.count)] {
      if observer.invocation >= limit { break }
      if observer.completion < limit, isHopeless(state, observer.command) { return true }
    }
    return false
  }

  private mutating func isHopeless(_ state: Int32, _ command: Int32) -> Bool {
    let answer = known[state, command]
    if answer != StepTable.unknown { return answer != 0 }
    let isHopeless = compute(state, command)
    known[state, command] = isHopeless ? 1 : 0
    return isHopeless
  }
}
