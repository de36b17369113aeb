internal import Checkers
internal import Histories
internal import Linearizability

/// The timeline of a violation's neighbourhood as SVG: a lane a process, a bar an operation.
struct NeighbourhoodPicture {
  private let neighbourhood: Neighbourhood
  private let layout: LaneLayout
  private let findings: Findings
  /// The faults that were there meanwhile: the latest ones, where there were many.
  private let faults: [Fault]

  /// The width that needs no scrolling on a common screen.
  private static let page = 930
  /// The width of the names of the lanes, which stand beside the picture and do not scroll.
  private static let names = 82
  /// The room left of the first bar.
  private static let left = 8
  private static let mostFaults = 6
  private static let laneHeight = 46
  private static let barHeight = 28
  /// The width of a character of the monospaced labels, at their size of 12 px.
  private static let character = 7.3

  private static let metrics = LaneLayout.Metrics(
    column: 18, gap: 96, tail: 150,
    bar: { entry in
      width(of: Words.operation(entry.operation, limit: 24)) + 24
    },
    point: { state in max(44, width(of: state.shown(limit: 14)) + 26) })

  private static func width(of text: String) -> Int {
    Int((Double(text.count) * character).rounded(.up))
  }

  /// Leaves out context until the picture fits a page, but never what the violation consists
  /// of. Nil where nothing can be drawn.
  init?(_ partition: PartitionJudgement, _ violation: Violation, _ findings: Findings) {
    guard var neighbourhood = Neighbourhood(of: partition, violation) else { return nil }
    let needed = max(6, neighbourhood.entries.count { $0.role <= .concurrent })
    var layout = LaneLayout(neighbourhood, Self.metrics)
    while layout.width > Self.page, neighbourhood.entries.count > needed {
      neighbourhood.shrink()
      layout = LaneLayout(neighbourhood, Self.metrics)
    }
    self.findings = findings
    self.neighbourhood = neighbourhood
    self.layout = layout
    let first = layout.positions.first ?? 0
    let last = layout.positions.last ?? 0
    faults = Array(
      Fault.all(in: findings.history).lazy
        .filter { $0.injected.position < last && ($0.healed?.position ?? .max) > first }
        .suffix(Self.mostFaults))
  }

  /// How many operations in between are not drawn.
  var omittedCount: Int { neighbourhood.omitted.count }
  /// How many are.
  var shownCount: Int { neighbourhood.entries.count }

  /// Where the lanes begin: below the names of the faults.
  private var top: Int { 30 + faults.count * 13 }
  private var lanesBottom: Int { top + neighbourhood.lanes.count * Self.laneHeight }
  private var height: Int { lanesBottom + 76 }
  private var width: Int { Self.left + layout.width + 4 }

  /// The names of the lanes, and beside them the picture, which scrolls where it is wide.
  func html() -> String {
    let subject = Markup.text(Words.subject(neighbourhood.entries.first?.operation.key))
    return """
      <div class="picture">
      <svg class="names" width="\(Self.names)" height="\(height)" aria-hidden="true">
      \(laneNames())
      </svg>
      <div class="scroll" tabindex="0" role="region" aria-label="Timeline, scrollable">
      <svg class="lanes" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" \
      role="group" aria-label="Operations around the violation on \(subject)">
      \(faultBands())
      \(laneLines())
      \(times())
      \(gaps())
      \(neighbourhood.entries.map(bar).joined(separator: "\n"))
      \(stateLane())
      </svg>
      </div>
      </div>
      """
  }

  private func laneNames() -> String {
    let processes = neighbourhood.lanes.enumerated().map { row, process in
      "<text x=\"0\" y=\"\(laneMiddle(row) + 4)\">process \(process)</text>"
    }
    return processes.joined(separator: "\n")
      + "<text x=\"0\" y=\"\(lanesBottom + 43)\">state after</text>"
      + "<text x=\"0\" y=\"\(lanesBottom + 64)\">order</text>"
  }

  private func laneMiddle(_ row: Int) -> Int {
    top + row * Self.laneHeight + Self.laneHeight / 2
  }

  private func faultBands() -> String {
    faults.enumerated().map { row, fault in
      let start = Self.left + layout.x(at: fault.injected.position)
      let end = Self.left + (fault.healed.map { layout.x(at: $0.position) } ?? layout.width)
      let label = Markup.text(fault.title, limit: 80)
      return """
        <g class="fault"><rect class="band" x="\(start)" y="\(top - 16)" width="\(max(2, end - start))" \
        height="\(lanesBottom - top + 16)"/><text x="\(start + 6)" y="\(12 + row * 13)">\(label)</text></g>
        """
    }.joined(separator: "\n")
  }

  private func laneLines() -> String {
    neighbourhood.lanes.indices.map { row in
      let y = laneMiddle(row)
      return "<line class=\"lane\" x1=\"0\" y1=\"\(y)\" x2=\"\(width)\" y2=\"\(y)\"/>"
    }.joined(separator: "\n")
  }

  /// Recorded times below the lanes, wherever there is room for one.
  private func times() -> String {
    var nextFree = 0
    var marks: [(x: Int, time: Int64)] = []
    for (column, position) in layout.positions.enumerated() {
      let x = Self.left + layout.edges[column]
      guard x >= nextFree, x + 60 < width, let time = findings.history.events[position].time else {
        continue
      }
      nextFree = x + 78
      marks.append((x, time))
    }
    return zip(marks, Words.times(marks.map(\.time))).map { mark, time in
      "<line class=\"tick\" x1=\"\(mark.x)\" y1=\"\(lanesBottom)\" x2=\"\(mark.x)\" y2=\"\(lanesBottom + 5)\"/>"
        + "<text class=\"time\" x=\"\(mark.x)\" y=\"\(lanesBottom + 17)\">\(time)</text>"
    }.joined(separator: "\n")
  }

  private func gaps() -> String {
    layout.gaps.map { gap in
      let x = Self.left + layout.edges[gap.column] + 8
      let end = Self.left + layout.edges[gap.column + 1] - 8
      let middle = (x + end) / 2
      let y = top + 4
      return """
        <g class="gap"><rect x="\(x)" y="\(y)" width="\(end - x)" height="\(lanesBottom - y - 4)"/>\
        <text x="\(middle)" y="\(lanesBottom - 24)">\(Words.count(gap.omitted, "operation"))\
        </text><text x="\(middle)" y="\(lanesBottom - 10)">left out</text></g>
        """
    }.joined(separator: "\n")
  }

  private func bar(_ entry: Neighbourhood.Entry) -> String {
    let operation = entry.operation
    let span = layout.bar(entry)
    let lane = neighbourhood.lanes.firstIndex(of: operation.process) ?? 0
    let x = Self.left + span.lowerBound
    let y = top + lane * Self.laneHeight + (Self.laneHeight - Self.barHeight) / 2
    let width = max(8, span.count - 3)
    let right = x + width
    let description = Markup.text(describe(entry), limit: 600)
    // An operation that may still take effect has no right end.
    let shape =
      entry.end == nil
      ? "<path d=\"M\(right) \(y)H\(x + 4)a4 4 0 0 0 -4 4v\(Self.barHeight - 8)"
        + "a4 4 0 0 0 4 4H\(right)\"/>"
      : "<rect x=\"\(x)\" y=\"\(y)\" width=\"\(width)\" height=\"\(Self.barHeight)\" rx=\"4\"/>"
    let label = Markup.text(Words.operation(operation, limit: 24), limit: 60)
    return """
      <g class="op \(style(entry))" tabindex="0" role="img" aria-label="\(description)">\
      <title>\(description)</title>\(shape)<text x="\(x + 9)" y="\(y + 18)">\(label)</text>\
      \(badge(entry, y: y))</g>
      """
  }

  private func style(_ entry: Neighbourhood.Entry) -> String {
    switch entry.role {
    case .impossible: "impossible"
    case .writer: "writer"
    case .overwriter: "overwriter"
    case .concurrent, .context, .pending: entry.end == nil ? "pending" : "plain"
    }
  }

  private func badge(_ entry: Neighbourhood.Entry, y: Int) -> String {
    guard let point = layout.points.first(where: { $0.operation == entry.operation.id }) else {
      return ""
    }
    let x = Self.left + point.x
    return """
      <line class="drop" x1="\(x)" y1="\(y + Self.barHeight)" x2="\(x)" y2="\(lanesBottom + 27)"/>\
      <circle class="point" cx="\(x)" cy="\(y + Self.barHeight)" r="4"/>
      """
  }

  /// The state after each point, and what was possible at the impossible operation's return.
  private func stateLane() -> String {
    let y = lanesBottom + 28
    let start = Self.left + layout.returnOfImpossible
    var verdict =
      "<line class=\"drop culprit\" x1=\"\(start - 3)\" y1=\"\(top)\" x2=\"\(start - 3)\" y2=\"\(y + 22)\"/>"
    if !neighbourhood.violation.possibleStates.isEmpty {
      let states = Words.states(neighbourhood.violation.possibleStates, limit: 2)
      verdict += """
        <g class="state none"><rect x="\(start + 6)" y="\(y)" width="140" height="22" rx="11"/>\
        <text x="\(start + 76)" y="\(y + 15)">only \(Markup.text(states, limit: 14))</text>\
        <text class="number" x="\(start + 76)" y="\(y + 36)">possible at its return</text></g>
        """
    }
    let chips = layout.points.map { point in
      let x = Self.left + point.x
      let width = point.width - 6
      let state = Markup.text(point.stateAfter.shown(limit: 14), limit: 20)
      return """
        <g class="state"><rect x="\(x - width / 2)" y="\(y)" width="\(width)" height="22" rx="11"/>\
        <text x="\(x)" y="\(y + 15)">\(state)</text>\
        <text class="number" x="\(x)" y="\(y + 36)">\(point.number)</text></g>
        """
    }
    return """
      \(chips.joined(separator: "\n"))
      \(verdict)
      """
  }

  private func describe(_ entry: Neighbourhood.Entry) -> String {
    let operation = entry.operation
    let events = findings.history.events
    let start = events[operation.invocation]
    let completion = operation.completion.map { events[$0] }
    var words = ["\(Words.operation(operation, limit: 60)), process \(operation.process)"]
    if let node = completion?.node ?? start.node { words.append("on \(node)") }
    if let time = start.time {
      let end = completion?.time.map { " to \(Words.time($0))" } ?? ", never returned"
      words.append("\(Words.time(time))\(end)")
    }
    if let latency = operation.latency(in: findings.history) {
      words.append("took \(Words.duration(latency))")
    }
    words.append(Words.place(operation.invocation, in: findings.history))
    if let error = completion?.error { words.append("error: \(error.asText(limit: 120))") }
    return words.joined(separator: " · ") + ". " + meaning(entry)
  }

  private func meaning(_ entry: Neighbourhood.Entry) -> String {
    let placed = entry.point.map {
      " Number \($0.number) in the order, state \($0.stateAfter.shown(limit: 60)) after it."
    }
    switch entry.role {
    case .impossible:
      let states = neighbourhood.violation.possibleStates
      if states.isEmpty { return "This is the impossible operation." }
      return
        "This is the impossible operation: when it returned, the state was \(Words.states(states))."
    case .writer: return "It wrote the value that was seen." + (placed ?? "")
    case .overwriter: return "It replaced the value that was seen." + (placed ?? "")
    case .concurrent, .context: return placed ?? "It was under way at the same time."
    case .pending: return "Nobody knows whether it took effect." + (placed ?? "")
    }
  }
}
