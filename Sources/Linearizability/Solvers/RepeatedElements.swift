/// Which of several equal elements in a container is the one to be taken next.
enum CopyOrder: CaseIterable {
  case oldest, newest
  /// The newest of those that are there for certain.
  case newestCertain
}

/// What solvers for unique elements tell where elements are put in more than once.
///
/// Equal elements are taken for different ones: those that saw or took one saw or took a certain copy. That
/// is a guess, which an order of the calls proves right, since it is one of equal elements too; it is likely right
/// where copies of an element are there at different times. For the other answer, all calls on elements
/// that were put in more than once are left out, after which a linearization would still be one.
struct RepeatedElements {
  private typealias Kind = ContainerKind

  private let columns: CallColumns
  /// The calls on elements that were put in more than once, by element.
  private let calls: [(element: UInt32, calls: [Int])]
  /// The calls on elements that were put in once, with their indexes among all.
  let unique: (columns: CallColumns, indexes: [Int])

  /// Nil if no element was put in twice.
  init?(_ columns: CallColumns) {
    var insertions = Array(repeating: 0, count: columns.valueCount)
    for call in 0..<columns.count where columns.kind[call] == Kind.insert {
      insertions[Int(columns.value[call])] += 1
    }
    guard insertions.contains(where: { $0 > 1 }) else { return nil }
    self.columns = columns
    calls = Self.calls(columns) { insertions[Int($0)] > 1 }
    unique = columns.keeping { call, kind in
      kind > Kind.look || insertions[Int(columns.value[call])] <= 1
    }
  }

  /// The calls with a number of its own for each copy: the first has that of the element, the others come behind
  /// all elements; and the elements of these others.
  func copies(_ order: CopyOrder) -> (columns: CallColumns, elements: [UInt32]) {
    var value = columns.value
    var elements: [UInt32] = []
    for (element, calls) in calls {
      let insertions = calls.filter { columns.kind[$0] == Kind.insert }
      for call in insertions.dropFirst() {
        value[call] = UInt32(columns.valueCount + elements.count)
        elements.append(element)
      }
      number(calls, insertions, order, &value)
    }
    let copies = CallColumns(
      kind: columns.kind, value: value, other: columns.other, invocation: columns.invocation,
      completion: columns.completion, valueCount: columns.valueCount + elements.count,
      lastPosition: columns.lastPosition)
    return (copies, elements)
  }

  /// The calls on the elements that fit, by element.
  private static func calls(
    _ columns: CallColumns, on fits: (UInt32) -> Bool
  ) -> [(element: UInt32, calls: [Int])] {
    var calls: [UInt32: [Int]] = [:]
    for call in 0..<columns.count
    where columns.kind[call] <= Kind.look && fits(columns.value[call]) {
      calls[columns.value[call], default: []].append(call)
    }
    return calls.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Gives the calls that saw or took one element the numbers of its copies: in the order in which they were
  /// over, of those copies that are there then.
  private func number(
    _ calls: [Int], _ insertions: [Int], _ order: CopyOrder, _ value: inout [UInt32]
  ) {
    func end(_ call: Int) -> UInt32 { columns.completion[call] }
    var coming = insertions[...]
    // In order of insertion; the first `gone` of them are not there any more.
    var (there, gone) = ([Int](), 0)
    for call in calls.filter({ columns.kind[$0] != Kind.insert }).sorted(by: { end($0) < end($1) })
    {
      while let next = coming.first, columns.invocation[next] < end(call) {
        there.append(next)
        coming.removeFirst()
      }
      guard gone < there.count else { continue }
      let place =
        switch order {
        case .oldest: gone
        case .newest: there.count - 1
        case .newestCertain: there.lastIndex { end($0) < end(call) } ?? there.count - 1
        }
      value[call] = value[there[place]]
      if columns.kind[call] != Kind.remove { continue }
      if order == .oldest { gone += 1 } else { there.remove(at: place) }
    }
  }
}

/// Asks a solver for unique elements also where some are repeated.
struct RepeatedElementsSolver<Solver: ColumnSolver & ~Copyable>: ColumnSolver, ~Copyable {
  private let columns: CallColumns
  private let makeSolver: (CallColumns, [UInt32]) -> Solver
  private var solver: Solver

  /// `makeSolver` is given the elements of numbers that are not those of elements.
  init(_ columns: CallColumns, _ makeSolver: @escaping (CallColumns, [UInt32]) -> Solver) {
    self.columns = columns
    self.makeSolver = makeSolver
    solver = makeSolver(columns, [])
  }

  mutating func decide() -> Decision {
    let decision = solver.decide()
    guard decision == .undecided, let repeated = RepeatedElements(columns) else { return decision }
    for copies in CopyOrder.allCases.lazy.map(repeated.copies) {
      solver = makeSolver(copies.columns, copies.elements)
      if solver.decide() == .linearizable { return .linearizable }
    }
    guard case .impossible(let core) = makeSolver(repeated.unique.columns, []).decision() else {
      return .undecided
    }
    return .impossible(core.map { repeated.unique.indexes[$0] })
  }

  mutating func linearization() -> [UInt32] { solver.linearization() }
}
