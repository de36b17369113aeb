/// Merges linearizations of independent objects, or of calls that nothing depends on, into one.
///
/// Each order alone respects real time. Let a call's point be the latest invocation among itself
/// and those ahead of it in its own order. The merged order is by point; calls of one order keep
/// their places. It respects real time: a call's point is at or after its invocation, and before
/// its completion, since in a valid order nothing ahead of a call began after it had ended. So of
/// two calls, if the first was over before the other began, its point is smaller.
/// Complexity: O(n log n).
func mergedLinearization(_ orders: [[Int]], invocation: (Int) -> Int) -> [Int] {
  if orders.count == 1 { return orders[0] }
  var points: [(point: Int, rank: Int, call: Int)] = []
  for order in orders {
    var latest = Int.min
    for call in order {
      latest = max(latest, invocation(call))
      points.append((latest, points.count, call))
    }
  }
  points.sort { ($0.point, $0.rank) < ($1.point, $1.rank) }
  return points.map(\.call)
}
