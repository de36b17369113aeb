/// An addition that has not completed yet, or that crashed.
struct OpenAddition {
  var call: UInt32
  var amount: Int64
  var completion: UInt32
  /// The bit of its slot.
  var bit: UInt64

  var isCrashed: Bool { completion == CallColumns.none }
}

/// Finds the sets of additions that have a certain sum, where of equal amounts those that complete first are
/// taken first. It goes through them from the largest and gives up where too little is left.
struct AdditionSets {
  private let additions: [OpenAddition]
  /// The sum of the amounts from each place on.
  private let rests: [Int64]
  private var chosen: [OpenAddition] = []
  private(set) var stepsLeft: Int
  /// Whether no set was cut off.
  private(set) var isComplete = true
  private(set) var found: [[OpenAddition]] = []

  /// The additions are in order: the largest first, of equal ones the first to complete.
  init(_ additions: [OpenAddition], steps: Int) {
    self.additions = additions
    var rests = Array(repeating: Int64(0), count: additions.count + 1)
    for place in additions.indices.reversed() {
      rests[place] = rests[place + 1] + additions[place].amount
    }
    self.rests = rests
    stepsLeft = steps
  }

  /// Finds all whose sum that is. Complexity: exponential in the number of additions, as far as the
  /// steps go.
  mutating func find(_ sum: Int64) { find(sum, from: 0) }

  private mutating func find(_ sum: Int64, from start: Int) {
    if sum == 0 {
      found.append(chosen)
      return
    }
    var place = start
    while rests[place] >= sum {
      if stepsLeft <= 0 {
        isComplete = false
        return
      }
      stepsLeft -= 1
      let addition = additions[place]
      if addition.amount <= sum {
        chosen.append(addition)
        find(sum - addition.amount, from: place + 1)
        chosen.removeLast()
      }
      repeat {
        place += 1
      } while place < additions.count
        && additions[place].amount == addition.amount
    }
  }
}
