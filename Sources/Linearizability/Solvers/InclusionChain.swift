internal import Histories

extension GrowOnlySet {
  /// Reads of a set that only grows include each other, which gives the order of all that was seen:
  /// the elements that a read has more than the one before it were added between the two. What no
  /// read saw and was added for certain comes last; crashed additions that nobody saw are left out.
  ///
  /// By size, each must have all that was seen before: as many of its elements as these are, since both are sets.
  /// Complexity: linear in the size of the reads, and n log n in their number.
  func solve(_ calls: [Call<Command>]) -> SolverResult {
    var additions: [Value: Int] = [:]
    var reads: [(elements: Set<Value>, call: Int)] = []
    var free: [[Int]] = []
    for (index, call) in calls.enumerated() {
      switch call.command {
      case .add(let element):
        if initialState.contains(element) { return .undecided }
        if additions.updateValue(index, forKey: element) != nil { return .undecided }
      case .read(nil): free.append([index])
      case .read(let elements?): reads.append((elements, index))
      }
    }
    reads.sort { ($0.elements.count, $0.call) < ($1.elements.count, $1.call) }
    var seen = initialState
    var blocks: [[Int]] = [[]]
    var last: Int?
    for (elements, read) in reads {
      let new = elements.filter { !seen.contains($0) }
      guard elements.count - new.count == seen.count else {
        return .impossible([read] + (last.map { [$0] } ?? []))
      }
      if new.isEmpty {
        blocks[blocks.count - 1].append(read)
      } else {
        let adders = new.compactMap { additions[$0] }
        guard adders.count == new.count else { return .impossible([read]) }
        blocks += [adders, [read]]
        seen.formUnion(new)
      }
      last = read
    }
    blocks.append(
      additions.filter { !seen.contains($0.key) && !calls[$0.value].isCrashed }.map(\.value))
    return linearizationByBlocks(blocks, free, calls)
  }
}

extension AppendList {
  /// Reads of a list that is only appended to are prefixes of each other, which gives the order of
  /// all that was seen. What no read saw and was appended for certain comes last; crashed appends
  /// that nobody saw are left out. Complexity: linear in the size of the reads.
  func solve(_ calls: [Call<Command>]) -> SolverResult {
    var appends: [Value: Int] = [:]
    var reads: [(elements: [Value], call: Int)] = []
    var free: [[Int]] = []
    for (index, call) in calls.enumerated() {
      switch call.command {
      case .append(let element):
        if initialState.contains(element) { return .undecided }
        if appends.updateValue(index, forKey: element) != nil { return .undecided }
      case .read(nil): free.append([index])
      case .read(let elements?): reads.append((elements, index))
      }
    }
    guard let longest = reads.max(by: { $0.elements.count < $1.elements.count }) else {
      return linearizationByBlocks([appends.values.filter { !calls[$0].isCrashed }], free, calls)
    }
    for read in reads {
      guard longest.elements.starts(with: read.elements), read.elements.starts(with: initialState)
      else { return .impossible([read.call, longest.call]) }
    }
    var blocks = Array(
      repeating: (append: [Int](), reads: [Int]()),
      count: longest.elements.count - initialState.count + 1)
    for (index, element) in longest.elements.dropFirst(initialState.count).enumerated() {
      // An element that occurs twice was appended once.
      guard let append = appends.removeValue(forKey: element) else {
        return .impossible([longest.call])
      }
      blocks[index + 1].append = [append]
    }
    for read in reads { blocks[read.elements.count - initialState.count].reads.append(read.call) }
    let rest = appends.values.filter { !calls[$0].isCrashed }
    return linearizationByBlocks(blocks.flatMap { [$0.append, $0.reads] } + [rest], free, calls)
  }
}
