/// The calls on one object as columns of numbers: all that a solver reads.
///
/// They are in order of invocation. Positions are those of events: distinct over invocations and
/// completions, from 1, and at most a small multiple of the number of calls, so that they can index
/// arrays; 0 is before all of them. What a value or a kind means is the model's matter.
package struct CallColumns: Sendable {
  /// There is no value, or no completion.
  package static let none = UInt32.max
  /// Positions are smaller, which leaves solvers two bits for marks.
  package static let positionLimit: UInt32 = 1 << 30 - 2

  /// What each call does.
  package let kind: [UInt8]
  /// The value that each call is about, by number; `none` where there is none.
  package let value: [UInt32]
  /// A second value, such as the new one of a cas; empty where no call has one.
  package let other: [UInt32]
  /// Positions, in increasing order.
  package let invocation: [UInt32]
  /// Positions; `none` for a crashed call.
  package let completion: [UInt32]
  /// How many values there are; their numbers are smaller.
  package let valueCount: Int
  /// No position is larger.
  package let lastPosition: UInt32

  /// Checks the limits, since solvers do not; that positions are distinct is the caller's to know.
  /// Complexity: O(n).
  package init(
    kind: [UInt8], value: [UInt32], other: [UInt32] = [], invocation: [UInt32],
    completion: [UInt32], valueCount: Int, lastPosition: UInt32
  ) {
    let count = kind.count
    precondition(value.count == count && invocation.count == count && completion.count == count)
    precondition(other.isEmpty || other.count == count)
    precondition(valueCount < CallColumns.none && lastPosition < CallColumns.positionLimit)
    precondition(largest(value) < valueCount && largest(other) < valueCount)
    precondition(largest(completion) <= lastPosition && isIncreasing(invocation))
    precondition(invocation.last ?? 0 <= lastPosition)
    self.kind = kind
    self.value = value
    self.other = other
    self.invocation = invocation
    self.completion = completion
    self.valueCount = valueCount
    self.lastPosition = lastPosition
  }

  package var count: Int { kind.count }

  /// The calls as they were right after the event at that position: what began later is left out,
  /// and what was open is crashed, of the kind that is given for the call and its kind.
  ///
  /// Calls keep their places, so those that a crash makes worthless are still there: solvers take no
  /// notice of crashed calls that change nothing. Complexity: O(n).
  func prefix(until end: UInt32, crashedKind: (Int, UInt8) -> UInt8) -> CallColumns {
    let count = invocation.partitioningIndex { $0 > end }
    var kind = Array(kind[..<count])
    var completion = Array(completion[..<count])
    for call in 0..<count where completion[call] > end && completion[call] != Self.none {
      kind[call] = crashedKind(call, kind[call])
      completion[call] = CallColumns.none
    }
    return CallColumns(
      kind: kind, value: Array(value[..<count]), other: Array(other.prefix(count)),
      invocation: Array(invocation[..<count]), completion: completion, valueCount: valueCount,
      lastPosition: end)
  }

  /// Some of the calls by themselves, with their indexes among all. Complexity: O(n).
  func keeping(_ isKept: (Int, UInt8) -> Bool) -> (columns: CallColumns, indexes: [Int]) {
    let indexes = kind.indices.filter { isKept($0, kind[$0]) }
    func kept<Number>(_ numbers: [Number]) -> [Number] {
      numbers.isEmpty ? [] : indexes.map { numbers[$0] }
    }
    let columns = CallColumns(
      kind: kept(kind), value: kept(value), other: kept(other), invocation: kept(invocation),
      completion: kept(completion), valueCount: valueCount, lastPosition: lastPosition)
    return (columns, indexes)
  }
}

/// The largest number but `none`, plus nothing if there is none: -1.
private func largest(_ numbers: [UInt32]) -> Int {
  // `none` becomes 0 when one is added.
  Int(numbers.reduce(0) { max($0, $1 &+ 1) }) - 1
}

private func isIncreasing(_ numbers: [UInt32]) -> Bool {
  var isIncreasing = true
  var last: UInt32 = 0
  for number in numbers {
    isIncreasing = isIncreasing && number > last
    last = number
  }
  return isIncreasing
}

extension Array {
  /// The first index whose element fits, where all behind it fit too. Complexity: O(log n).
  func partitioningIndex(where fits: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if fits(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

extension CallColumns {
  /// The columns as pointers, for loops.
  struct Pointers {
    let count: Int
    let kind: UnsafePointer<UInt8>
    let value: UnsafePointer<UInt32>
    /// Has no elements where no call has a second value.
    let other: UnsafePointer<UInt32>
    let invocation: UnsafePointer<UInt32>
    let completion: UnsafePointer<UInt32>
  }

  /// Safe as long as the pointers do not leave the closure and no call beyond `count` is read.
  func withPointers<Result>(_ body: (Pointers) -> Result) -> Result {
    kind.withUnsafeBufferPointer { kind in
      value.withUnsafeBufferPointer { value in
        other.withUnsafeBufferPointer { other in
          invocation.withUnsafeBufferPointer { invocation in
            completion.withUnsafeBufferPointer { completion in
              // An empty array need not have an address; nothing is read there.
              let nothing = UnsafePointer<UInt32>(bitPattern: 8)
              guard let kind = kind.baseAddress ?? UnsafePointer<UInt8>(bitPattern: 8),
                let value = value.baseAddress ?? nothing,
                let other = other.baseAddress ?? nothing,
                let invocation = invocation.baseAddress ?? nothing,
                let completion = completion.baseAddress ?? nothing
              else { preconditionFailure("no address is null") }
              return body(
                Pointers(
                  count: count, kind: kind, value: value, other: other, invocation: invocation,
                  completion: completion))
            }
          }
        }
      }
    }
  }
}
