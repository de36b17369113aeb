internal import Checkers
internal import Histories
internal import Linearizability

/// A violation's neighbourhood drawn with characters: one line a process, time to the right.
struct LanesText {
  private let neighbourhood: Neighbourhood
  private let layout: LaneLayout
  private let style: Style

  /// Draws as many operations as fit into `width` characters. Nil where nothing can be drawn.
  init?(
    _ partition: PartitionJudgement, _ violation: Violation, width: Int = 110, style: Style
  ) {
    guard
      var neighbourhood = Neighbourhood(of: partition, violation, limit: 16, laneLimit: 10)
    else { return nil }
    var layout = LaneLayout(neighbourhood, Self.metrics)
    while layout.width + Self.labelWidth > width, neighbourhood.entries.count > 2 {
      neighbourhood.shrink()
      layout = LaneLayout(neighbourhood, Self.metrics)
    }
    self.neighbourhood = neighbourhood
    self.layout = layout
    self.style = style
  }

  private static let labelWidth = 14
  private static let metrics = LaneLayout.Metrics(
    column: 2, gap: 5, tail: 2, bar: { label($0).count + 6 }, point: { _ in 1 })

  private static func label(_ entry: Neighbourhood.Entry) -> String {
    let text = Words.operation(entry.operation, limit: 16)
    return entry.point.map { "\(text) (\($0.number))" } ?? text
  }

  /// The drawing, then the linearization in words.
  func lines() -> [String] {
    neighbourhood.lanes.map(lane) + [""] + order()
  }

  private func lane(_ process: Int) -> String {
    var cells = Array(repeating: Character(" "), count: layout.width + 1)
    for gap in layout.gaps {
      let middle = (layout.edges[gap.column] + layout.edges[gap.column + 1]) / 2
      for x in middle - 1...middle + 1 where cells.indices.contains(x) { cells[x] = "·" }
    }
    var isCulprit = false
    for entry in neighbourhood.entries where entry.operation.process == process {
      isCulprit = isCulprit || entry.role == .impossible
      draw(entry, in: &cells)
    }
    let name = "process \(process)"
    let room = String(repeating: " ", count: max(1, Self.labelWidth - name.count))
    var line = name + room + String(cells)
    while line.last == " " { line.removeLast() }
    return isCulprit ? style.ink(.boldRed, line + "  <- VIOLATION") : line
  }

  private func draw(_ entry: Neighbourhood.Entry, in cells: inout [Character]) {
    let bar = layout.bar(entry)
    let isOpen = entry.end == nil
    for x in bar { cells[x] = "-" }
    cells[bar.lowerBound] = "|"
    if !isOpen { cells[bar.upperBound - 1] = "|" }
    let label = Array(" " + Self.label(entry) + " ")
    let slack = max(0, bar.count - 2 - label.count)
    let start = bar.lowerBound + 1 + (isOpen ? min(2, slack) : slack / 2)
    for (i, character) in label.enumerated() where start + i < bar.upperBound - 1 {
      cells[start + i] = character
    }
    if isOpen { cells[bar.upperBound - 1] = "?" }
  }

  private func order() -> [String] {
    var lines: [String] = []
    let points = neighbourhood.points
    if !points.isEmpty { lines.append("an order that explains what came before it:") }
    var previous = points.first.map { $0.number - 1 } ?? 0
    for (entry, number, state) in points {
      if number != previous + 1 { lines.append("       ·") }
      previous = number
      let operation = pad(Words.operation(entry.operation, limit: 24), 24)
      lines.append(
        "  \(pad(String(number), 5, right: true))  \(operation)  process "
          + "\(pad(String(entry.operation.process), 4))  state \(state.shown(limit: 40))")
    }
    if let culprit = neighbourhood.entries.first(where: { $0.role == .impossible }) {
      let states = neighbourhood.violation.possibleStates
      let process = String(culprit.operation.process)
      let whose =
        states.isEmpty
        ? process : "\(pad(process, 4))  possible states: \(Words.states(states))"
      let operation = pad(Words.operation(culprit.operation, limit: 24), 24)
      lines.append(
        style.ink(
          .boldRed,
          "      ✗  \(operation)  process \(whose)"))
    }
    if !neighbourhood.omitted.isEmpty {
      let count = Words.count(neighbourhood.omitted.count, "operation")
      lines.append(style.ink(.dim, "Not to scale; \(count) in between left out."))
    }
    return lines
  }

  private func pad(_ text: String, _ width: Int, right: Bool = false) -> String {
    let room = String(repeating: " ", count: max(0, width - text.count))
    return right ? room + text : text + room
  }
}
