import Glibc
import Histories
import Randomness

/// A history that is linearizable by construction: processes act on one true object, each operation
/// at a moment between its invocation and its completion.
struct GeneratedHistory {
  /// The kinds of work, by the name that `generate` takes.
  enum Work: String, CaseIterable {
    /// Every value is written once.
    case register
    /// Reads, writes and compare-and-set over five values.
    case casRegister = "cas-register"
    case queue, stack
    case priorityQueue = "priority-queue"
    /// Ten elements, which come and go.
    case set
    /// One key: texts are appended, and read as a whole.
    case append
    /// The same with five texts, which are appended again and again.
    case appendFew = "append-few"

    /// The model to check it with.
    var model: String {
      switch self {
      case .register: "register"
      case .casRegister: "cas-register"
      case .queue: "fifo-queue"
      case .stack: "stack"
      case .priorityQueue: "priority-queue"
      case .set: "set"
      case .append, .appendFew: "kv"
      }
    }
  }

  let work: Work
  let operations: Int
  let processes: Int
  /// How many in a million operations crash.
  var crashes = 0
  let seed: UInt64
  /// Whether a read in the middle returns the first value that was read instead, so that a register's
  /// history is not linearizable.
  var hasStaleRead = false
  /// Whether the members of each line come in an order of its own.
  var isShuffled = false

  private struct Process {
    /// Its number in the history, which changes after a crash.
    var id: Int
    var open: (f: String, argument: Value?)?
    /// What it got, once its operation took effect.
    var result: TrueObject.Answer?
  }

  /// The events, one after the other.
  func forEach(_ body: (Event) -> Void) {
    var random = SeededRandom(seed: seed)
    var object = TrueObject(work: work)
    var lanes = (0..<processes).map { Process(id: $0) }
    var (invoked, done, index, lastProcess) = (0, 0, 0, processes - 1)
    func emit(_ process: Int, _ type: EventType, _ f: String, _ value: Value?) {
      body(
        Event(
          index: index, time: Int64(index) * 1000, process: .client(process), type: type, f: f,
          value: value))
      index += 1
    }
    while done < operations {
      let lane = Int(random.next() % UInt64(processes))
      guard let open = lanes[lane].open else {
        if invoked == operations { continue }
        let next = object.choose(number: invoked, &random)
        lanes[lane].open = next
        emit(lanes[lane].id, .invoke, next.f, next.argument)
        invoked += 1
        continue
      }
      guard let result = lanes[lane].result else {
        lanes[lane].result = object.apply(open.f, open.argument)
        continue
      }
      (lanes[lane].open, lanes[lane].result) = (nil, nil)
      done += 1
      if result != .failed, random.next() % 1_000_000 < crashes {
        emit(lanes[lane].id, .info, open.f, open.argument)
        lastProcess += 1
        lanes[lane].id = lastProcess
      } else if case .value(let value) = result {
        emit(lanes[lane].id, .ok, open.f, value ?? open.argument)
      } else {
        emit(lanes[lane].id, .fail, open.f, open.argument)
      }
    }
  }

  /// The lines of a history file.
  func write(to path: String) throws {
    guard let file = fopen(path, "w") else {
      throw UsageError(
        description: "\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var random = SeededRandom(seed: seed)
    var firstRead: Value?
    var isStale = false
    EventEncoder.append(header: ["model": .string(work.model)], to: &bytes)
    forEach { event in
      var event = event
      if hasStaleRead, !isStale, event.type == .ok, event.f == "read" {
        firstRead = firstRead ?? event.value
        if event.index >= operations { (event.value, isStale) = (firstRead, true) }
      }
      if isShuffled {
        bytes += Self.shuffledLine(event, &random).utf8
      } else {
        EventEncoder.append(event, to: &bytes)
      }
      if bytes.count < 1 << 16 { return }
      fwrite(bytes, 1, bytes.count, file)
      bytes.removeAll(keepingCapacity: true)
    }
    if fwrite(bytes, 1, bytes.count, file) < bytes.count {
      throw UsageError(
        description: "\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
  }
}

extension GeneratedHistory {
  private static func shuffledLine(_ event: Event, _ random: inout SeededRandom) -> String {
    let process = if case .client(let number) = event.process { number } else { 0 }
    var members = [
      "\"index\":\(event.index)", "\"time\":\(event.time ?? 0)",
      "\"process\":\(process)", "\"type\":\"\(event.type)\"",
      "\"f\":\(Value.string(event.f).json)",
    ]
    if let value = event.value { members.append("\"value\":\(value.json)") }
    members.shuffle(using: &random)
    return "{\(members.joined(separator: ","))}\n"
  }
}

/// The object that generated operations act on.
private struct TrueObject {
  enum Answer: Equatable {
    /// What the operation returned; nil where it returns nothing of its own.
    case value(Value?)
    case failed
  }

  let work: GeneratedHistory.Work
  private var register = Value.null
  private var text = ""
  /// A queue, a stack, or a heap by priority.
  private var elements: [Int64] = []
  private var front = 0
  private var members: Set<Int64> = []

  init(work: GeneratedHistory.Work) { self.work = work }

  /// What a process does next; `number` is used once in a history.
  mutating func choose(
    number: Int, _ random: inout SeededRandom
  ) -> (f: String, argument: Value?) {
    let chance = random.next() % 100
    let small = Value.integer(Int64(random.next() % 5))
    let unique = Value.integer(Int64(number))
    switch work {
    case .register: return chance < 50 ? ("read", nil) : ("write", unique)
    case .casRegister:
      if chance < 40 { return ("read", nil) }
      if chance < 80 { return ("write", small) }
      return ("cas", .array([small, .integer(Int64(random.next() % 5))]))
    case .queue: return chance < 50 ? ("enqueue", unique) : ("dequeue", nil)
    case .stack: return chance < 50 ? ("push", unique) : ("pop", nil)
    case .priorityQueue:
      if chance >= 50 { return ("poll", nil) }
      // Unique, and in no order.
      return ("insert", .integer(Int64(number) &* 7_919 % 1_000_003 &* 4_000_000 &+ Int64(number)))
    case .set:
      return (
        ["add", "remove", "contains"][Int(chance % 3)], .integer(Int64(random.next() % 10))
      )
    case .append: return chance < 50 ? ("get", nil) : ("append", .string("x \(number) y"))
    case .appendFew:
      return chance < 50 ? ("get", nil) : ("append", .string("x \(number % 5) y"))
    }
  }

  mutating func apply(_ f: String, _ argument: Value?) -> Answer {
    switch (f, argument) {
    case ("read", _): return .value(register)
    case ("get", _): return .value(text.isEmpty ? .null : .string(text))
    case ("write", let value?): register = value
    case ("append", .string(let more)?): text += more
    case ("cas", .array(let pair)?):
      if pair[0] != register { return .failed }
      register = pair[1]
    case ("enqueue", .integer(let element)?), ("push", .integer(let element)?):
      elements.append(element)
    case ("insert", .integer(let element)?): insert(element)
    case ("dequeue", _):
      if front == elements.count { return .value(.null) }
      front += 1
      return .value(.integer(elements[front - 1]))
    case ("pop", _): return .value(elements.popLast().map { .integer($0) } ?? .null)
    case ("poll", _): return .value(poll().map { .integer($0) } ?? .null)
    case ("add", .integer(let element)?):
      return .value(.bool(members.insert(element).inserted))
    case ("remove", .integer(let element)?):
      return .value(.bool(members.remove(element) != nil))
    case ("contains", .integer(let element)?): return .value(.bool(members.contains(element)))
    default: break
    }
    return .value(nil)
  }

  private mutating func insert(_ element: Int64) {
    elements.append(element)
    var child = elements.count - 1
    while child > 0, elements[child] < elements[(child - 1) / 2] {
      elements.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  private mutating func poll() -> Int64? {
    guard let last = elements.popLast() else { return nil }
    guard let first = elements.first else { return last }
    elements[0] = last
    var parent = 0
    while true {
      let children = [2 * parent + 1, 2 * parent + 2].filter { $0 < elements.count }
      guard let child = children.min(by: { elements[$0] < elements[$1] }),
        elements[child] < elements[parent]
      else { return first }
      elements.swapAt(parent, child)
      parent = child
    }
  }
}
