import Histories
import Randomness

/// Random histories of registers, by simulation: each operation takes effect on a real register at
/// a random moment, so the history is linearizable until results are tampered with.
struct RandomHistories {
  struct Shape {
    var processes = 3
    var operations = 8
    /// Values are drawn from 0..<values; unique values where nil.
    var values: Int? = 3
    var keys = 0
    /// In percent, of operations.
    var infos = 15
    var fails = 10
    /// In percent, of ok reads and cas: how many get another result.
    var tampered = 0
    var hasCAS = true
  }

  var random: SeededRandom
  private var nextValue: Int64 = 0

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  private struct Open {
    var process: Int
    var f: String
    var key: Value?
    var value: Value
    /// What it will say, once it has taken effect.
    var result: (type: EventType, value: Value?)?
    /// Whether it takes effect only after it ended as info, if ever.
    var isLate = false
  }

  mutating func history(_ shape: Shape) -> History {
    nextValue = 0
    var events: [Event] = []
    var registers: [Value?: Value] = [:]
    var open: [Open] = []
    var late: [Open] = []
    var idle = Array(0..<shape.processes)
    var nextProcess = shape.processes
    var invoked = 0
    while invoked < shape.operations || open.contains(where: { _ in chance(97) }) {
      switch Int.random(in: 0..<3, using: &random) {
      case 0 where !idle.isEmpty && invoked < shape.operations:
        let process = idle.remove(at: Int.random(in: 0..<idle.count, using: &random))
        let operation = operation(process, shape)
        open.append(operation)
        events.append(event(operation, .invoke, operation.f == "read" ? nil : operation.value))
        invoked += 1
      case 1 where !open.isEmpty || !late.isEmpty:
        if !late.isEmpty, open.isEmpty || chance(30) {
          var operation = late.remove(at: Int.random(in: 0..<late.count, using: &random))
          if chance(60) { takeEffect(&operation, &registers, shape) }
          continue
        }
        let index = Int.random(in: 0..<open.count, using: &random)
        if open[index].result == nil { takeEffect(&open[index], &registers, shape) }
      case 2 where !open.isEmpty:
        let index = Int.random(in: 0..<open.count, using: &random)
        let operation = open[index]
        if chance(shape.infos) {
          open.remove(at: index)
          events.append(event(operation, .info, nil))
          if operation.result == nil { late.append(operation) }
          idle.append(nextProcess)
          nextProcess += 1
        } else if let result = operation.result {
          open.remove(at: index)
          events.append(event(operation, result.type, result.value))
          idle.append(operation.process)
        }
      default: continue
      }
    }
    for index in events.indices {
      events[index].index = index
      events[index].line = index + 1
    }
    return History(source: "random", events: events)
  }

  private func event(_ operation: Open, _ type: EventType, _ value: Value?) -> Event {
    Event(
      index: 0, process: .client(operation.process), type: type, f: operation.f,
      key: operation.key, value: value)
  }

  private mutating func operation(_ process: Int, _ shape: Shape) -> Open {
    let key: Value? =
      shape.keys == 0 ? nil : .integer(Int64.random(in: 0..<Int64(shape.keys), using: &random))
    switch Int.random(in: 0..<(shape.hasCAS ? 10 : 8), using: &random) {
    case 0..<5: return Open(process: process, f: "read", key: key, value: .null)
    case 5..<8: return Open(process: process, f: "write", key: key, value: value(shape))
    default:
      let pair = [oldValue(shape), value(shape)]
      return Open(process: process, f: "cas", key: key, value: .array(pair))
    }
  }

  private mutating func value(_ shape: Shape) -> Value {
    if let values = shape.values {
      return .integer(Int64.random(in: 0..<Int64(values), using: &random))
    }
    nextValue += 1
    return .integer(nextValue)
  }

  private mutating func oldValue(_ shape: Shape) -> Value {
    if chance(10) { return .null }
    let bound = shape.values.map { Int64($0 - 1) } ?? nextValue
    return .integer(Int64.random(in: max(0, bound - 3)...max(0, bound), using: &random))
  }

  private mutating func takeEffect(
    _ operation: inout Open, _ registers: inout [Value?: Value], _ shape: Shape
  ) {
    let state = registers[operation.key] ?? .null
    if operation.f != "read", chance(shape.fails) {
      operation.result = (.fail, nil)
      return
    }
    switch operation.value {
    case .array(let pair) where operation.f == "cas":
      let tampered = chance(shape.tampered)
      if pair[0] == state { registers[operation.key] = pair[1] }
      operation.result = pair[0] == state || tampered ? (.ok, operation.value) : (.fail, nil)
    case let value where operation.f == "write":
      registers[operation.key] = value
      operation.result = (.ok, chance(20) ? nil : value)
    default:
      operation.result = (.ok, chance(shape.tampered) ? oldValue(shape) : state)
      if chance(5) { operation.result = (.ok, nil) }
    }
  }

  mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
}
