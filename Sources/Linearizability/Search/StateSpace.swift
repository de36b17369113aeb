/// The states and commands of one search, numbered, and the steps between them as far as they
/// were asked for.
struct StateSpace<S: Specification> {
  /// What `step` gives where the command is not possible.
  static var illegal: Int32 { -1 }

  /// The states by number; number 0 is the initial one.
  private(set) var states: [S.State]
  private let specification: S
  private let commands: [S.Command]
  private var numbers: [S.State: Int32]
  private var steps: [UInt64: Int32] = [:]

  /// Numbers the commands of the calls; `numbers[i]` of the result is that of call i.
  static func make(
    specification: S, calls: [Call<S.Command>]
  ) -> (space: StateSpace, commandNumbers: [Int32]) {
    var commands: [S.Command] = []
    var numbers: [S.Command: Int32] = [:]
    let commandNumbers = calls.map { call in
      if let number = numbers[call.command] { return number }
      let number = Int32(commands.count)
      numbers[call.command] = number
      commands.append(call.command)
      return number
    }
    return (StateSpace(specification: specification, commands: commands), commandNumbers)
  }

  private init(specification: S, commands: [S.Command]) {
    self.specification = specification
    self.commands = commands
    states = [specification.initialState]
    numbers = [specification.initialState: 0]
  }

  /// The number of the state after the command, or `illegal`.
  mutating func step(_ state: Int32, _ command: Int32) -> Int32 {
    let pair = UInt64(UInt32(bitPattern: state)) << 32 | UInt64(UInt32(bitPattern: command))
    if let known = steps[pair] { return known }
    var number = Self.illegal
    if let next = specification.step(states[Int(state)], commands[Int(command)]) {
      number = self.number(of: next)
    }
    steps[pair] = number
    return number
  }

  private mutating func number(of state: S.State) -> Int32 {
    if let number = numbers[state] { return number }
    let number = Int32(states.count)
    numbers[state] = number
    states.append(state)
    return number
  }

  /// Roughly how much memory it takes, the contents of states aside.
  var bytes: Int {
    steps.count * 24 + states.count * (2 * MemoryLayout<S.State>.stride + 8)
  }
}
