/// Puts blocks of calls in their given order; nil if real time forbids it.
///
/// The calls of a block may stand in any order among themselves, and go by invocation. The order is
/// possible if and only if no call was over before one of an earlier block began: one pass with the
/// latest invocation so far. Complexity: O(n log n), for the order within blocks.
private func inOrder<Command>(_ blocks: [[Int]], _ calls: [Call<Command>]) -> Result<
  [Int], Conflict
> {
  var order: [Int] = []
  var latest = -1
  var latestCall = 0
  for block in blocks {
    for call in block {
      if let completion = calls[call].completion, completion < latest {
        return .failure(Conflict(calls: [latestCall, call]))
      }
    }
    for call in block where calls[call].invocation > latest {
      (latest, latestCall) = (calls[call].invocation, call)
    }
    order += block.sorted { calls[$0].invocation < calls[$1].invocation }
  }
  return .success(order)
}

/// Two calls that stand the wrong way round in time.
private struct Conflict: Error {
  var calls: [Int]
}

/// The answer for calls of which all are in blocks that must follow each other, but those that say
/// nothing.
func linearizationByBlocks<Command>(
  _ blocks: [[Int]], _ free: [[Int]], _ calls: [Call<Command>]
) -> SolverResult {
  switch inOrder(blocks, calls) {
  case .success(let order):
    let orders = ([order] + free).map { $0.map(UInt32.init) }
    return .linearizable(mergedLinearization(orders, callCount: calls.count).map(Int.init))
  case .failure(let conflict): return .impossible(conflict.calls)
  }
}
