internal import Histories

/// Checks a linearization on the columns of a table: that it has each operation at most once, every one that
/// completed as ok, none that failed, none behind an operation that began when it was over, and that
/// each step is possible. The same checks as `WitnessVerifier`, for orders that come from columns.
///
/// It reads the table and the order alone, and shares nothing with what found it. Complexity: O(n).
struct TableVerifier {
  let table: OperationTable
  let operations: Operations

  /// Throws what is wrong with an order of ids.
  func verify(_ order: [UInt32], _ replay: any TableReplay) throws(CheckError) {
    try checkMembers(order)
    try checkRealTime(order)
    var replay = replay
    let count = replay.apply(all: order)
    if count < order.count {
      throw wrong("operation \(order[count]) is not possible where it stands")
    }
  }

  private enum Place: UInt8 {
    case elsewhere, missing, placed
  }

  /// Each operation at most once, and all that are ok.
  private func checkMembers(_ order: [UInt32]) throws(CheckError) {
    guard let (_, ids) = operations.rows else { throw wrong("there is no table") }
    var places = Array(repeating: ids == nil ? Place.missing : .elsewhere, count: table.count)
    for id in ids ?? [] { places[Int(id)] = .missing }
    for id in order {
      guard id < table.count, places[Int(id)] == .missing else {
        throw wrong("operation \(id) occurs twice, or is on another object")
      }
      if table.rows.ending(of: Int(id)) == .fail { throw wrong("operation \(id) failed") }
      places[Int(id)] = .placed
    }
    for id in places.indices where places[id] == .missing && table.rows.ending(of: id) == .ok {
      throw wrong("operation \(id) is missing")
    }
  }

  /// An order breaks real time only if some operation was over before the latest invocation among
  /// those ahead of it.
  private func checkRealTime(_ order: [UInt32]) throws(CheckError) {
    var latest: UInt32 = 0
    for id in order {
      let row = table.rows[Int(id)]
      if row.ending == .ok, row.completion < latest {
        throw wrong("operation \(id) was over before one ahead of it began")
      }
      latest = max(latest, row.invocation)
    }
  }

  private func wrong(_ what: String) -> CheckError {
    .internalError("the solver gave a linearization that does not hold: \(what)")
  }
}
