internal import Histories

extension VersionedRegister {
  /// Versions give the order of the changes. At each there is the call that made it and then its reads,
  /// which must agree on the value, and a put-if stands right behind the version that it expected.
  /// What remains is that this order respects real time.
  ///
  /// Versions that no completed call made are given to crashed calls. One that nobody needs is left
  /// out, since versions may be skipped. Completed changes and reads without a version are left to the
  /// search. Complexity: O(n log n).
  func solve(_ calls: [Call<Command>]) -> SolverResult {
    guard initialState.isExact else { return .undecided }
    var versions: [Int64: Version] = [initialState.version: Version(value: initialState.value)]
    var free: [[Int]] = []
    var gaps = VersionGaps(calls: calls)
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
        gaps.puts[value, default: []].append(index)
      case .cas(let expected, let value, nil):
        if !call.isCrashed { return .undecided }
        gaps.conditions.append(.init(expected: expected, value: value, call: index))
      case .write(let value, let version?), .cas(_, let value, let version?):
        if version <= initialState.version { return .impossible([index]) }
        if let other = versions[version]?.change { return .impossible([other, index]) }
        if let other = versions[version, default: Version()].see(value, by: index) {
          return .impossible(other)
        }
        versions[version]?.change = index
        if case .cas(let expected, _, _) = call.command {
          if expected < initialState.version { return .impossible([index]) }
          versions[version]?.expected = expected
          versions[expected] = versions[expected] ?? Version()
        }
      }
    }
    return inOrder(versions, calls, free, gaps)
  }

  private func inOrder(
    _ versions: [Int64: Version], _ calls: [Call<Command>], _ free: [[Int]],
    _ crashed: VersionGaps<Command>
  ) -> SolverResult {
    let ordered = versions.sorted { $0.key < $1.key }
    if let (number, version) = ordered.first, number < initialState.version {
      return .impossible(version.calls)
    }
    for ((last, before), (_, version)) in zip(ordered, ordered.dropFirst()) {
      if let expected = version.expected, expected != last {
        return .impossible(version.calls + before.calls)
      }
    }
    let unmade = ordered.indices.dropFirst().filter { ordered[$0].value.change == nil }
    let deadlines = deadlines(of: ordered.map(\.value), calls)
    let gaps = unmade.map { index in
      VersionGap(
        versions: ordered[index - 1].key..<ordered[index].key, value: ordered[index].value.value,
        deadline: deadlines[index])
    }
    switch crashed.fill(gaps) {
    case .failure(let unfilled):
      return .impossible(ordered[unmade[unfilled.gap]...].prefix(2).flatMap(\.value.calls))
    case .success(let makers):
      var changes = ordered.map { $0.value.change.map { [$0] } ?? [] }
      for (index, calls) in zip(unmade, makers) { changes[index] = calls }
      let blocks = zip(changes, ordered).flatMap { $0.map { [$0] } + [$1.value.reads] }
      return linearizationByBlocks(blocks, free, calls)
    }
  }

  /// The first return among the calls at each version and later.
  private func deadlines(of versions: [Version], _ calls: [Call<Command>]) -> [Int] {
    var deadline = Int.max
    return versions.reversed().map { version in
      deadline = version.calls.reduce(deadline) { min($0, calls[$1].completion ?? .max) }
      return deadline
    }.reversed()
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
