/// What calls on a lock with an owner do; values are processes.
package enum OwnerLockKind {
  package static let acquire: UInt8 = 0
  package static let release: UInt8 = 1
  /// Another process, or itself, held it.
  package static let failed: UInt8 = 2

  /// A crashed attempt that fails changes nothing, so it may count as one that crashed while acquiring.
  package static let crashed: [UInt8] = [acquire, release, acquire]
}

/// Decides a lock that only its owner can release. A process holds it at least from the end of its
/// acquisition to the beginning of its release, and that is enough: there is a linearization if and
/// only if these times are disjoint. In their order, each hold's acquisition and release one after the
/// other, no call is over before one ahead of it begins.
///
/// A crashed acquisition helps nobody and is left out; a crashed release takes effect. A failed
/// attempt needs a moment at which the lock is held, and is left to the search. Complexity: O(n).
package struct OwnerLockSolver: ColumnSolver, ~Copyable {
  typealias Kind = OwnerLockKind
  private static let none = CallColumns.none

  private struct Hold {
    var acquisition = none
    var release = none

    var calls: [UInt32] { [acquisition, release].filter { $0 != none } }
  }

  private let columns: CallColumns
  private let owner: UInt32
  /// In the order in which they begin.
  private var holds: [Hold] = []

  /// `owner` is the process that has it at first; `none` if none does.
  package init(_ columns: CallColumns, owner: UInt32) {
    self.columns = columns
    self.owner = owner
  }

  package mutating func decide() -> Decision {
    if columns.kind.contains(Kind.failed) { return .undecided }
    // By process, its hold that has no release yet.
    let open = Scratch(repeating: Self.none, count: columns.valueCount)
    // By position, the hold that begins there.
    let beginning = Scratch(repeating: Self.none, count: Int(columns.lastPosition) + 1)
    var unordered: [Hold] = []
    if owner != Self.none {
      unordered.append(Hold())
      (open[owner], beginning[0]) = (0, 0)
    }
    for call in 0..<columns.count {
      let process = columns.value[call]
      let hold = open[process]
      if columns.kind[call] == Kind.release {
        open[process] = Self.none
        if hold != Self.none { unordered[Int(hold)].release = UInt32(call) }
        if hold == Self.none, columns.completion[call] != Self.none { return .impossible([call]) }
      } else if columns.completion[call] != Self.none {
        if hold != Self.none {
          return .impossible(unordered[Int(hold)].calls.map(Int.init) + [call])
        }
        open[process] = UInt32(unordered.count)
        beginning[columns.completion[call]] = UInt32(unordered.count)
        unordered.append(Hold(acquisition: UInt32(call)))
      }
    }
    for position in 0..<beginning.count where beginning[position] != Self.none {
      let next = unordered[Int(beginning[position])]
      if let hold = holds.last, end(of: hold) > position {
        return .impossible((hold.calls + next.calls).map(Int.init))
      }
      holds.append(next)
    }
    return .linearizable
  }

  private func end(of hold: Hold) -> UInt32 {
    hold.release == Self.none ? Self.none : columns.invocation[Int(hold.release)]
  }

  package mutating func linearization() -> [UInt32] { holds.flatMap(\.calls) }
}
