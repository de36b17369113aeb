/// Merges linearizations of independent objects, or of calls that nothing depends on, into one.
///
/// Each order alone respects real time. Let a call's point be the latest invocation among itself
/// and those ahead of it in its own order. The merged order is by point; calls of one order keep
/// their places. It respects real time: a call's point is at or after its invocation, and before
/// its completion, since in a valid order nothing ahead of a call began after it had ended. So of
/// two calls, if the first was over before the other began, its point is smaller.
///
/// Calls are in order of invocation, so the call of the latest invocation is a point as good as the
/// invocation itself, and calls can be counted by it. Complexity: O(n).
func mergedLinearization(_ orders: [[UInt32]], callCount: Int) -> [UInt32] {
  let starts = Scratch<UInt32>(repeating: 0, count: callCount + 1)
  forEachPoint(of: orders) { point, _ in starts[point + 1] += 1 }
  for point in 0..<callCount { starts[point + 1] += starts[point] }
  let count = orders.reduce(0) { $0 + $1.count }
  return Array(unsafeUninitializedCapacity: count) { merged, used in
    forEachPoint(of: orders) { point, call in
      merged[Int(starts[point])] = call
      starts[point] += 1
    }
    used = count
  }
}

private func forEachPoint(of orders: [[UInt32]], _ body: (_ point: UInt32, _ call: UInt32) -> Void)
{
  for order in orders {
    var latest: UInt32 = 0
    for call in order {
      latest = max(latest, call)
      body(latest, call)
    }
  }
}
