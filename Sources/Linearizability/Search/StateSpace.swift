/// The states of one search, numbered as they are reached, and the commands, numbered before.
final class NumberedStates<S: Specification> {
  /// The states by number; number 0 is the initial one.
  private(set) var states: [S.State]
  /// The number of each call's command.
  let commandNumbers: [Int32]
  private let specification: S
  /// The commands by number.
  let commands: [S.Command]
  private var numbers: [S.State: Int32]
  /// How much memory the contents of every sixteenth state take.
  private var sampledBytes = 0

  /// Numbers the commands of the calls.
  init(of specification: S, calls: [Call<S.Command>]) {
    var commands: [S.Command] = []
    var commandNumbers: [S.Command: Int32] = [:]
    self.commandNumbers = calls.map { call in
      if let number = commandNumbers[call.command] { return number }
      let number = Int32(commands.count)
      commandNumbers[call.command] = number
      commands.append(call.command)
      return number
    }
    self.specification = specification
    self.commands = commands
    states = [specification.initialState]
    numbers = [specification.initialState: 0]
  }

  /// The steps between the states.
  func space() -> StateSpace {
    StateSpace(
      commandCount: commands.count, compute: { self.step($0, $1) },
      stateBytes: { self.bytes })
  }

  /// Whether the observer is impossible in the state and after any growths.
  func isHopeless(_ state: Int32, _ command: Int32) -> Bool {
    specification.isHopeless(commands[Int(command)], in: states[Int(state)])
  }

  /// Roughly how much memory the states take, each of them twice but for its contents.
  private var bytes: Int {
    footprint(of: states) + states.count * 16
      + numbers.capacity * (MemoryLayout<S.State>.stride + 4) * 3 / 2 + sampledBytes * 16
  }

  private func step(_ state: Int32, _ command: Int32) -> Int32 {
    guard let next = specification.step(states[Int(state)], commands[Int(command)]) else {
      return StateSpace.illegal
    }
    if let number = numbers[next] { return number }
    let number = Int32(states.count)
    numbers[next] = number
    states.append(next)
    if number & 15 == 0 { sampledBytes += heapBytes(of: next) }
    return number
  }
}

/// The steps between the numbered states of a search, each asked for once.
///
/// It knows nothing of the specification, so that searches need not be compiled for each.
struct StateSpace {
  /// What `step` gives where the command is not possible.
  static var illegal: Int32 { -1 }

  private var steps: StepTable
  private let compute: (Int32, Int32) -> Int32
  private let stateBytes: () -> Int

  init(
    commandCount: Int, compute: @escaping (Int32, Int32) -> Int32,
    stateBytes: @escaping () -> Int
  ) {
    steps = StepTable(commandCount: commandCount)
    self.compute = compute
    self.stateBytes = stateBytes
  }

  /// The number of the state after the command, or `illegal`.
  mutating func step(_ state: Int32, _ command: Int32) -> Int32 {
    let known = steps[state, command]
    if known != StepTable.unknown { return known }
    let number = compute(state, command)
    steps[state, command] = number
    return number
  }

  /// Roughly how much memory it takes.
  var bytes: Int { steps.bytes + stateBytes() }
}

/// The steps that were asked for: rows where there are few commands, else hashed.
struct StepTable {
  static var unknown: Int32 { -2 }

  /// How many commands have rows; 0 if steps are hashed.
  private let width: Int
  private var rows: [Int32] = []
  private var keys: [UInt64] = []
  private var values: [Int32] = []
  private var count = 0

  init(commandCount: Int) {
    width = commandCount <= 64 ? commandCount : 0
    if width > 0 { return }
    keys = Array(repeating: 0, count: 64)
    values = Array(repeating: Self.unknown, count: 64)
  }

  var bytes: Int { footprint(of: rows) + keys.count * (count > keys.count * 7 / 16 ? 36 : 12) }

  subscript(state: Int32, command: Int32) -> Int32 {
    get {
      if width > 0 {
        let index = Int(state) * width + Int(command)
        return index < rows.count ? rows[index] : Self.unknown
      }
      return values[find(Self.key(state, command))]
    }
    set {
      if width > 0 {
        let index = Int(state) * width + Int(command)
        while rows.count <= index {
          rows.append(contentsOf: repeatElement(Self.unknown, count: width))
        }
        rows[index] = newValue
        return
      }
      let key = Self.key(state, command)
      let place = find(key)
      if values[place] == Self.unknown { count += 1 }
      keys[place] = key
      values[place] = newValue
      if count * 2 > keys.count { grow() }
    }
  }

  private static func key(_ state: Int32, _ command: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: state)) << 32 | UInt64(UInt32(bitPattern: command))
  }

  /// Where the key is, or belongs. Open addressing.
  private func find(_ key: UInt64) -> Int {
    let mask = keys.count - 1
    var place = Int(truncatingIfNeeded: mixed(key)) & mask
    while values[place] != Self.unknown, keys[place] != key { place = (place + 1) & mask }
    return place
  }

  private mutating func grow() {
    let (oldKeys, oldValues) = (keys, values)
    keys = Array(repeating: 0, count: oldKeys.count * 2)
    values = Array(repeating: Self.unknown, count: oldKeys.count * 2)
    for (key, value) in zip(oldKeys, oldValues) where value != Self.unknown {
      let place = find(key)
      keys[place] = key
      values[place] = value
    }
  }
}
