/// What keeps an event from being paired. Positions are those of events.
enum PairingProblem: Hashable {
  /// The process invoked while its operation, with this id, was open.
  case stillOpen(Int)
  /// The process went on after its operation, with this id, had ended as info.
  case afterInfo(Int)
  /// It completes nothing.
  case nothingOpen
  /// It completes another function, another key, or at an earlier time than the open operation's.
  case otherFunction(Int)
  case otherKey(Int)
  case earlierTime(Int)
  /// It is of one function more than a history may have.
  case tooManyFunctions
}

/// Pairs invocations with completions, process by process, into a table.
///
/// The argument of a `read` is nil, since what it read is its result. Of a `write` or `cas` that is ok,
/// the completion's value wins over the invocation's, unless it is absent or null: the client may only have known then
/// what it did. Every other function keeps the invocation's value as argument.
struct Pairing {
  /// An event of a client, its parts as numbers of the table's.
  struct Step {
    var process = 0
    var type = EventType.invoke
    var function: UInt16 = 0
    var key = OperationTable.none
    var value = OperationTable.none
    /// `Int64.min` where none was recorded.
    var time = Int64.min
  }

  private struct Lane {
    /// The operation that the process invoked last, unless it completed as ok or fail; else -1.
    var last = -1
    /// When it was invoked.
    var time = Int64.min
    /// Whether it has not completed, as info either.
    var isOpen = false
  }

  private enum Role {
    case read, overwrite, other
  }

  /// How many functions a history may have. They are looked for one by one: clients have a handful.
  static let functionLimit = 1000
  /// The number of those beyond.
  private static let noFunction = UInt16.max

  var table: OperationTable
  private var lanes: [Lane] = []
  /// Indexes of small process numbers' lanes, and of others; -1 where there is none.
  private var small: [Int32] = Array(repeating: -1, count: 256)
  private var large: [Int: Int] = [:]
  private var roles: [Role] = []

  init(_ table: OperationTable = OperationTable()) { self.table = table }

  /// The number of a function's name; of one too many, one with which no event is added.
  mutating func function(named name: String) -> UInt16 {
    if let number = table.functionNames.firstIndex(of: name) { return UInt16(number) }
    guard table.functionNames.count < Self.functionLimit else { return Self.noFunction }
    table.functionNames.append(name)
    roles.append(name == "read" ? .read : name == "write" || name == "cas" ? .overwrite : .other)
    return UInt16(table.functionNames.count - 1)
  }

  /// Adds the event at that position; says why it cannot be paired, if it cannot, and is as before then.
  mutating func add(_ step: Step, at position: Int) -> PairingProblem? {
    if step.function == Self.noFunction { return .tooManyFunctions }
    let lane = lane(of: step.process)
    return step.type == .invoke
      ? invoke(step, lane, at: UInt32(position)) : complete(step, lane, at: UInt32(position))
  }

  /// Goes on after a problem with an event: an invocation counts as the process's operation from now
  /// on, a completion as the end of whatever it had open.
  mutating func recover(_ step: Step, at position: Int) {
    lanes[lane(of: step.process)].last = -1
    if step.type == .invoke { _ = add(step, at: position) }
  }

  private mutating func invoke(_ step: Step, _ lane: Int, at position: UInt32) -> PairingProblem? {
    let last = lanes[lane].last
    if last >= 0 {
      return lanes[lane].isOpen ? .stillOpen(last) : .afterInfo(last)
    }
    let id = table.count
    lanes[lane] = Lane(last: id, time: step.time, isOpen: true)
    table.rows.append(
      invocation: position,
      argument: roles[Int(step.function)] == .read ? OperationTable.none : step.value,
      process: UInt32(lane), function: step.function)
    if step.key != OperationTable.none || !table.keys.isEmpty { appendKey(step.key, id) }
    return nil
  }

  private mutating func appendKey(_ key: UInt32, _ id: Int) {
    if table.keys.count < id {
      table.keys = Array(repeating: OperationTable.none, count: id)
    }
    table.keys.append(key)
  }

  private mutating func complete(_ step: Step, _ lane: Int, at position: UInt32) -> PairingProblem?
  {
    let id = lanes[lane].last
    guard id >= 0, lanes[lane].isOpen else { return .nothingOpen }
    let function = table.rows.function(of: id)
    if step.function != function { return .otherFunction(id) }
    if step.key != OperationTable.none, table.keys.isEmpty || step.key != table.keys[id] {
      return .otherKey(id)
    }
    if step.time < lanes[lane].time, step.time != .min { return .earlierTime(id) }
    lanes[lane].isOpen = false
    switch step.type {
    case .ok:
      let overwrites =
        roles[Int(function)] == .overwrite && step.value != OperationTable.none
        && step.value != ValueTable.null
      table.rows.succeed(id, at: position, result: step.value, isArgument: overwrites)
    case .fail: table.rows.fail(id, at: position)
    case .info, .invoke:
      table.rows.crash(id, at: position)
      return nil
    }
    lanes[lane].last = -1
    return nil
  }

  // MARK: Processes

  @inline(__always)
  private mutating func lane(of process: Int) -> Int {
    if process >= 0, process < small.count, small[process] >= 0 { return Int(small[process]) }
    return newLane(of: process)
  }

  @inline(never)
  private mutating func newLane(of process: Int) -> Int {
    if let lane = large[process] { return lane }
    let lane = lanes.count
    lanes.append(Lane())
    table.processNumbers.append(process)
    // Processes that crash go on under other numbers, which often are the next ones.
    if process >= 0, process < 4 * lane + 256 {
      if process >= small.count {
        small += repeatElement(-1, count: max(small.count, process + 1 - small.count))
        for (other, lane) in large where other >= 0 && other < small.count {
          small[other] = Int32(lane)
        }
      }
      small[process] = Int32(lane)
    } else {
      large[process] = lane
    }
    return lane
  }
}
