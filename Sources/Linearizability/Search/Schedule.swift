/// The order in which a search meets the calls, with slots for each while it is open.
struct Schedule {
  enum Action: UInt32 {
    case invoke, complete
    /// A crashed call can help nothing any more.
    case retire
  }

  /// One event, in four bytes: long histories have two for each call.
  struct Step {
    private var word: UInt32

    init(_ action: Action, _ call: Int) { word = UInt32(call) << 2 | action.rawValue }

    /// An index into the calls.
    var call: Int { Int(word >> 2) }
    var isInvocation: Bool { word & 3 == Action.invoke.rawValue }
    var action: Action { Action(rawValue: word & 3) ?? .retire }
  }

  private(set) var steps: [Step] = []
  /// How many slots are in use at most.
  private(set) var slotCount = 0

  /// Lays out the calls, whose invocations must be in order, and writes into them their slots and the
  /// steps at which they complete. Steps after `end`, or after the last completion, are left out,
  /// since they decide nothing. Complexity: O(n log n), for the order of the completions.
  init<Command>(
    _ calls: [Call<Command>], usefulUntil: [Int], end: Int = .max, into open: inout [OpenCall]
  ) {
    let last = calls.lazy.compactMap(\.completion).filter { $0 <= end }.max() ?? -1
    let ends = Self.ends(calls, usefulUntil, last)
    steps.reserveCapacity(calls.count + ends.count)
    var free: [Int32] = []
    var next = 0
    for index in calls.indices {
      while next < ends.count, ends[next].position < calls[index].invocation {
        close(ends[next], &open, &free)
        next += 1
      }
      let until = calls[index].completion ?? usefulUntil[index]
      guard calls[index].invocation < last, until > calls[index].invocation else { continue }
      steps.append(Step(.invoke, index))
      open[index].slot = take(&free)
      if open[index].isOverwrite, calls[index].completion != nil { open[index].duty = take(&free) }
    }
    for end in ends[next...] { close(end, &open, &free) }
  }

  /// The first `count` steps.
  func prefix(_ count: Int) -> Schedule {
    var prefix = self
    prefix.steps.removeLast(steps.count - count)
    return prefix
  }

  /// The end of a call in one number, so that they are quick to put in order: by position; a call is
  /// retired after the completion that was the last it could help.
  private struct End: Comparable {
    var word: UInt64

    init(position: Int, isRetirement: Bool, call: Int) {
      word = UInt64(position) << 32 | (isRetirement ? 1 << 31 : 0) | UInt64(call)
    }

    var position: Int { Int(word >> 32) }
    var isRetirement: Bool { word & 1 << 31 != 0 }
    var call: Int { Int(word & (1 << 31 - 1)) }

    static func < (a: End, b: End) -> Bool { a.word < b.word }
  }

  private static func ends<Command>(
    _ calls: [Call<Command>], _ usefulUntil: [Int], _ last: Int
  ) -> [End] {
    var ends: [End] = []
    ends.reserveCapacity(calls.count)
    for (index, call) in calls.enumerated() where call.invocation < last {
      let until = call.completion ?? usefulUntil[index]
      guard until > call.invocation, until <= last else { continue }
      ends.append(End(position: until, isRetirement: call.isCrashed, call: index))
    }
    ends.sort()
    return ends
  }

  private mutating func close(_ end: End, _ open: inout [OpenCall], _ free: inout [Int32]) {
    let call = end.call
    if !end.isRetirement { open[call].completion = Int32(steps.count) }
    steps.append(Step(end.isRetirement ? .retire : .complete, call))
    free.append(open[call].slot)
    if open[call].duty >= 0 { free.append(open[call].duty) }
  }

  private mutating func take(_ free: inout [Int32]) -> Int32 {
    if let slot = free.popLast() { return slot }
    slotCount += 1
    return Int32(slotCount - 1)
  }
}
