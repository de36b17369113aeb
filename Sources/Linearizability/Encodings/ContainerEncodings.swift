internal import Histories

extension ColumnProblem {
  /// `solver` is given the elements of numbers that are not those of elements.
  private static func container<Solver: ColumnSolver & ~Copyable>(
    _ columns: CallColumns, _ solver: @escaping @Sendable (CallColumns, [UInt32]) -> Solver
  ) -> ColumnProblem {
    ColumnProblem(
      columns, crashedKinds: ContainerKind.crashed, knownKinds: [ContainerKind.remove]
    ) {
      RepeatedElementsSolver($0, solver)
    }
  }

  /// A first-in-first-out queue that is empty at first; kinds are `ContainerKind`.
  package static func queue(_ columns: CallColumns) -> ColumnProblem {
    container(columns) { columns, _ in QueueSolver(columns) }
  }

  /// A stack that is empty at first; kinds are `ContainerKind`.
  package static func stack(_ columns: CallColumns) -> ColumnProblem {
    container(columns) { columns, _ in StackSolver(columns) }
  }

  /// A priority queue that is empty at first, or a bag, where all priorities are the same; kinds are
  /// `ContainerKind`. `priorities` are by the elements' numbers.
  package static func priorityQueue(_ columns: CallColumns, priorities: [Double]) -> ColumnProblem {
    container(columns) { columns, copies in
      PriorityQueueSolver(columns, priorities: priorities + copies.map { priorities[Int($0)] })
    }
  }
}

extension FIFOQueue: ColumnModel {
  /// Unique elements need no search. The elements at first would need calls of their own.
  func problem(_ calls: [Call<Command>]) -> ColumnProblem? {
    guard initialState.isEmpty else { return nil }
    var numbers = ValueNumbers()
    return CallColumns(calls, valueCount: { numbers.count }) { _, command in
      switch command {
      case .enqueue(let value): .init(kind: ContainerKind.insert, value: numbers.number(of: value))
      case .dequeue(.null): .init(kind: ContainerKind.removeNothing)
      case .dequeue(let value): .init(kind: ContainerKind.remove, value: numbers.number(of: value))
      case .dequeueUnknown: .init(kind: ContainerKind.removeUnknown)
      case .peek(.null): .init(kind: ContainerKind.lookNothing)
      case .peek(let value): .init(kind: ContainerKind.look, value: numbers.number(of: value))
      case .peekUnknown: .init(kind: ContainerKind.observeNothing)
      }
    }.map { .queue($0) }
  }
}

extension Stack: ColumnModel {
  /// Unique elements need no search. The elements at first would need calls of their own.
  func problem(_ calls: [Call<Command>]) -> ColumnProblem? {
    guard initialState.isEmpty else { return nil }
    var numbers = ValueNumbers()
    return CallColumns(calls, valueCount: { numbers.count }) { _, command in
      switch command {
      case .push(let value): .init(kind: ContainerKind.insert, value: numbers.number(of: value))
      case .pop(.null): .init(kind: ContainerKind.removeNothing)
      case .pop(let value): .init(kind: ContainerKind.remove, value: numbers.number(of: value))
      case .popUnknown: .init(kind: ContainerKind.removeUnknown)
      case .peek(.null): .init(kind: ContainerKind.lookNothing)
      case .peek(let value): .init(kind: ContainerKind.look, value: numbers.number(of: value))
      case .peekUnknown: .init(kind: ContainerKind.observeNothing)
      }
    }.map { .stack($0) }
  }
}

extension PriorityQueue: ColumnModel {
  /// Unique elements need no search. The elements at first would need calls of their own.
  func problem(_ calls: [Call<Command>]) -> ColumnProblem? {
    guard initialState.isEmpty else { return nil }
    var numbers = ValueNumbers()
    var priorities: [Double] = []
    func number(_ value: Value) -> UInt32 {
      let number: UInt32 = numbers.number(of: value)
      if number == priorities.count { priorities.append(Self.priority(value) ?? 0) }
      return number
    }
    return CallColumns(calls, valueCount: { numbers.count }) { _, command in
      switch command {
      case .insert(let value): .init(kind: ContainerKind.insert, value: number(value))
      case .poll(.null): .init(kind: ContainerKind.removeNothing)
      case .poll(let value): .init(kind: ContainerKind.remove, value: number(value))
      case .pollUnknown: .init(kind: ContainerKind.removeUnknown)
      case .peek(.null): .init(kind: ContainerKind.lookNothing)
      case .peek(let value): .init(kind: ContainerKind.look, value: number(value))
      case .peekUnknown: .init(kind: ContainerKind.observeNothing)
      }
    }.map { .priorityQueue($0, priorities: priorities) }
  }
}

extension Bag: ColumnModel {
  /// An unordered queue of unique elements is a priority queue in which all have the same priority.
  func problem(_ calls: [Call<Command>]) -> ColumnProblem? {
    guard initialState.isEmpty else { return nil }
    var numbers = ValueNumbers()
    return CallColumns(calls, valueCount: { numbers.count }) { _, command in
      switch command {
      case .add(let value): .init(kind: ContainerKind.insert, value: numbers.number(of: value))
      case .take(.null): .init(kind: ContainerKind.removeNothing)
      case .take(let value): .init(kind: ContainerKind.remove, value: numbers.number(of: value))
      case .takeUnknown: .init(kind: ContainerKind.removeUnknown)
      }
    }.map { .priorityQueue($0, priorities: Array(repeating: 0, count: numbers.count)) }
  }
}
