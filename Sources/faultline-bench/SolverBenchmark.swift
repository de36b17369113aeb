import CLinux
import Glibc
import Linearizability

/// How long solvers take alone, on columns that are in memory: the decision, the order of the calls, and
/// what memory the solver holds beside the columns once it has decided.
struct SolverBenchmark {
  private static let none = CallColumns.none

  private let operations: Int
  private let processes: Int
  private let rounds: Int

  init(flags: Flags) throws(UsageError) {
    operations = try flags.positive("--operations", default: 1_000_000)
    processes = try flags.positive("--processes", default: 10)
    rounds = try flags.positive("--rounds", default: 5)
  }

  func run() {
    print("\(operations) operations, \(processes) processes")
    for percentage: UInt64 in [0, 25] {
      let columns = register(cas: percentage)
      measure("register, \(percentage) % cas") { RegisterChains(columns, initial: 0) }
    }
    for percentage: UInt64 in [0, 20] {
      let columns = container(peeks: percentage) { Line(isStack: false) }
      measure("queue, \(percentage) % peeks") { QueueSolver(columns) }
    }
    for percentage: UInt64 in [0, 20] {
      let columns = container(peeks: percentage) { Line(isStack: true) }
      measure("stack, \(percentage) % peeks") { StackSolver(columns) }
    }
    let priorities = (0..<operations).map { Double($0 * 7_919 % 1_000_003) }
    for percentage: UInt64 in [0, 20] {
      let columns = container(peeks: percentage) { Heap(priorities: priorities) }
      measure("priority queue, \(percentage) % peeks") {
        PriorityQueueSolver(columns, priorities: priorities)
      }
    }
    for elements: UInt64 in [10, 100_000] {
      let columns = set(elements: elements)
      measure("set of \(elements)") { TwoStateSolver(columns) { _ in false } }
    }
  }

  // MARK: Measuring

  /// The best of some rounds, by CPU time.
  private func measure<Solver: ColumnSolver & ~Copyable>(_ name: String, _ make: () -> Solver) {
    var (deciding, ordering) = (Double.infinity, Double.infinity)
    var memory = 0
    for _ in 0..<rounds {
      let before = allocated()
      let start = seconds()
      var solver = make()
      let decision = solver.decide()
      let decided = seconds()
      memory = allocated() - before
      guard decision == .linearizable else { return print("\(name): \(decision)") }
      let count = solver.linearization().count
      let ordered = seconds()
      guard count == operations else { return print("\(name): \(count) calls in order") }
      deciding = min(deciding, decided - start)
      ordering = min(ordering, ordered - decided)
    }
    print(
      "\(name): decided at \(rate(deciding)), ordered at \(rate(ordering)), "
        + "\(rounded(Double(memory) / Double(operations))) bytes/operation kept")
  }

  /// What malloc has given out and not taken back.
  private func allocated() -> Int {
    let info = mallinfo2()
    return Int(info.uordblks + info.hblkhd)
  }

  private func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  private func rate(_ seconds: Double) -> String {
    "\(rounded(Double(operations) / seconds / 1e6)) M operations/s"
  }

  private func rounded(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }

  // MARK: Histories

  private func register(cas: UInt64) -> CallColumns {
    typealias Kind = RegisterChains.Kind
    var (held, values) = (UInt32(0), UInt32(1))
    let generated = GeneratedColumns(operations: operations, processes: processes) { random in
      let chance = UInt64.random(in: 0..<100, using: &random)
      return chance < 50 ? Kind.read : chance < 50 + cas ? Kind.cas : Kind.write
    } apply: { kind, _ in
      if kind == Kind.read { return (kind, held, Self.none) }
      let old = held
      (held, values) = (values, values + 1)
      return kind == Kind.write ? (kind, held, Self.none) : (kind, old, held)
    }
    return generated.columns(valueCount: Int(values))
  }

  private func container(peeks: UInt64, _ make: () -> some Container) -> CallColumns {
    typealias Kind = ContainerKind
    var object = make()
    var values: UInt32 = 0
    let generated = GeneratedColumns(operations: operations, processes: processes) { random in
      let chance = UInt64.random(in: 0..<100, using: &random)
      return chance < peeks ? Kind.look : Bool.random(using: &random) ? Kind.insert : Kind.remove
    } apply: { kind, _ in
      if kind == Kind.insert {
        object.insert(values)
        values += 1
        return (kind, values - 1, Self.none)
      }
      guard let first = object.first else {
        return (kind == Kind.look ? Kind.lookNothing : Kind.removeNothing, Self.none, Self.none)
      }
      if kind == Kind.remove { object.removeFirst() }
      return (kind, first, Self.none)
    }
    return generated.columns(valueCount: Int(values))
  }

  private func set(elements: UInt64) -> CallColumns {
    typealias Kind = TwoStateKind
    var isThere = Array(repeating: false, count: Int(elements))
    let generated = GeneratedColumns(operations: operations, processes: processes) { random in
      let choices = [Kind.switchOn, Kind.switchOff, Kind.observeOn]
      return choices[Int.random(in: 0..<3, using: &random)]
    } apply: { kind, random in
      let element = Int.random(in: 0..<Int(elements), using: &random)
      let wasThere = isThere[element]
      let effect: UInt8
      switch kind {
      case Kind.switchOn: (isThere[element], effect) = (true, wasThere ? Kind.foundOn : kind)
      case Kind.switchOff: (isThere[element], effect) = (false, wasThere ? kind : Kind.foundOff)
      default: effect = wasThere ? Kind.observeOn : Kind.observeOff
      }
      return (effect, UInt32(element), Self.none)
    }
    return generated.columns(valueCount: Int(elements))
  }
}

/// A true container of numbers.
private protocol Container {
  var first: UInt32? { get }
  mutating func insert(_ element: UInt32)
  mutating func removeFirst()
}

/// A queue or a stack.
private struct Line: Container {
  let isStack: Bool
  private var elements: [UInt32] = []
  private var front = 0

  init(isStack: Bool) { self.isStack = isStack }

  var first: UInt32? {
    isStack ? elements.last : front < elements.count ? elements[front] : nil
  }

  mutating func insert(_ element: UInt32) { elements.append(element) }

  mutating func removeFirst() {
    if isStack { elements.removeLast() } else { front += 1 }
  }
}

/// A priority queue: a binary heap.
private struct Heap: Container {
  let priorities: [Double]
  private var elements: [UInt32] = []

  init(priorities: [Double]) { self.priorities = priorities }

  var first: UInt32? { elements.first }

  private func priority(_ place: Int) -> Double { priorities[Int(elements[place])] }

  mutating func insert(_ element: UInt32) {
    elements.append(element)
    var child = elements.count - 1
    while child > 0, priority(child) < priority((child - 1) / 2) {
      elements.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func removeFirst() {
    elements.swapAt(0, elements.count - 1)
    elements.removeLast()
    var parent = 0
    while 2 * parent + 1 < elements.count {
      var child = 2 * parent + 1
      if child + 1 < elements.count, priority(child + 1) < priority(child) { child += 1 }
      if priority(parent) <= priority(child) { return }
      elements.swapAt(parent, child)
      parent = child
    }
  }
}
