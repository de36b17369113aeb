internal import Histories

/// The calls on one register as columns of numbers.
///
/// Values are numbered from 0, which is the initial value. Positions are numbered from 1 without
/// gaps, in the order of the events; 0 is before all of them.
struct RegisterColumns {
  /// There is no value, or no completion.
  static let none = UInt32.max

  /// What each call must find; `none` for a write, and for a read that observed nothing.
  var observed: [UInt32] = []
  /// What each call puts in place of another value; `none` for an observer.
  var installed: [UInt32] = []
  /// Positions, in increasing order.
  var invocation: [UInt32] = []
  /// Positions; `none` for a crashed call.
  var completion: [UInt32] = []
  /// How many values there are, the initial one included.
  var valueCount = 1
  /// The last position.
  var lastPosition: UInt32 = 0

  /// Numbers the values and positions of calls. Complexity: O(n log n), for the completions'
  /// order.
  init(_ calls: [Call<Register.Command>], initial: Value) {
    var numbers: [Value: UInt32] = [initial: 0]
    func number(_ value: Value?) -> UInt32 {
      guard let value else { return Self.none }
      let next = UInt32(numbers.count)
      return numbers[value, default: next].also { if $0 == next { numbers[value] = next } }
    }
    for call in calls {
      observed.append(number(call.command.observed))
      installed.append(number(call.command.installed))
    }
    valueCount = numbers.count
    place(calls)
  }

  /// Calls whose values are numbered already. Complexity: O(n log n), for the completions' order.
  init<Command>(
    observed: [UInt32], installed: [UInt32], valueCount: Int, calls: [Call<Command>]
  ) {
    self.observed = observed
    self.installed = installed
    self.valueCount = valueCount
    place(calls)
  }

  private mutating func place<Command>(_ calls: [Call<Command>]) {
    let positions = DensePositions(calls.map(\.invocation), calls.map(\.completion))
    (invocation, completion) = (positions.invocation, positions.completion)
    lastPosition = positions.last
  }

  var count: Int { invocation.count }
}

extension UInt32 {
  fileprivate func also(_ body: (Self) -> Void) -> Self {
    body(self)
    return self
  }
}

/// Positions of events numbered from 1 without gaps, so that they can index arrays.
struct DensePositions {
  private(set) var invocation: [UInt32]
  /// `UInt32.max` where there is none.
  private(set) var completion: [UInt32]
  private(set) var last: UInt32

  /// Complexity: O(n log n).
  init(_ invocations: [Int], _ completions: [Int?]) {
    var events: [(position: Int, slot: Int)] = []
    events.reserveCapacity(2 * invocations.count)
    for index in invocations.indices {
      events.append((invocations[index], 2 * index))
      if let completion = completions[index] { events.append((completion, 2 * index + 1)) }
    }
    events.sort { $0.position < $1.position }
    invocation = Array(repeating: .max, count: invocations.count)
    completion = invocation
    for (rank, event) in events.enumerated() {
      if event.slot & 1 == 0 {
        invocation[event.slot >> 1] = UInt32(rank + 1)
      } else {
        completion[event.slot >> 1] = UInt32(rank + 1)
      }
    }
    last = UInt32(events.count)
  }
}
