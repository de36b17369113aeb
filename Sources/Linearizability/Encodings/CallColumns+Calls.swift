internal import Histories

extension CallColumns {
  /// What a call is in columns.
  struct Entry {
    var kind: UInt8
    var value = CallColumns.none
    var other = CallColumns.none
  }

  /// Calls in order of invocation; nil if they are more than columns can hold.
  ///
  /// `encode` gets the index of each call with its command. `valueCount` is asked for once all calls are encoded. Complexity: O(n), and O(n log n) where
  /// positions are far apart.
  init?<Command>(
    _ calls: [Call<Command>], valueCount: () -> Int, encode: (Int, Command) -> Entry
  ) {
    guard calls.count < CallColumns.positionLimit / 2 else { return nil }
    var kind: [UInt8] = []
    var (value, other): ([UInt32], [UInt32]) = ([], [])
    kind.reserveCapacity(calls.count)
    value.reserveCapacity(calls.count)
    for (index, call) in calls.enumerated() {
      let entry = encode(index, call.command)
      kind.append(entry.kind)
      value.append(entry.value)
      if other.isEmpty, entry.other != Self.none {
        other = Array(repeating: Self.none, count: calls.count)
      }
      if !other.isEmpty { other[index] = entry.other }
    }
    let positions = Positions(calls)
    self.init(
      kind: kind, value: value, other: other, invocation: positions.invocation,
      completion: positions.completion, valueCount: valueCount(), lastPosition: positions.last)
  }
}

/// Positions from 1 in the order of the given ones, which are distinct.
private struct Positions {
  private(set) var invocation: [UInt32] = []
  private(set) var completion: [UInt32] = []
  private(set) var last: UInt32 = 0

  init<Command>(_ calls: [Call<Command>]) {
    invocation.reserveCapacity(calls.count)
    completion.reserveCapacity(calls.count)
    let end = calls.reduce(0) { max($0, $1.completion ?? 0, $1.invocation) }
    let start = calls.first?.invocation ?? 0
    if end - start <= 3 * calls.count {
      for call in calls {
        invocation.append(UInt32(call.invocation - start + 1))
        completion.append(call.completion.map { UInt32($0 - start + 1) } ?? CallColumns.none)
      }
      last = UInt32(calls.isEmpty ? 0 : end - start + 1)
    } else {
      rank(calls)
    }
  }

  /// Merges the completions, in order, with the invocations, which are in order already.
  private mutating func rank<Command>(_ calls: [Call<Command>]) {
    var ends: [(position: Int, call: Int)] = []
    for (index, call) in calls.enumerated() {
      if let end = call.completion { ends.append((end, index)) }
    }
    ends.sort { $0.position < $1.position }
    completion = Array(repeating: CallColumns.none, count: calls.count)
    var next = 0
    func rankEnds(before position: Int) {
      while next < ends.count, ends[next].position < position {
        last += 1
        completion[ends[next].call] = last
        next += 1
      }
    }
    for call in calls {
      rankEnds(before: call.invocation)
      last += 1
      invocation.append(last)
    }
    rankEnds(before: .max)
  }
}
