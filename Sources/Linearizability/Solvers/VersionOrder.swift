internal import Histories

extension VersionedRegister {
  /// Versions give the order of the changes. At each there is the call that made it and then its reads,
  /// which must agree on the value, and a put-if stands right behind the version that it expected.
  /// What remains is that this order respects real time.
  ///
  /// A version that no completed call made belongs to a crashed put of the value that was seen; of
  /// several versions with one value, in order, and the crashed puts of that value, by
  /// invocation, each gets the next: if any assignment fits, this one does. A crashed call that
  /// nobody needs is left out, since versions may be skipped. Changes without a version, and
  /// crashed put-ifs that might be needed, are left to the search. Complexity: O(n log n).
  func solve(_ calls: [Call<Command>]) -> SolverResult {
    guard initialState.isExact else { return .undecided }
    var versions: [Int64: Version] = [initialState.version: Version(value: initialState.value)]
    var free: [[Int]] = []
    var crashedPuts: [Value: [Int]] = [:]
    var crashedConditions: Set<Value> = []
    for (index, call) in calls.enumerated() {
      switch call.command {
      case .read(nil, _): free.append([index])
      case .read(_?, nil): return .undecided
      case .read(let value?, let version?):
        if let other = versions[version, default: Version()].see(value, by: index) {
          return .impossible(other)
        }
        versions[version]?.reads.append(index)
      case .write(let value, nil):
        if !call.isCrashed { return .undecided }
        crashedPuts[value, default: []].append(index)
      case .cas(_, let value, nil):
        if !call.isCrashed { return .undecided }
        crashedConditions.insert(value)
      case .write(let value, let version?), .cas(_, let value, let version?):
        if version <= initialState.version { return .impossible([index]) }
        if let other = versions[version]?.change { return .impossible([other, index]) }
        if let other = versions[version, default: Version()].see(value, by: index) {
          return .impossible(other)
        }
        versions[version]?.change = index
        if case .cas(let expected, _, _) = call.command {
          versions[version]?.expected = expected
          versions[expected] = versions[expected] ?? Version()
        }
      }
    }
    return inOrder(versions, calls, free, crashedPuts.mapValues { $0[...] }, crashedConditions)
  }

  private func inOrder(
    _ versions: [Int64: Version], _ calls: [Call<Command>], _ free: [[Int]],
    _ crashedPuts: [Value: ArraySlice<Int>], _ crashedConditions: Set<Value>
  ) -> SolverResult {
    var crashedPuts = crashedPuts
    var blocks: [[Int]] = []
    var last = initialState.version
    for (number, version) in versions.sorted(by: { $0.key < $1.key }) {
      if number < initialState.version { return .impossible(version.calls) }
      if let expected = version.expected, expected != last {
        return .impossible(version.calls + (versions[last]?.calls ?? []))
      }
      last = number
      if number > initialState.version {
        // Only a put-if knew of it, so any crashed call may have made it.
        guard let value = version.value else { return .undecided }
        if version.change == nil, crashedConditions.contains(value) { return .undecided }
        guard let change = version.change ?? crashedPuts[value]?.popFirst() else {
          return .impossible(version.calls)
        }
        blocks.append([change])
      }
      blocks.append(version.reads)
    }
    return linearizationByBlocks(blocks, free, calls)
  }

  private struct Version {
    var value: Value?
    /// Who saw the value first.
    var witness: Int?
    var change: Int?
    var expected: Int64?
    var reads: [Int] = []

    init(value: Value? = nil) { self.value = value }

    var calls: [Int] { (change.map { [$0] } ?? []) + reads }

    /// Notes the value; the calls that disagree, if they do.
    mutating func see(_ seen: Value, by call: Int) -> [Int]? {
      if let value, value != seen { return (witness.map { [$0] } ?? []) + [call] }
      (value, witness) = (seen, witness ?? call)
      return nil
    }
  }
}
