internal import Checkers
internal import Glibc
internal import Histories
internal import Linearizability

/// Pictures over the time of the run: phases and faults, latency by function, throughput.
struct TimePlots {
  private let findings: Findings
  private let faults: [Fault]
  /// The nanoseconds that the horizontal axis ends at.
  private let end: Double

  private static let left = 64.0
  private static let right = 990.0
  private static let width = 1000.0
  private static let mostPoints = 3000
  private static let mostFunctions = 8

  /// Nil where the history has no times.
  init?(_ findings: Findings) {
    let longest = findings.history.events.reduce(0) { max($0, $1.time ?? 0) }
    guard longest > 0 else { return nil }
    self.findings = findings
    faults = Fault.all(in: findings.history)
    end = Double(longest)
  }

  private func x(_ time: Int64) -> Double { x(Double(time)) }

  private func x(_ time: Double) -> Double {
    let share = min(max(time / end, 0), 1)
    return Self.left + share * (Self.right - Self.left)
  }

  private func number(_ value: Double) -> String { Words.decimal(value, digits: 1) }

  private func svg(_ name: String, height: Double, _ body: String) -> String {
    """
    <svg class="plot" viewBox="0 0 \(number(Self.width)) \(number(height))" role="img" \
    aria-label="\(Markup.text(name))">
    \(body)
    </svg>
    """
  }

  // MARK: Phases and faults

  /// A strip with the phases and one bar a fault.
  func strip() -> String {
    let phases = findings.run?.phases ?? []
    guard !phases.isEmpty || !faults.isEmpty else { return "" }
    var y = 4.0
    var body = phases.prefix(40).map { phaseMark($0, y: y) }.joined(separator: "\n")
    if !phases.isEmpty { y += 24 }
    let rows = packed()
    for (row, faults) in rows.enumerated() {
      body += faults.map { faultMark($0, y: y + Double(row) * 24) }.joined(separator: "\n")
    }
    let bottom = y + Double(rows.count) * 24 + 2
    return svg(
      "Phases and faults over time", height: bottom + 20, body + axis(top: 0, bottom: bottom))
  }

  /// Faults in as few rows as their labels allow; at most 20 rows are drawn.
  private func packed() -> [[Fault]] {
    var rows: [[Fault]] = []
    var free: [Double] = []
    for fault in faults {
      let start = x(fault.injected.time ?? 0)
      let stop = (fault.healed?.time).map { x($0) } ?? Self.right
      let end = fits(fault, start, stop) ? stop : stop + labelWidth(fault) + 10
      if let row = free.firstIndex(where: { $0 <= start }) {
        rows[row].append(fault)
        free[row] = end
      } else if rows.count < 20 {
        rows.append([fault])
        free.append(end)
      }
    }
    return rows
  }

  private func label(_ fault: Fault) -> String {
    let aim = fault.targets.isEmpty ? "" : " " + fault.targetText
    return "\(fault.id) \(fault.variant)\(aim)".shown(limit: 40)
  }

  private func labelWidth(_ fault: Fault) -> Double { Double(label(fault).count) * 6.2 }

  /// Whether a fault's label fits into its bar; otherwise it stands behind it.
  private func fits(_ fault: Fault, _ start: Double, _ stop: Double) -> Bool {
    labelWidth(fault) + 8 < stop - start
  }

  private func faultMark(_ fault: Fault, y: Double) -> String {
    let start = x(fault.injected.time ?? 0)
    let stop = (fault.healed?.time).map { x($0) } ?? Self.right
    let state = fault.verified == nil ? "unverified" : fault.healed == nil ? "unhealed" : "done"
    let words = Markup.text(fault.title, limit: 200) + ", " + Self.words(state)
    var place = "x=\"\(number((fits(fault, start, stop) ? start : stop) + 5))\""
    if !fits(fault, start, stop), stop + labelWidth(fault) > Self.width {
      place = "x=\"\(number(start - 5))\" text-anchor=\"end\""
    }
    return """
      <g class="mark \(state)"><title>\(words)</title><rect x="\(number(start))" y="\(number(y))" \
      width="\(number(max(3, stop - start)))" height="20" rx="3"/><text \(place) \
      y="\(number(y + 14))">\(Markup.text(label(fault)))</text></g>
      """
  }

  private static func words(_ state: String) -> String {
    switch state {
    case "unverified": "never seen to take effect"
    case "unhealed": "never seen to be healed"
    default: "took effect and was healed"
    }
  }

  private func phaseMark(_ phase: RunRecord.Phase, y: Double) -> String {
    let start = x(phase.start)
    let stop = x(phase.end)
    // A label of about 6 px a character that does not fit is left to the tooltip.
    let room = max(0, Int((stop - start - 10) / 6.2))
    let name = Markup.text(phase.name, limit: 60)
    let label = phase.name.count <= room ? name : ""
    return """
      <g class="phase"><title>\(name)</title><rect x="\(number(start))" y="\(number(y))" \
      width="\(number(max(1, stop - start - 1)))" height="18"/><text x="\(number(start + 6))" \
      y="\(number(y + 13))">\(label)</text></g>
      """
  }

  private func bands(top: Double, bottom: Double) -> String {
    faults.prefix(400).map { fault in
      let start = x(fault.injected.time ?? 0)
      let stop = (fault.healed?.time).map { x($0) } ?? Self.right
      return "<rect class=\"band\" x=\"\(number(start))\" y=\"\(number(top))\" "
        + "width=\"\(number(max(1, stop - start)))\" height=\"\(number(bottom - top))\"/>"
    }.joined()
  }

  /// The time axis: marks at round numbers.
  private func axis(top: Double, bottom: Double) -> String {
    let step = Self.niceStep(end / 10)
    let marks = stride(from: 0, through: end, by: step).map { time in
      let x = number(x(time))
      return "<line class=\"tick\" x1=\"\(x)\" y1=\"\(number(bottom))\" x2=\"\(x)\" "
        + "y2=\"\(number(bottom + 4))\"/><text class=\"axis mid\" x=\"\(x)\" "
        + "y=\"\(number(bottom + 15))\">\(Words.round(time))</text>"
    }
    return "<line class=\"lane\" x1=\"\(Self.left)\" y1=\"\(number(bottom))\" x2=\"\(Self.right)\" "
      + "y2=\"\(number(bottom))\"/>" + marks.joined()
  }

  /// The smallest of 1, 2, 5 times a power of ten that is not below `least`.
  private static func niceStep(_ least: Double) -> Double {
    var power = 0.1
    while power * 10 <= least { power *= 10 }
    return [1, 2, 5, 10].map { $0 * power }.first { $0 >= least } ?? least
  }

  // MARK: Latency

  /// One plot a function, with what was left out of it in words.
  func latencies() -> String {
    findings.statistics.functions.prefix(Self.mostFunctions).enumerated()
      .map { latency($1.f, colour: $0) }.joined(separator: "\n")
  }

  private enum Mark: String, CaseIterable { case ok, fail, info }

  private func latency(_ f: String, colour: Int) -> String {
    var samples: [(time: Int64, latency: Int64, mark: Mark)] = []
    for operation in findings.judgement.partitions.lazy.flatMap(\.operations)
    where operation.f == f {
      guard let latency = operation.latency(in: findings.history),
        let time = findings.history.events[operation.invocation].time
      else { continue }
      let mark: Mark =
        switch operation.outcome {
        case .ok: .ok
        case .fail: .fail
        case .info: .info
        }
      samples.append((time, latency, mark))
    }
    guard !samples.isEmpty else { return "" }
    let scale = LogScale(samples.map(\.latency), top: 10, bottom: 138)
    var drawn = 0
    var body = bands(top: 10, bottom: 138) + scale.marks(left: Self.left, right: Self.right)
    for mark in Mark.allCases {
      let points = Self.thinned(
        samples.filter { $0.mark == mark }.map { (x($0.time), scale.y($0.latency)) })
      drawn += points.count
      let path = points.map { "M\(number($0.0)) \(number($0.1))" + Self.glyph(mark) }.joined()
      body += "<path class=\"dots \(mark.rawValue) f\(colour)\" d=\"\(path)\"/>\n"
    }
    let ok = samples.filter { $0.mark == .ok }.map { ($0.time, $0.latency) }
    body += quantileLines(ok, scale, colour: colour)
    let name = Markup.text(f, limit: 40)
    let note =
      drawn < samples.count
      ? ", \(Words.count(drawn)) of \(Words.count(samples.count)) points drawn" : ""
    return """
      <figure><figcaption><b class="f\(colour)">\(name)</b> \
      <span>\(Words.count(samples.count, "operation"))\(note)</span></figcaption>
      \(svg("Latency of \(f) over time", height: 160, body + axis(top: 10, bottom: 138)))
      </figure>
      """
  }

  private static func glyph(_ mark: Mark) -> String {
    switch mark {
    case .ok: "h0"
    case .fail: "m-3-3l6 6m0-6l-6 6"
    case .info: "m0-4l4 7h-8z"
    }
  }

  /// One point for each pixel, and at most `mostPoints`, of which the slowest stay.
  private static func thinned(_ points: [(Double, Double)]) -> [(Double, Double)] {
    var seen: Set<Int> = []
    let distinct = points.filter { seen.insert(Int($0.0) * 4096 + Int($0.1)).inserted }
    guard distinct.count > mostPoints else { return distinct }
    let slowest = distinct.sorted { $0.1 < $1.1 }.prefix(mostPoints / 4)
    let stride = distinct.count / (mostPoints * 3 / 4) + 1
    return slowest + distinct.enumerated().filter { $0.offset % stride == 0 }.map(\.element)
  }

  /// The median and the 99th percentile of up to 60 stretches of time.
  private func quantileLines(
    _ samples: [(time: Int64, latency: Int64)], _ scale: LogScale, colour: Int
  ) -> String {
    // A quantile of a handful of operations says nothing.
    let buckets = min(60, max(8, samples.count / 40))
    var sorted = Array(repeating: [Int64](), count: buckets)
    for (time, latency) in samples {
      sorted[min(buckets - 1, max(0, Int(Double(time) / end * Double(buckets))))].append(latency)
    }
    for i in sorted.indices { sorted[i].sort() }
    return [(0.5, "p50"), (0.99, "p99")].map { quantile, name in
      var path = ""
      for (i, latencies) in sorted.enumerated() where !latencies.isEmpty {
        let value = latencies[Int((Double(latencies.count - 1) * quantile).rounded())]
        let x =
          Self.left + (Double(i) + 0.5) / Double(buckets) * (Self.right - Self.left)
        path += (path.isEmpty ? "M" : "L") + "\(number(x)) \(number(scale.y(value)))"
      }
      return "<path class=\"quantile \(name) f\(colour)\" d=\"\(path)\"/>"
    }.joined()
  }

  // MARK: Throughput

  /// Completions per second, stacked by how they ended.
  func throughput() -> String {
    let rates = rates()
    guard !rates.isEmpty else { return "" }
    let top = 10.0
    let bottom = 118.0
    let highest = max(1, rates.reduce(0) { max($0, $1.info) })
    let step = Self.niceStep(highest / 4)
    let most = (highest / step).rounded(.up) * step
    func y(_ rate: Double) -> Double { bottom - rate / most * (bottom - top) }
    // Each kind lies between the level of the one below it and its own.
    func area(_ name: String, _ lower: (Rate) -> Double, _ upper: (Rate) -> Double) -> String {
      let there = rates.map { rate in
        let level = number(y(upper(rate)))
        return "L\(number(rate.from)) \(level)L\(number(rate.to)) \(level)"
      }
      let back = rates.reversed().map { rate in
        let level = number(y(lower(rate)))
        return "L\(number(rate.to)) \(level)L\(number(rate.from)) \(level)"
      }
      let path = (there + back).joined().dropFirst()
      return "<path class=\"area \(name)\" d=\"M\(path)Z\"/>"
    }
    var body = bands(top: top, bottom: bottom)
    for level in stride(from: 0, through: most, by: step) {
      let y = number(y(level))
      body +=
        "<line class=\"grid\" x1=\"\(Self.left)\" y1=\"\(y)\" x2=\"\(Self.right)\" y2=\"\(y)\"/>"
      body += "<text class=\"axis end\" x=\"\(Self.left - 8)\" y=\"\(y)\" dy=\"4\">"
      body += "\(Words.decimal(level, digits: step < 1 ? 1 : 0))</text>"
    }
    body += area("ok", { _ in 0 }, \.ok) + area("fail", \.ok, \.fail) + area("info", \.fail, \.info)
    let picture = svg("Completions per second", height: 140, body + axis(top: top, bottom: bottom))
    return "<figure>\(picture)</figure>"
  }

  /// Completions per second of one stretch, each kind on top of the one before.
  private struct Rate {
    var from: Double
    var to: Double
    var ok: Double
    var fail: Double
    var info: Double
  }

  private func rates() -> [Rate] {
    let width = Double(findings.statistics.bucketWidth)
    return findings.statistics.rates.enumerated().compactMap { i, bucket in
      let from = Double(i) * width
      let to = min(from + width, end)
      // The last stretch is cut short by the end of the run; a sliver of one has no rate.
      guard to - from > width / 5 else { return nil }
      let seconds = (to - from) / 1e9
      return Rate(
        from: x(from), to: x(to), ok: Double(bucket.ok) / seconds,
        fail: Double(bucket.ok + bucket.fail) / seconds,
        info: Double(bucket.ok + bucket.fail + bucket.info) / seconds)
    }
  }
}

/// A logarithmic scale for latencies, from a power of ten to a power of ten.
private struct LogScale {
  private let top: Double
  private let bottom: Double
  /// Nanoseconds at the bottom, and how many powers of ten there are.
  private var lowest = 1000.0
  private var decades = 1

  init(_ latencies: [Int64], top: Double, bottom: Double) {
    self.top = top
    self.bottom = bottom
    let least = Double(max(latencies.min() ?? 1000, 1000))
    let most = Double(latencies.max() ?? 1000)
    while lowest * 10 <= least { lowest *= 10 }
    var highest = lowest * 10
    while highest < most {
      highest *= 10
      decades += 1
    }
  }

  func y(_ latency: Int64) -> Double {
    let share = log10(max(Double(latency), lowest) / lowest) / Double(decades)
    return bottom - min(max(share, 0), 1) * (bottom - top)
  }

  func marks(left: Double, right: Double) -> String {
    var nanoseconds = lowest
    return (0...decades).map { decade in
      let y = bottom - Double(decade) / Double(decades) * (bottom - top)
      let label = Words.round(nanoseconds)
      nanoseconds *= 10
      return "<line class=\"grid\" x1=\"\(left)\" y1=\"\(y)\" x2=\"\(right)\" y2=\"\(y)\"/>"
        + "<text class=\"axis end\" x=\"\(left - 8)\" y=\"\(y)\" dy=\"4\">\(label)</text>"
    }.joined()
  }
}
