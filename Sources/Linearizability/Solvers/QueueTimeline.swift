/// Puts the calls on the elements of a queue in order of time, each as early as the order of the
/// elements allows.
///
/// Elements that are gone before a gap in which the queue was empty come before it, those after it
/// not before. Within such a part of time, an element is enqueued once the one before it is and its
/// enqueue began, and is at the front once it is enqueued, the one before it was at the front and
/// the call began. Times are invocations or gaps, so calls are counted by position; those of one time
/// keep the order in which they are given. Complexity: O(n).
struct QueueTimeline: ~Copyable {
  private static let none = CallColumns.none

  private let pointers: CallColumns.Pointers
  private let inserter: UnsafePointer<UInt32>
  private let remover: UnsafePointer<UInt32>
  private let gaps: [(gap: UInt32, call: UInt32)]
  /// By element, how many gaps lie before it; nil if it is not there.
  private let segments: Scratch<UInt32>
  /// The looks at each element, by invocation, if there are any.
  private let looks: GroupedNumbers?
  private let positionCount: Int

  /// Safe: the pointers of a timeline are used while `calls` and what `pointers` is of are there.
  init(
    _ calls: borrowing ContainerCalls, _ pointers: CallColumns.Pointers,
    gaps: [(gap: UInt32, call: UInt32)]
  ) {
    self.pointers = pointers
    self.gaps = gaps
    inserter = UnsafePointer(calls.inserter.base)
    remover = UnsafePointer(calls.remover.base)
    positionCount = Int(calls.columns.lastPosition) + 1
    segments = Scratch(repeating: 0, count: Int(calls.count))
    looks =
      calls.hasLooks
      ? GroupedNumbers(pointers, kind: ContainerKind.look, valueCount: calls.count) : nil
    if gaps.isEmpty { return }
    for number in 0..<calls.count {
      guard let element = calls.element(number, pointers) else { continue }
      let gone = element.gone == Self.none ? element.certain : element.gone
      segments[number] = UInt32(gaps.partitioningIndex { $0.gap >= gone })
    }
  }

  /// The calls on the elements, which are given in their order, and those that found nothing.
  func calls(of order: [UInt32]) -> [UInt32] {
    var timed: [(time: UInt32, call: UInt32)] = []
    timed.reserveCapacity(pointers.count)
    var (enqueued, front) = (UInt32(0), UInt32(0))
    var passed = 0
    for number in bySegment(order) {
      while passed < segments[number] {
        enqueued = max(enqueued, gaps[passed].gap)
        timed.append((gaps[passed].gap, gaps[passed].call))
        passed += 1
      }
      enqueued = max(enqueued, pointers.invocation[inserter[number]])
      timed.append((enqueued, inserter[number]))
      front = max(front, enqueued)
      for call in looks?[Int(number)] ?? [] {
        front = max(front, pointers.invocation[call])
        timed.append((front, call))
      }
      if remover[number] == Self.none { continue }
      front = max(front, pointers.invocation[remover[number]])
      timed.append((front, remover[number]))
    }
    for (gap, call) in gaps[passed...] { timed.append((gap, call)) }
    return byTime(timed)
  }

  private func bySegment(_ order: [UInt32]) -> [UInt32] {
    if gaps.isEmpty { return order }
    return GroupedNumbers(count: order.count, groups: gaps.count + 1) { Int(segments[order[$0]]) }
      .all.map {
        order[Int($0)]
      }
  }

  private func byTime(_ timed: [(time: UInt32, call: UInt32)]) -> [UInt32] {
    GroupedNumbers(count: timed.count, groups: positionCount) { Int(timed[$0].time) }.all.map {
      timed[Int($0)].call
    }
  }
}
