/// What calls on a number do to which amounts are added.
enum AdditionKind {
  /// It saw `value`.
  static let read: UInt8 = 0
  /// It added `other`, and nobody knows to what.
  static let add: UInt8 = 1
  /// It saw `value` and added `other`.
  static let fetchAdd: UInt8 = 2
  static let observeNothing: UInt8 = 3

  static let crashed: [UInt8] = [observeNothing, add, add, observeNothing]
}

/// Decides a number to which more than nothing is added each time, and of which calls see the exact
/// value: a counter or an allocator with amounts of any size.
///
/// Additions are lazy: none takes effect before a completion needs it. The number only grows, so what
/// is seen is passed in the order of its size: each open observer that saw more than the number is now is a
/// target that must be hit, and between two targets the order of additions does not matter.
///
/// Invariant of `AdditionSearch`: if some linearization begins with the additions that were taken so far, then
/// some linearization goes on with one of the ways that are tried next. Proof sketch: take one in which
/// everything is as late as can be. Before an addition completes, only what is needed comes before it: sets of
/// additions that hit one target after the other, then the addition itself, which must not pass the next
/// target. Anything else between the last of these targets and the addition can change places with it, since
/// additions commute. Before an observer completes, the sets up to its target come alone. All such sets are
/// tried, but of two open additions of one amount only the one that completes first: the other can change
/// places with it, and each is still within its interval then. What sees and adds is the next addition
/// when its target is hit, since any other would make it impossible.
///
/// To find the sets is the problem of subset sums, and the question itself is NP-hard, but few additions are open
/// at a time and reads leave few sets. All is bounded: where a bound cuts something off, a linearization that was
/// found still counts, and otherwise nothing is said, unless bounds of what each call can have seen show
/// that there is none (`AdditionBounds`). Complexity: O(n) where reads tell what was added; the bounds keep it
/// at 100 steps for each call.
struct AdditionSolver: ColumnSolver, ~Copyable {
  typealias Kind = AdditionKind

  private let columns: CallColumns
  /// What the values of the columns are: amounts, and what was seen, as its distance from the initial value.
  private let numbers: [Int64]
  private var additions: [UInt32] = []

  /// `numbers` are in increasing order; the sum of all amounts must be below 2^63.
  init(_ columns: CallColumns, numbers: [Int64]) {
    self.columns = columns
    self.numbers = numbers
  }

  mutating func decide() -> Decision {
    if let position = AdditionBounds(columns, numbers).firstConflict() {
      return .impossible(calls(before: position))
    }
    // If what crashed takes effect, then mostly soon.
    for crashedLimit in [8, .max] {
      var search = AdditionSearch(columns, numbers, crashedLimit: crashedLimit)
      switch search.run() {
      case .reached(let order):
        additions = order
        return .linearizable
      case .blocked(let position): return .impossible(calls(before: position))
      case .cutOff: continue
      }
    }
    return .undecided
  }

  private func calls(before position: UInt32) -> [Int] {
    Array(0..<columns.invocation.partitioningIndex { $0 >= position })
  }

  /// Observers go where the number is what they saw, by invocation.
  mutating func linearization() -> [UInt32] {
    columns.withPointers { calls in
      func indexes(of kind: UInt8) -> [UInt32] {
        (0..<UInt32(calls.count)).filter {
          calls.kind[$0] == kind && calls.completion[$0] != CallColumns.none
        }
      }
      var reads = indexes(of: Kind.read).sorted {
        (calls.value[$0], $0) < (calls.value[$1], $1)
      }[...]
      var order: [UInt32] = []
      order.reserveCapacity(calls.count)
      var sum: Int64 = 0
      func takeReads() {
        while let read = reads.first, numbers[Int(calls.value[read])] == sum {
          order.append(read)
          reads.removeFirst()
        }
      }
      for call in additions {
        takeReads()
        order.append(call)
        sum += numbers[Int(calls.other[call])]
      }
      takeReads()
      return mergedLinearization(
        [order, indexes(of: Kind.observeNothing)], callCount: calls.count)
    }
  }
}
