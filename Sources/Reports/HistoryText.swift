internal import Checkers
public import Histories

/// A history for people: one line an event, in columns that grow with what they hold.
///
/// Lines can be made as events arrive; what they show is bounded and escaped.
public struct HistoryText {
  private var style: Style
  /// The widths of all columns but the last two, which need none.
  private var widths = [7, 11, 7, 4, 6, 5, 3]
  private static let widestColumn = 24

  /// Makes a writer.
  public init(style: Style) {
    self.style = style
  }

  /// The line above the columns.
  public func heading() -> String {
    let names = ["index", "time", "process", "node", "type", "f", "key"]
    return style.ink(.dim, row(names) + "  value")
  }

  /// One event as one line.
  public mutating func line(_ event: Event) -> String {
    if case .client = event.process { return clientLine(event) }
    return nemesisLine(event)
  }

  /// Writes a whole history, with a note where its last line was cut off.
  public static func write<E: Error>(
    _ history: History, style: Style, to output: (String) throws(E) -> Void
  ) throws(E) {
    var text = HistoryText(style: style)
    for event in history.events { text.fit(event) }
    if !history.header.isEmpty {
      try output(style.ink(.dim, "header " + Value.object(history.header).shown(limit: 400)))
    }
    try output(text.heading())
    for event in history.events { try output(text.line(event)) }
    if history.lastLineIsPartial {
      try output(style.ink(.yellow, "The last line was cut off in the middle and is left out."))
    }
  }

  private func cells(_ event: Event) -> [String] {
    [
      String(event.index),
      event.time.map { Words.time($0) } ?? "-",
      Self.processText(event.process),
      (event.node ?? "").shown(limit: 20),
      event.type.rawValue,
      event.f.shown(limit: 20),
      event.key?.shown(limit: 20) ?? "",
    ]
  }

  private mutating func fit(_ event: Event) {
    guard case .client = event.process else { return }
    for (column, cell) in cells(event).enumerated() {
      widths[column] = min(max(widths[column], cell.count), Self.widestColumn)
    }
  }

  private mutating func clientLine(_ event: Event) -> String {
    fit(event)
    var line = row(cells(event)) + "  " + (event.value?.shown(limit: 200) ?? "")
    if let error = event.error { line += "  error: " + error.asText(limit: 200) }
    line += Self.fieldText(event.fields)
    while line.last == " " { line.removeLast() }
    switch event.type {
    case .invoke: return style.ink(.dim, line)
    case .ok: return line
    case .fail: return style.ink(.red, line)
    case .info: return style.ink(.yellow, line)
    }
  }

  /// The nemesis and annotations stand apart: they belong to no column but the first two.
  private func nemesisLine(_ event: Event) -> String {
    var fields = event.fields
    var words = [Self.processText(event.process), event.f.shown(limit: 40)]
    if case .array(let targets)? = fields.removeValue(forKey: "targets"), !targets.isEmpty {
      words.append("on " + targets.prefix(20).map { $0.asText(limit: 40) }.joined(separator: ", "))
    }
    if let phase = fields.removeValue(forKey: "phase") {
      words.append("· " + phase.asText(limit: 40))
    }
    if let fault = fields.removeValue(forKey: "fault") {
      words.append("· fault " + fault.asText(limit: 40))
    }
    if let key = event.key { words.append(key.shown(limit: 40)) }
    if let value = event.value, value != .null { words.append("· " + value.shown(limit: 300)) }
    if let error = event.error { words.append("· error: " + error.asText(limit: 300)) }
    let start = cells(event).prefix(2).enumerated().map { pad($1, to: widths[$0], right: true) }
    let line = start.joined(separator: "  ") + "  ── " + words.joined(separator: " ")
    return style.ink(.magenta, line + Self.fieldText(fields) + " ──")
  }

  private func row(_ cells: [String]) -> String {
    // Numbers stand to the right: index, time and process.
    cells.enumerated().map { pad($1, to: widths[$0], right: $0 < 3) }.joined(separator: "  ")
  }

  private func pad(_ text: String, to width: Int, right: Bool) -> String {
    let room = String(repeating: " ", count: max(0, width - text.count))
    return right ? room + text : text + room
  }

  private static func processText(_ process: ProcessID) -> String {
    switch process {
    case .client(let number): String(number)
    case .nemesis: "nemesis"
    case .other(let name): name.shown(limit: 40)
    }
  }

  private static func fieldText(_ fields: [String: Value]) -> String {
    fields.keys.sorted().prefix(20).map { name in
      "  \(name.shown(limit: 40))=\(fields[name]?.shown(limit: 80) ?? "")"
    }.joined()
  }
}
