/// Decides a stack whose elements are unique (after P. Abdulla and others, "Efficient linearizability
/// monitoring", 2025, and Z. Lee and U. Mathur, "Efficient decrease-and-conquer linearizability
/// monitoring", 2025).
///
/// An element that need not be there at any gap (its critical interval is empty) is pushed, seen and
/// popped at one gap that all its calls share, whatever else is on the stack: it takes no part.
///
/// Another can lie below all others if each call on it has a gap in its interval in which no other
/// is there for certain: in such gaps the stack can be empty but for it. Elements are taken off from
/// below, one after the other, until none is left; if none of those left can lie below the others,
/// there is no linearization: in one, the first of them to be pushed does, for none of the others is
/// there when it is pushed, seen or popped. Taking one off removes constraints only, so the order does
/// not matter, and what has a gap keeps it. A call that found nothing needs a gap in which no element
/// is for certain.
///
/// Gaps between two borders of critical intervals are alike, so they are one cell (`StackCells`).
/// `StackElimination` takes elements off, and `StackPlacement` gives their calls a place.
///
/// What crashed pops took is found out by `CrashedRemovals`. An element is in the way of the calls on another
/// that was there for certain before it was pushed: it lies above. Where that leads to no answer, the
/// question is left to the search. Complexity: O(n log n), and as much again for each guess.
package struct StackSolver: ColumnSolver, ~Copyable {
  private var calls: ContainerCalls

  package init(_ columns: CallColumns) { calls = ContainerCalls(columns) }

  package mutating func decide() -> Decision {
    let columns = calls.columns
    return columns.withPointers { pointers in
      if let decision = calls.gather(pointers) { return decision }
      let claims = calls.claimsOfSights(pointers) { _, element in Double(element.certain) }
      let crashed = CrashedRemovals(
        calls, pointers, claims: claims + calls.claimsOfEmpties(pointers)
      ) { _, element in Double(element.start) }
      return crashed.decide(calls, pointers, decideOthers: { StackSolver($0).decision() }) {
        flaw(pointers)
      }
    }
  }

  /// A core if there is no order with what crashed pops took as it is assumed.
  private func flaw(_ pointers: CallColumns.Pointers) -> [Int]? {
    let cells = StackCells(calls, pointers)
    for (call, gaps) in calls.empties(pointers) {
      if cells.firstFree(gaps) != nil { continue }
      let cover = calls.elementsCovering(
        UInt32(gaps.lowerBound)..<UInt32(gaps.upperBound), pointers)
      return ([Int(call)] + calls.calls(on: cover.contains)).sorted()
    }
    var elimination = StackElimination(cells, calls, pointers)
    elimination.run { _, _ in }
    if elimination.remaining == 0 { return nil }
    let stuck = elimination.stuck(cells)
    return calls.calls(on: stuck.contains)
  }

  package mutating func linearization() -> [UInt32] {
    let columns = calls.columns
    return columns.withPointers { pointers in
      let cells = StackCells(calls, pointers)
      var placement = StackPlacement(
        calls.members(pointers), empties: calls.empties(pointers), cells: cells)
      var elimination = StackElimination(cells, calls, pointers)
      elimination.run { element, freed in placement.place(element, freed) }
      return calls.mergingFree(placement.order())
    }
  }
}
