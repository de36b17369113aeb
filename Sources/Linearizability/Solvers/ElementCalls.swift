internal import Histories

/// The calls on a container of unique elements, by element, with intervals in which they must take
/// effect: gaps, of which gap g lies right behind event g.
///
/// Intervals are tightened: an element was put in before anybody saw it, and taken out after
/// everybody who looked at it. Putting in by a crashed call that nobody saw is left out, and so
/// is taking out by a crashed call: it may have taken anything, or nothing.
struct ElementCalls {
  /// What a call does.
  enum Kind {
    case insert(Value)
    case remove(Value)
    case look(Value)
    /// It found nothing.
    case findNothing
    /// It says nothing.
    case observeNothing
    /// It took something that nobody knows.
    case removeUnknown
  }

  struct Element {
    var value: Value
    var insertion: Int
    var insertionGaps: Range<Int>
    /// Nil if it was never taken out for certain.
    var removal: Int?
    /// Begins where it may first have been gone, which is at the end if it was never taken out.
    var removalGaps: Range<Int>
    var looks: [(call: Int, gaps: Range<Int>)] = []

    /// The gaps in which it was there for certain.
    var critical: Range<Int> {
      let start = min(insertionGaps.upperBound, removalGaps.lowerBound)
      return start..<removalGaps.lowerBound
    }
  }

  private(set) var elements: [Element] = []
  private(set) var empties: [(call: Int, gaps: Range<Int>)] = []
  /// Calls that say nothing.
  private(set) var free: [Int] = []
  /// Whether a crashed call was left out that may have taken an element out.
  private(set) var hasCrashedRemovals = false
  /// How many gaps there are.
  let gapCount: Int

  /// Why there are no such intervals.
  enum Failure: Error {
    case impossible([Int])
    /// An element was put in twice.
    case undecided
  }

  /// Complexity: O(n log n).
  init<Command>(
    _ calls: [Call<Command>], kind: (Command) -> Kind
  ) throws(Failure) {
    let positions = DensePositions(calls.map(\.invocation), calls.map(\.completion))
    let count = Int(positions.last) + 1
    gapCount = count
    func gaps(_ call: Int) -> Range<Int> {
      let end = positions.completion[call]
      return Int(positions.invocation[call])..<(end == .max ? count : Int(end))
    }
    var numbers: [Value: Int] = [:]
    for (index, call) in calls.enumerated() {
      guard case .insert(let value) = kind(call.command) else { continue }
      if numbers.updateValue(elements.count, forKey: value) != nil { throw .undecided }
      elements.append(
        Element(
          value: value, insertion: index, insertionGaps: gaps(index), removalGaps: count..<count))
    }
    for (index, call) in calls.enumerated() {
      switch kind(call.command) {
      case .insert: continue
      case .findNothing: empties.append((index, gaps(index)))
      case .observeNothing: free.append(index)
      case .removeUnknown:
        if !call.isCrashed { throw .undecided }
        hasCrashedRemovals = true
      case .look(let value):
        guard let number = numbers[value] else { throw .impossible([index]) }
        elements[number].looks.append((index, gaps(index)))
      case .remove(let value):
        guard let number = numbers[value] else { throw .impossible([index]) }
        if let other = elements[number].removal { throw .impossible([other, index]) }
        elements[number].removal = index
        elements[number].removalGaps = gaps(index)
      }
    }
    elements.removeAll {
      calls[$0.insertion].isCrashed && $0.removal == nil && $0.looks.isEmpty
    }
    for index in elements.indices { try elements[index].tighten() }
  }
}

extension ElementCalls.Element {
  fileprivate mutating func tighten() throws(ElementCalls.Failure) {
    let begin = insertionGaps.lowerBound
    var (end, gone) = (insertionGaps.upperBound, max(removalGaps.lowerBound, begin))
    if let removal {
      if removalGaps.upperBound <= begin { throw .impossible([insertion, removal]) }
      end = min(end, removalGaps.upperBound)
    }
    for index in looks.indices {
      let (call, gaps) = looks[index]
      if gaps.upperBound <= begin { throw .impossible([insertion, call]) }
      if let removal, removalGaps.upperBound <= gaps.lowerBound {
        throw .impossible([insertion, removal, call])
      }
      end = min(end, gaps.upperBound)
      let start = max(gaps.lowerBound, begin)
      if removal != nil { gone = max(gone, start) }
      let last = removal == nil ? gaps.upperBound : min(gaps.upperBound, removalGaps.upperBound)
      looks[index].gaps = start..<last
    }
    insertionGaps = begin..<end
    removalGaps = gone..<max(gone, removalGaps.upperBound)
  }
}

extension ElementCalls {
  /// Decides the calls of a container by a function that orders them, without those that say nothing;
  /// it gives nil if there is no order without crashed removals.
  static func solve<Command>(
    _ calls: [Call<Command>], kind: (Command) -> Kind, order: (ElementCalls) -> [Int]?
  ) -> SolverResult {
    let elements: ElementCalls
    do throws(Failure) {
      elements = try ElementCalls(calls, kind: kind)
    } catch {
      switch error {
      case .impossible(let core): return .impossible(core)
      case .undecided: return .undecided
      }
    }
    guard let order = order(elements) else {
      return elements.hasCrashedRemovals ? .undecided : .impossible(Array(calls.indices))
    }
    if elements.free.isEmpty { return .linearizable(order) }
    return .linearizable(
      mergedLinearization([order] + elements.free.map { [$0] }) { calls[$0].invocation })
  }
}
