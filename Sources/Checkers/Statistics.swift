internal import Histogram
public import Histories

/// How long operations took, in nanoseconds.
public struct LatencySummary: Sendable, Hashable {
  /// How many operations were measured.
  public var count: Int
  /// Quantiles to three significant digits.
  public var p50, p90, p99, p999: Int64
  /// The longest, exactly.
  public var maximum: Int64
}

/// How the operations of one function ended.
public struct FunctionStatistics: Sendable, Hashable {
  /// The function, such as `read`.
  public var f: String
  /// How many ended each way; operations that never completed count as `info`.
  public var ok, fail, info: Int
  /// Of the `ok` ones; nil where none has a recorded time.
  public var latency: LatencySummary?
}

/// Completions of one stretch of time.
public struct RateBucket: Sendable, Hashable {
  /// How many ended `ok`.
  public var ok = 0
  /// How many ended `fail`.
  public var fail = 0
  /// How many ended `info`.
  public var info = 0
}

/// Operations that ended with the same error.
public struct ErrorGroup: Sendable, Hashable {
  /// The function, such as `read`.
  public var f: String
  /// How they ended: `fail` or `info`.
  public var type: EventType
  /// The error, bounded and escaped.
  public var text: String
  /// How many there were.
  public var count: Int
}

/// Counts, latencies, rates and errors of a history's client operations.
public struct Statistics: Sendable, Hashable {
  /// By function, sorted by name.
  public var functions: [FunctionStatistics]
  /// Nanoseconds of one bucket of `rates`: a second, or more where the run is very long.
  public var bucketWidth: Int64
  /// Completions per bucket, from time 0; at most 3600. Empty where no time was recorded.
  public var rates: [RateBucket]
  /// The most frequent first, at most 50.
  public var errors: [ErrorGroup]

  /// All operations of the history.
  public var total: Int { functions.reduce(0) { $0 + $1.ok + $1.fail + $1.info } }
  /// How many of them ended `ok`.
  public var ok: Int { functions.reduce(0) { $0 + $1.ok } }

  /// Gathers the statistics of the operations of a history. O(operations).
  public init(history: History, operations: some Collection<Operation>) {
    var gathered: [String: Gathered] = [:]
    var errors: [ErrorKey: Int] = [:]
    for operation in operations {
      gathered[operation.f, default: Gathered()].add(operation, history)
      guard let key = ErrorKey(operation, history) else { continue }
      // Hostile histories may carry a different error each time; the memory for them is bounded.
      if errors[key] != nil || errors.count < 10_000 { errors[key, default: 0] += 1 }
    }
    functions = gathered.keys.sorted().compactMap { f in gathered[f]?.summary(f) }
    self.errors = Self.mostFrequent(errors)
    let width = Self.bucketWidth(history)
    bucketWidth = width
    rates = Self.rates(operations, history, width: width)
  }

  private static func mostFrequent(_ errors: [ErrorKey: Int]) -> [ErrorGroup] {
    let groups = errors.map { key, count in
      ErrorGroup(f: key.f, type: key.type, text: key.text, count: count)
    }
    let sorted = groups.sorted { a, b in
      (b.count, a.f, a.text, a.type.rawValue) < (a.count, b.f, b.text, b.type.rawValue)
    }
    return Array(sorted.prefix(50))
  }

  private static let mostBuckets: Int64 = 3600

  private static func bucketWidth(_ history: History) -> Int64 {
    let second: Int64 = 1_000_000_000
    let longest = history.events.reduce(0) { max($0, $1.time ?? 0) }
    return max(1, longest / (mostBuckets * second) + 1) * second
  }

  private static func rates(
    _ operations: some Collection<Operation>, _ history: History, width: Int64
  ) -> [RateBucket] {
    var buckets: [RateBucket] = []
    for operation in operations {
      guard let end = operation.completion, let time = history.events[end].time, time >= 0 else {
        continue
      }
      let place = Int(time / width)
      while buckets.count <= place { buckets.append(RateBucket()) }
      switch operation.outcome {
      case .ok: buckets[place].ok += 1
      case .fail: buckets[place].fail += 1
      case .info: buckets[place].info += 1
      }
    }
    return buckets
  }
}

extension Operation {
  /// Nanoseconds from invocation to completion; nil where either has no time, the operation
  /// never completed or the recorded times run backwards.
  public func latency(in history: History) -> Int64? {
    guard let completion, let start = history.events[invocation].time,
      let end = history.events[completion].time
    else { return nil }
    let (difference, overflow) = end.subtractingReportingOverflow(start)
    return overflow || difference < 0 ? nil : difference
  }
}

private struct ErrorKey: Hashable {
  var f: String
  var type: EventType
  var text: String

  /// Nil for operations that carry no error.
  init?(_ operation: Operation, _ history: History) {
    guard let completion = operation.completion, let error = history.events[completion].error
    else { return nil }
    f = operation.f
    type = history.events[completion].type
    text = Self.withoutDurations(error.asText(limit: 200))
  }

  /// The text with `…` for how many milliseconds something took, which differs each time.
  ///
  /// Without a regular expression, which takes longer to compile than a short history to judge.
  private static func withoutDurations(_ text: String) -> String {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    var result = ""
    for (index, word) in words.enumerated() {
      if index > 0 { result += " " }
      let isDuration =
        index + 1 < words.count
        && (words[index + 1].hasPrefix("ms") || words[index + 1].hasPrefix("milliseconds"))
      let digits = isDuration ? word.utf8.reversed().prefix { (48...57).contains($0) }.count : 0
      result += digits > 0 ? word.dropLast(digits) + "…" : word
    }
    return result
  }
}

/// What is gathered about one function.
private struct Gathered {
  var ok = 0
  var fail = 0
  var info = 0
  var maximum: Int64 = 0
  var latencies = Histogram<UInt64>()

  /// The histogram grows with the largest value, so it is capped at 13 days; the maximum is exact.
  private static let longest: Int64 = 1 << 50

  mutating func add(_ operation: Operation, _ history: History) {
    switch operation.outcome {
    case .fail: fail += 1
    case .info: info += 1
    case .ok:
      ok += 1
      guard let latency = operation.latency(in: history) else { return }
      maximum = max(maximum, latency)
      latencies.record(UInt64(min(latency, Self.longest)))
    }
  }

  func summary(_ f: String) -> FunctionStatistics {
    func quantile(_ percentile: Double) -> Int64 {
      min(Int64(clamping: latencies.valueAtPercentile(percentile)), maximum)
    }
    let latency =
      latencies.totalCount == 0
      ? nil
      : LatencySummary(
        count: Int(latencies.totalCount), p50: quantile(50), p90: quantile(90), p99: quantile(99),
        p999: quantile(99.9), maximum: maximum)
    return FunctionStatistics(f: f, ok: ok, fail: fail, info: info, latency: latency)
  }
}
