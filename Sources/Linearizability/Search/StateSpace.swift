/// The states and commands of one search, numbered, and the steps between them as far as they
/// were asked for.
struct StateSpace<M: Model> {
  /// What `step` gives where the command is not possible.
  static var illegal: Int32 { -1 }

  /// The states by number; number 0 is the initial one.
  private(set) var states: [M.State]
  private let model: M
  private let commands: [M.Command]
  private var numbers: [M.State: Int32]
  private var steps: [UInt64: Int32] = [:]

  /// Numbers the commands of the calls; `numbers[i]` of the result is that of call i.
  static func make(
    model: M, calls: [Call<M.Command>]
  ) -> (space: StateSpace, commandNumbers: [Int32]) {
    var commands: [M.Command] = []
    var numbers: [M.Command: Int32] = [:]
    let commandNumbers = calls.map { call in
      if let number = numbers[call.command] { return number }
      let number = Int32(commands.count)
      numbers[call.command] = number
      commands.append(call.command)
      return number
    }
    return (StateSpace(model: model, commands: commands), commandNumbers)
  }

  private init(model: M, commands: [M.Command]) {
    self.model = model
    self.commands = commands
    states = [model.initialState]
    numbers = [model.initialState: 0]
  }

  /// The number of the state after the command, or `illegal`.
  mutating func step(_ state: Int32, _ command: Int32) -> Int32 {
    let pair = UInt64(UInt32(bitPattern: state)) << 32 | UInt64(UInt32(bitPattern: command))
    if let known = steps[pair] { return known }
    var number = Self.illegal
    if let next = model.step(states[Int(state)], commands[Int(command)]) {
      number = self.number(of: next)
    }
    steps[pair] = number
    return number
  }

  private mutating func number(of state: M.State) -> Int32 {
    if let number = numbers[state] { return number }
    let number = Int32(states.count)
    numbers[state] = number
    states.append(state)
    return number
  }

  /// Roughly how much memory it takes, the contents of states aside.
  var bytes: Int {
    steps.capacity * 16 + states.count * (2 * MemoryLayout<M.State>.stride + 8)
  }
}
