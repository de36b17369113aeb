/// The numbers below a count in groups, those of one group in order.
struct GroupedNumbers {
  private let starts: [UInt32]
  private let members: [UInt32]

  /// `group` gives each number's group, which is below `groups`; those of which it is nil are left
  /// out. Complexity: O(n).
  init(count: Int, groups: Int, group: (Int) -> Int?) {
    var starts = Array(repeating: UInt32(0), count: groups + 2)
    for number in 0..<count {
      if let group = group(number) { starts[group + 2] += 1 }
    }
    for group in 0..<groups { starts[group + 2] += starts[group + 1] }
    var members = Array(repeating: UInt32(0), count: Int(starts[groups + 1]))
    for number in 0..<count {
      guard let group = group(number) else { continue }
      members[Int(starts[group + 1])] = UInt32(number)
      starts[group + 1] += 1
    }
    (self.starts, self.members) = (starts, members)
  }

  subscript(group: Int) -> ArraySlice<UInt32> {
    members[Int(starts[group])..<Int(starts[group + 1])]
  }

  /// Where the numbers of a group are in `all`.
  func range(of group: Int) -> Range<Int> { Int(starts[group])..<Int(starts[group + 1]) }

  /// Where the numbers of the groups up to one are in `all`.
  func range(upTo group: Int) -> Range<Int> { 0..<Int(starts[group + 1]) }

  /// All numbers, by group.
  var all: [UInt32] { members }
}

extension GroupedNumbers {
  /// The calls of one kind that completed, by value.
  init(_ pointers: CallColumns.Pointers, kind: UInt8, valueCount: UInt32) {
    self.init(count: pointers.count, groups: Int(valueCount)) { call in
      pointers.kind[call] == kind && pointers.completion[call] != CallColumns.none
        ? Int(pointers.value[call]) : nil
    }
  }
}
