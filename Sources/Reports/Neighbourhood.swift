internal import Checkers
internal import Histories
internal import Linearizability

/// The part of a history that explains a violation: the impossible operation and what is needed
/// to see why it cannot be.
struct Neighbourhood {
  /// Why an operation is shown; the most important first.
  enum Role: Int, Comparable {
    case impossible, writer, overwriter, concurrent, context, pending

    static func < (a: Role, b: Role) -> Bool { a.rawValue < b.rawValue }
  }

  struct Entry {
    var operation: Operation
    var role: Role
    /// Its place in the linearization, from 1, and the state after it; nil where it has none.
    var point: (number: Int, stateAfter: String)?

    /// Where its bar ends: the position of its completion, nil where it may still take effect.
    var end: Int? { operation.outcome == .info ? nil : operation.completion }
  }

  /// The chosen operations in order of invocation.
  private(set) var entries: [Entry] = []
  /// Their processes in order of first appearance: the lanes.
  private(set) var lanes: [Int] = []
  /// The positions of the operations of the same partition that were left out, ascending.
  private(set) var omitted: [Int] = []
  /// The violation that it explains.
  let violation: Violation

  /// The chosen operations, the most important first.
  private var ranked: [Entry] = []
  private let partition: PartitionJudgement
  private let end: Int

  /// Chooses at most `limit` operations on at most `laneLimit` processes. Nil where the
  /// impossible operation is not among the partition's. O(n log n).
  init?(
    of partition: PartitionJudgement, _ violation: Violation, limit: Int = 40, laneLimit: Int = 14
  ) {
    guard let culprit = partition.operations.first(withID: violation.operation)
    else { return nil }
    self.violation = violation
    self.partition = partition
    end = culprit.completion ?? culprit.invocation
    let candidates = Roles(partition, violation, culprit).candidates()
      .sorted { a, b in (a.1, -a.0.invocation) < (b.1, -b.0.invocation) }
    var processes: Set<Int> = []
    for (operation, role) in candidates where ranked.count < limit {
      guard processes.contains(operation.process) || processes.count < laneLimit else { continue }
      processes.insert(operation.process)
      ranked.append(Entry(operation: operation, role: role))
    }
    addPoints()
    arrange()
  }

  /// Leaves out the least important operation. O(n).
  mutating func shrink() {
    ranked.removeLast()
    arrange()
  }

  private mutating func addPoints() {
    let places = Dictionary(
      uniqueKeysWithValues: ranked.enumerated().map { ($0.element.operation.id, $0.offset) })
    for (i, point) in violation.linearization.enumerated() {
      if let place = places[point.operation] {
        ranked[place].point = (i + 1, point.stateAfter ?? "…")
      }
    }
  }

  private mutating func arrange() {
    entries = ranked.sorted { $0.operation.invocation < $1.operation.invocation }
    lanes = entries.map(\.operation.process).reduce(into: []) { lanes, process in
      if !lanes.contains(process) { lanes.append(process) }
    }
    let shown = Set(entries.map(\.operation.id))
    let first = entries.first?.operation.invocation ?? 0
    let window = first...max(first, end)
    let operations = partition.operations
    omitted = operations.indices.lazy.map { operations.span(at: $0) }
      .filter { window.contains($0.invocation) && !shown.contains($0.id) }.map(\.invocation)
  }

  /// The points that are shown, in order.
  var points: [(entry: Entry, number: Int, stateAfter: String)] {
    entries.compactMap { entry in
      entry.point.map { (entry, $0.number, $0.stateAfter) }
    }.sorted { $0.number < $1.number }
  }
}

/// What each operation has to do with the violation.
private struct Roles {
  private var roles: [Int: Neighbourhood.Role] = [:]
  private let operations: Operations
  private let culprit: Operation
  private let end: Int

  init(_ partition: PartitionJudgement, _ violation: Violation, _ culprit: Operation) {
    self.culprit = culprit
    operations = partition.operations
    end = culprit.completion ?? .max
    for point in violation.linearization.suffix(6) { roles[point.operation] = .context }
    if let writer = writer() {
      for id in overwriters(of: writer, violation.linearization) { roles[id] = .overwriter }
      roles[writer.id] = .writer
    }
    roles[culprit.id] = .impossible
  }

  /// The operations that have a role, in order of invocation. O(n).
  func candidates() -> [(Operation, Neighbourhood.Role)] {
    operations.indices.compactMap { index in
      let span = operations.span(at: index)
      let role = roles[span.id] ?? role(span)
      return role.map { (operations[index], $0) }
    }.filter { operation, role in
      // A read that nobody knows the answer of can explain nothing.
      role != .pending || operation.f != "read"
    }
  }

  private func role(_ span: Operations.Span) -> Neighbourhood.Role? {
    // A failed operation did not happen: it is shown only where its value was seen.
    guard !span.isFailed, span.invocation < end else { return nil }
    guard let spanEnd = span.end else { return .pending }
    return spanEnd > culprit.invocation ? .concurrent : nil
  }

  /// The value that an operation saw: a read's result, what a cas expected to find.
  private static func observed(_ operation: Operation) -> Value? {
    guard case .ok(let result) = operation.outcome else { return nil }
    if operation.f == "cas", case .array(let pair)? = operation.argument { return pair.first }
    return operation.argument == nil || operation.argument == .null ? result : nil
  }

  /// The last operation before the end of the violation that may have written what was seen:
  /// one that succeeded if there is any, since a failed one wrote nothing.
  private func writer() -> Operation? {
    guard let value = Self.observed(culprit), value != .null else { return nil }
    func isWriter(_ operation: Operation) -> Bool {
      guard operation.id != culprit.id, operation.invocation < end else { return false }
      if operation.f == "cas", case .array(let pair)? = operation.argument {
        return pair.last == value
      }
      return operation.argument == value
    }
    return operations.last { $0.outcome != .fail && isWriter($0) }
      ?? operations.last(where: isWriter)
  }

  /// Of the operations that changed the state after the writer: the first, and the last that
  /// had returned when the impossible operation was invoked.
  private func overwriters(of writer: Operation, _ points: [LinearizationPoint]) -> [Int] {
    guard let start = points.lastIndex(where: { $0.operation == writer.id }) else { return [] }
    let changes = points.indices.dropFirst(start + 1).lazy.filter { i in
      points[i].stateAfter != points[i - 1].stateAfter && hasReturned(points[i].operation)
    }
    return [changes.first, changes.last].compactMap { $0.map { points[$0].operation } }
  }

  /// Whether an operation had returned when the impossible one was invoked.
  private func hasReturned(_ id: Int) -> Bool {
    (operations.first(withID: id)?.completion ?? .max) < culprit.invocation
  }
}
