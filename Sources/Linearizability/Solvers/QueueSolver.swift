internal import Histories

/// Decides a first-in-first-out queue whose elements are unique (after P. Gibbons, J. Bruno and
/// S. Phillips, "Black-box correctness tests for basic parallel data structures", 2002).
///
/// Each element is enqueued once, looked at while it is first, and dequeued at most once. Intervals
/// are tightened first: an element was enqueued before anybody saw it, and dequeued after everybody
/// who looked at it. A crashed enqueue that nobody saw is left out.
///
/// Without dequeues and peeks that found nothing, the queue is linearizable if and only if its
/// elements can be eliminated one by one, each being one that may come next: no other remaining one
/// must have been enqueued earlier, and no call at the front for another remaining one was over
/// before one for it began. Removing an element that may come next removes constraints only, so
/// the order of elimination does not matter, and the thresholds only grow.
///
/// A call that found nothing needs an instant in its interval that lies in no critical interval, from
/// when an element was certainly there to when it may first have gone. Such an instant parts the
/// elements into those before and those after, so both conditions are independent.
///
/// A crashed dequeue may have taken an element that nobody else took. Such an element is in the way
/// of whatever was enqueued after it and dequeued, from the first such dequeue's end on: its
/// deadline. Crashed dequeues are given to elements both in order. With calls that found nothing
/// beside them the question is left to the search.
///
/// Complexity: O(n log n).
struct QueueSolver {
  typealias Queue = [Call<FIFOQueue.Command>]

  /// An element and the calls on it, with their tightened intervals.
  fileprivate struct Element {
    var enqueue: Int
    var enqueueStart: Int
    var enqueueEnd: Int
    var dequeue: Int?
    var dequeueStart = Int.max
    var dequeueEnd = Int.max
    var peeks: [Int] = []
    /// The first end and the last start of the calls at the front.
    var frontEnd = Int.max
    var frontStart = Int.max
  }

  private let calls: Queue
  private var elements: [Element] = []
  private var numbers: [Value: Int] = [:]
  /// Calls that found nothing, and peeks that observed nothing.
  private var empties: [Int] = []
  private var free: [[Int]] = []
  private var crashedDequeues: [Int] = []

  /// The answer; `undecided` if an element was enqueued twice.
  static func solve(_ calls: Queue) -> SolverResult {
    var solver = QueueSolver(calls: calls)
    if let answer = solver.gather() { return answer }
    if let core = solver.tighten() { return .impossible(core) }
    if !solver.crashedDequeues.isEmpty {
      if !solver.empties.isEmpty { return .undecided }
      if let core = solver.matchCrashedDequeues() { return .impossible(core) }
    }
    solver.findFronts()
    return solver.arrange()
  }

  private init(calls: Queue) { self.calls = calls }

  // MARK: Elements

  private mutating func gather() -> SolverResult? {
    for (index, call) in calls.enumerated() {
      guard case .enqueue(let value) = call.command else { continue }
      if numbers.updateValue(elements.count, forKey: value) != nil { return .undecided }
      elements.append(
        Element(
          enqueue: index, enqueueStart: call.invocation, enqueueEnd: call.completion ?? .max))
    }
    for (index, call) in calls.enumerated() {
      switch call.command {
      case .enqueue: continue
      case .dequeue(.null), .peek(.null): empties.append(index)
      case .peekUnknown: free.append([index])
      case .dequeueUnknown:
        if !call.isCrashed { return .undecided }
        crashedDequeues.append(index)
      case .peek(let value):
        guard let number = numbers[value] else { return .impossible([index]) }
        elements[number].peeks.append(index)
      case .dequeue(let value):
        guard let number = numbers[value] else { return .impossible([index]) }
        if let other = elements[number].dequeue { return .impossible([other, index]) }
        elements[number].dequeue = index
        elements[number].dequeueStart = call.invocation
        elements[number].dequeueEnd = call.completion ?? .max
      }
    }
    elements.removeAll { calls[$0.enqueue].isCrashed && $0.dequeue == nil && $0.peeks.isEmpty }
    return nil
  }

  /// Tightens intervals; two calls if their intervals are the wrong way round.
  private mutating func tighten() -> [Int]? {
    for index in elements.indices {
      let element = elements[index]
      for call in element.peeks + (element.dequeue.map { [$0] } ?? []) {
        let end = calls[call].completion ?? .max
        if end < element.enqueueStart { return [element.enqueue, call] }
        elements[index].enqueueEnd = min(elements[index].enqueueEnd, end)
      }
      guard let dequeue = element.dequeue else { continue }
      for peek in element.peeks where calls[peek].invocation > element.dequeueEnd {
        return [element.enqueue, dequeue, peek]
      }
      let starts = element.peeks.map { calls[$0].invocation } + [element.enqueueStart]
      elements[index].dequeueStart = max(element.dequeueStart, starts.max() ?? 0)
    }
    return nil
  }

  private mutating func matchCrashedDequeues() -> [Int]? {
    // For each element in order of its enqueue's start: the first end of a dequeue from there on.
    let byStart = elements.indices.sorted { elements[$0].enqueueStart < elements[$1].enqueueStart }
    var firstEnds = byStart.map { elements[$0].firstFrontEnd(calls) }
    for index in firstEnds.indices.dropLast().reversed() {
      firstEnds[index] = min(firstEnds[index], firstEnds[index + 1])
    }
    var waiting: [(deadline: Int, element: Int)] = []
    for (index, element) in elements.enumerated() where element.dequeue == nil {
      var (low, high) = (0, byStart.count)
      while low < high {
        let middle = (low + high) / 2
        if elements[byStart[middle]].enqueueStart > element.enqueueEnd {
          high = middle
        } else {
          low = middle + 1
        }
      }
      if low < byStart.count, firstEnds[low] < .max { waiting.append((firstEnds[low], index)) }
    }
    waiting.sort { $0.deadline < $1.deadline }
    for (rank, (deadline, index)) in waiting.enumerated() {
      guard rank < crashedDequeues.count, calls[crashedDequeues[rank]].invocation < deadline else {
        return Array(calls.indices)
      }
      let starts = elements[index].peeks.map { calls[$0].invocation }
      elements[index].dequeue = crashedDequeues[rank]
      elements[index].dequeueStart = max(
        calls[crashedDequeues[rank]].invocation, elements[index].enqueueStart, starts.max() ?? 0)
    }
    return nil
  }

  private mutating func findFronts() {
    for index in elements.indices {
      let element = elements[index]
      let starts = element.peeks.map { max(calls[$0].invocation, element.enqueueStart) }
      elements[index].frontEnd = element.firstFrontEnd(calls)
      elements[index].frontStart =
        element.dequeue == nil ? .max : max(element.dequeueStart, starts.max() ?? 0)
    }
  }

  // MARK: Order

  private func arrange() -> SolverResult {
    guard let gaps = gapsOfEmpties() else {
      return .impossible(Array(calls.indices))
    }
    guard let order = eliminated() else { return .impossible(Array(calls.indices)) }
    return .linearizable(linearization(order, gaps))
  }

  /// For each call that found nothing a position such that right after it no element is there for
  /// certain; nil if one has none.
  private func gapsOfEmpties() -> [(position: Int, call: Int)]? {
    let critical = elements.filter { $0.enqueueEnd < $0.dequeueStart }
      .map { (start: $0.enqueueEnd, end: $0.dequeueStart) }.sorted { $0.start < $1.start }
    // Critical intervals, merged where they touch.
    var busy: [(start: Int, end: Int)] = []
    for interval in critical {
      if let last = busy.last, interval.start <= last.end {
        busy[busy.count - 1].end = max(last.end, interval.end)
      } else {
        busy.append(interval)
      }
    }
    var gaps: [(position: Int, call: Int)] = []
    for call in empties {
      var position = calls[call].invocation
      if let interval = busy.last(from: position), interval.end > position {
        position = interval.end
      }
      guard position < calls[call].completion ?? .max else { return nil }
      gaps.append((position, call))
    }
    return gaps.sorted { ($0.position, $0.call) < ($1.position, $1.call) }
  }

  /// The elements in an order in which they may be enqueued and dequeued; nil if there is none.
  private func eliminated() -> [Int]? {
    let byEnqueueEnd = elements.indices.sorted { elements[$0].enqueueEnd < elements[$1].enqueueEnd }
    let byEnqueueStart = elements.indices.sorted {
      elements[$0].enqueueStart < elements[$1].enqueueStart
    }
    let byFrontEnd = elements.indices.sorted { elements[$0].frontEnd < elements[$1].frontEnd }
    let byFrontStart = elements.indices.sorted { elements[$0].frontStart < elements[$1].frontStart }
    var isGone = Array(repeating: false, count: elements.count)
    var marks = Array(repeating: 0, count: elements.count)
    var ready: [Int] = []
    func mark(_ element: Int, _ bit: Int) {
      if isGone[element] || marks[element] & bit != 0 { return }
      marks[element] |= bit
      if marks[element] == 3 { ready.append(element) }
    }
    var order: [Int] = []
    var (a, b, i, j) = (0, 0, 0, 0)
    // The second to end at the front, looked for from here on.
    var second = 1
    while order.count < elements.count {
      while isGone[byEnqueueEnd[a]] { a += 1 }
      while isGone[byFrontEnd[b]] { b += 1 }
      let firstEnqueueEnd = elements[byEnqueueEnd[a]].enqueueEnd
      while i < elements.count, elements[byEnqueueStart[i]].enqueueStart <= firstEnqueueEnd {
        mark(byEnqueueStart[i], 1)
        i += 1
      }
      let frontLimit = elements[byFrontEnd[b]].frontEnd
      while j < elements.count, elements[byFrontStart[j]].frontStart <= frontLimit {
        mark(byFrontStart[j], 2)
        j += 1
      }
      // The element whose call ends first at the front need not wait for itself.
      second = max(second, b + 1)
      while second < elements.count, isGone[byFrontEnd[second]] { second += 1 }
      let secondFrontEnd =
        second < elements.count ? elements[byFrontEnd[second]].frontEnd : Int.max
      if elements[byFrontEnd[b]].frontStart <= secondFrontEnd { mark(byFrontEnd[b], 2) }
      guard let next = ready.popLast() else { return nil }
      isGone[next] = true
      order.append(next)
    }
    return order
  }

  /// Calls by time: each as early as the order of the elements allows. What was there before an
  /// instant at which the queue was empty stays before it.
  private func linearization(_ order: [Int], _ gaps: [(position: Int, call: Int)]) -> [Int] {
    func segment(_ element: Int) -> Int {
      let start =
        elements[element].dequeue == nil
        ? elements[element].enqueueEnd : elements[element].dequeueStart
      // How many gaps lie before its last call can begin.
      var (low, high) = (0, gaps.count)
      while low < high {
        let middle = (low + high) / 2
        if gaps[middle].position < start { low = middle + 1 } else { high = middle }
      }
      return low
    }
    let segments = elements.indices.map(segment)
    let sorted = order.enumerated().sorted {
      (segments[$0.element], $0.offset) < (segments[$1.element], $1.offset)
    }.map(\.element)
    var timed: [(time: Int, kind: Int, rank: Int, call: Int)] = gaps.map {
      ($0.position, 1, 0, $0.call)
    }
    var (enqueued, front) = (-1, -1)
    func add(_ call: Int, _ time: Int, _ kind: Int, after gap: Int) {
      timed.append((max(time, gap), time <= gap ? 2 : kind, timed.count, call))
    }
    for number in sorted {
      let element = elements[number]
      let gap = segments[number] == 0 ? -1 : gaps[segments[number] - 1].position
      enqueued = max(enqueued, element.enqueueStart)
      add(element.enqueue, enqueued, 0, after: gap)
      front = max(front, enqueued)
      let peeks = element.peeks.sorted { calls[$0].invocation < calls[$1].invocation }
      for call in peeks + (element.dequeue.map { [$0] } ?? []) {
        front = max(front, calls[call].invocation)
        add(call, front, 0, after: gap)
      }
    }
    timed.sort { ($0.time, $0.kind, $0.rank) < ($1.time, $1.kind, $1.rank) }
    let main = timed.map(\.call)
    return free.isEmpty ? main : mergedLinearization([main] + free) { calls[$0].invocation }
  }
}

extension QueueSolver.Element {
  /// The first end of a call at the front.
  fileprivate func firstFrontEnd(_ calls: QueueSolver.Queue) -> Int {
    peeks.reduce(dequeueEnd) { min($0, calls[$1].completion ?? .max) }
  }
}

extension Array where Element == (start: Int, end: Int) {
  /// The last interval that begins at or before the position; they are sorted and disjoint.
  fileprivate func last(from position: Int) -> Element? {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle].start <= position { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? nil : self[low - 1]
  }
}

extension FIFOQueue {
  /// Unique elements need no search. The elements at first would need calls of their own.
  func solve(_ calls: [Call<Command>]) -> SolverResult {
    initialState.isEmpty ? QueueSolver.solve(calls) : .undecided
  }
}
