internal import Histories

/// A version that no completed call made.
struct VersionGap {
  /// From the version before it, so that others that nobody saw may lie between, until itself.
  var versions: Range<Int64>
  /// Nil where only a put-if tells of it.
  var value: Value?
  /// The first return among the calls at that version and later: its change was invoked before.
  var deadline: Int
}

/// Finds crashed calls that made the versions that no completed call made.
///
/// A crashed call never returns, so real time only asks that it was invoked before the deadline of its
/// gap. Deadlines rise with versions: what fits a gap in time fits each later one too.
///
/// - A put-if stands right behind the version that it expects, so it can be of use to one gap only: the one
///   within whose `versions` that is. It is given to it, which takes nothing from any other. Behind
///   the version before the gap it fills it alone, or, with any value, makes a version
///   for another put-if to stand behind, which then has the value of the gap. Without such a first, any put can
///   make that version, so a gap that has a last put-if takes puts of every value.
/// - Each other gap takes the last invoked of the puts of its value that fit, in the order of the gaps.
///   Let an assignment differ first at some gap: there let it take that last one, and let whoever had
///   it take what the gap had, which was invoked earlier and so fits. So if this fails no
///   assignment exists; and what it leaves over is, place by place, invoked as early as can be.
/// - The gaps that take every value take from what is left, in the same way. Earlier is better for
///   them, and the values do not take from each other, so this too fails only where none exists.
///
/// Complexity: O(n log n).
struct VersionGaps<Command: Hashable & Sendable> {
  /// A crashed put-if.
  struct Condition {
    var expected: Int64
    var value: Value
    var call: Int
  }

  /// In the order of invocation.
  let calls: [Call<Command>]
  /// Crashed, by value, in the order of invocation.
  var puts: [Value: [Int]] = [:]
  var conditions: [Condition] = []

  /// The calls that make each gap, or the index of one for which none is left.
  func fill(_ gaps: [VersionGap]) -> Result<[[Int]], Unfilled> {
    var (makers, lasts) = conditions(of: gaps)
    var lines = puts.mapValues { Line(waiting: $0[...]) }
    for (index, gap) in gaps.enumerated() where makers[index].isEmpty && lasts[index] == nil {
      guard let value = gap.value else { continue }
      guard let call = lines[value]?.last(before: gap.deadline, calls) else {
        return .failure(Unfilled(gap: index))
      }
      makers[index] = [call]
    }
    var rest = Line(waiting: lines.values.flatMap(\.left).sorted()[...])
    for (index, gap) in gaps.enumerated() where makers[index].isEmpty {
      guard let call = rest.last(before: gap.deadline, calls) else {
        return .failure(Unfilled(gap: index))
      }
      makers[index] = [call] + (lasts[index].map { [$0] } ?? [])
    }
    return .success(makers)
  }

  /// The put-ifs that make a gap alone, and of the other gaps those that make it behind any put.
  private func conditions(of gaps: [VersionGap]) -> (makers: [[Int]], lasts: [Int?]) {
    var ordered = conditions.sorted { ($0.expected, $0.call) < ($1.expected, $1.call) }[...]
    var makers: [[Int]] = []
    var lasts: [Int?] = []
    for gap in gaps {
      ordered = ordered.drop { $0.expected < gap.versions.lowerBound }
      let near = ordered.prefix { $0.expected < gap.versions.upperBound }
        .filter { calls[$0.call].invocation < gap.deadline }
      let fitting = near.filter { gap.value == nil || gap.value == $0.value }
      let first = near.first { $0.expected == gap.versions.lowerBound }
      let last = fitting.last
      if let alone = fitting.first, alone.expected == gap.versions.lowerBound {
        makers.append([alone.call])
      } else {
        makers.append(first.flatMap { first in last.map { [first.call, $0.call] } } ?? [])
      }
      lasts.append(last?.call)
    }
    return (makers, lasts)
  }

  struct Unfilled: Error {
    var gap: Int
  }

  /// Crashed calls that have not been taken.
  private struct Line {
    /// Invoked after all deadlines so far.
    var waiting: ArraySlice<Int>
    var fitting: [Int] = []

    var left: [Int] { fitting + waiting }

    mutating func last(before deadline: Int, _ calls: [Call<Command>]) -> Int? {
      while let call = waiting.first, calls[call].invocation < deadline {
        fitting.append(call)
        waiting.removeFirst()
      }
      return fitting.popLast()
    }
  }
}
