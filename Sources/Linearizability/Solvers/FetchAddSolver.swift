/// What calls on an allocator of identifiers do.
package enum FetchAddKind {
  /// It gave the identifier that is its value; one beyond all calls if it cannot be.
  package static let add: UInt8 = 0
  /// Nobody knows what it gave.
  package static let unknown: UInt8 = 1

  package static let crashed: [UInt8] = [unknown, unknown]
}

/// Decides a number to which one is added and which gives what it was: what a call gave is its place in
/// the order. A place that nobody got belongs to a crashed call that began before all later places
/// were given.
///
/// The places that are missing have deadlines, the first completion at a later place, which do not
/// fall from one to the next; crashed calls are given to them in order of invocation. If any
/// assignment fits, this one does (both sides sorted). Complexity: O(n).
package struct FetchAddSolver: ColumnSolver, ~Copyable {
  typealias Kind = FetchAddKind

  private let columns: CallColumns
  private var order: [UInt32] = []

  package init(_ columns: CallColumns) { self.columns = columns }

  package mutating func decide() -> Decision {
    let places = Scratch(repeating: CallColumns.none, count: columns.valueCount)
    var crashed: [UInt32] = []
    var end: UInt32 = 0
    for call in 0..<columns.count {
      if columns.kind[call] == Kind.unknown {
        if columns.completion[call] != CallColumns.none { return .undecided }
        crashed.append(UInt32(call))
        continue
      }
      let place = columns.value[call]
      if place >= columns.count { return .impossible([call]) }
      if places[place] != CallColumns.none { return .impossible([Int(places[place]), call]) }
      places[place] = UInt32(call)
      end = max(end, place + 1)
    }
    return arrange(places, upTo: end, crashed)
  }

  private mutating func arrange(
    _ places: borrowing Scratch<UInt32>, upTo end: UInt32, _ crashed: [UInt32]
  ) -> Decision {
    order.reserveCapacity(Int(end))
    var waiting = crashed[...]
    // Calls are in order of invocation, so the largest index began last.
    var latest: UInt32 = 0
    for place in 0..<end {
      let given = places[place]
      guard let call = given == CallColumns.none ? waiting.popFirst() : given else {
        return .impossible(Array(0..<columns.count))
      }
      if columns.completion[Int(call)] < columns.invocation[Int(latest)] {
        return .impossible([Int(latest), Int(call)])
      }
      latest = max(latest, call)
      order.append(call)
    }
    return .linearizable
  }

  package mutating func linearization() -> [UInt32] { order }
}
