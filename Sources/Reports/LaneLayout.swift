internal import Histories

/// Where the parts of a neighbourhood's picture stand from left to right, in whatever unit the
/// picture has (pixels, characters).
///
/// Not to scale: the events where a shown operation starts or ends are set out in their order,
/// and the stretch between two of them is as wide as the labels need. An operation covers the
/// columns from its start to its end, and a linearization point lies inside a column.
struct LaneLayout {
  /// How wide things are, in the picture's unit.
  struct Metrics: Sendable {
    /// The least width of a column.
    var column: Int
    /// The width of a column where operations were left out.
    var gap: Int
    /// The least width of the column that starts where the impossible operation returns.
    var tail: Int
    /// The width of a bar with its label.
    var bar: @Sendable (Neighbourhood.Entry) -> Int
    /// The width of a linearization point with its state.
    var point: @Sendable (String) -> Int
  }

  struct Point {
    var operation: Int
    var number: Int
    var stateAfter: String
    /// Where it is, and how much room it has to both sides together.
    var x: Int
    var width: Int
  }

  /// The positions in the history at which columns start, ascending.
  private(set) var positions: [Int]
  /// Where those columns start; one more than `positions`, for the right edge.
  private(set) var edges: [Int]
  /// The linearization points, in order.
  private(set) var points: [Point] = []
  /// The columns in which operations were left out, with how many.
  private(set) var gaps: [(column: Int, omitted: Int)] = []

  private var returnColumn = 0

  /// Where the impossible operation returns. No point stands in the column that begins there,
  /// since only operations invoked before that return are in the linearization.
  var returnOfImpossible: Int { edges[returnColumn] }

  /// The width of the whole picture.
  var width: Int { edges.last ?? 0 }

  init(_ neighbourhood: Neighbourhood, _ metrics: Metrics) {
    let entries = neighbourhood.entries
    let ends = entries.flatMap { [$0.operation.invocation] + [$0.end].compactMap { $0 } }
    positions = Set(ends).sorted()
    edges = []
    var widths = Array(repeating: metrics.column, count: positions.count)
    returnColumn =
      entries.first { $0.role == .impossible }.flatMap(\.end).map { column(at: $0) } ?? 0
    if !widths.isEmpty { widths[returnColumn] = max(metrics.column, metrics.tail) }

    for position in neighbourhood.omitted {
      let column = self.column(at: position)
      let omitted = gaps.last?.column == column ? gaps.removeLast().omitted : 0
      gaps.append((column, omitted + 1))
    }
    // A gap is only drawn where nothing shown is under way; elsewhere the caption must do.
    let busy = entries.filter { $0.end != nil }.map { span($0) }
    gaps = gaps.filter { gap in !busy.contains { $0.contains(gap.column) } }
    for gap in gaps { widths[gap.column] = max(widths[gap.column], metrics.gap) }

    let columns = pointColumns(neighbourhood)
    var needed: [Int: Int] = [:]
    for (point, column) in columns { needed[column, default: 0] += metrics.point(point.stateAfter) }
    for (column, width) in needed { widths[column] = max(widths[column], width) }

    // Short spans first: what they are given, longer ones that contain them need not ask for.
    for entry in entries.sorted(by: { self.span($0).count < self.span($1).count }) {
      let span = self.span(entry)
      let missing = metrics.bar(entry) - widths[span].reduce(0, +)
      guard missing > 0 else { continue }
      for column in span { widths[column] += (missing + span.count - 1) / span.count }
    }
    edges = widths.reduce(into: [0]) { edges, width in edges.append((edges.last ?? 0) + width) }
    place(columns, metrics)
  }

  /// The columns that an operation covers: to the right edge where it may still take effect.
  func span(_ entry: Neighbourhood.Entry) -> Range<Int> {
    let start = column(at: entry.operation.invocation)
    let end = entry.end.map { column(at: $0) } ?? positions.count
    return start..<max(start + 1, end)
  }

  /// Where an operation's bar starts and ends.
  func bar(_ entry: Neighbourhood.Entry) -> Range<Int> {
    let span = span(entry)
    return edges[span.lowerBound]..<edges[span.upperBound]
  }

  /// Where any position of the history stands, interpolated within its column.
  func x(at position: Int) -> Int {
    guard let first = positions.first, position >= first else { return 0 }
    let column = column(at: position)
    guard column + 1 < positions.count else {
      return position == positions[column] ? edges[column] : width
    }
    let share =
      Double(position - positions[column]) / Double(positions[column + 1] - positions[column])
    return edges[column] + Int(share * Double(edges[column + 1] - edges[column]))
  }

  /// The last column that starts at or before a position. O(log columns).
  private func column(at position: Int) -> Int {
    var low = 0
    var high = positions.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if positions[middle] <= position { low = middle } else { high = middle }
    }
    return low
  }

  /// A column for each point: never before its predecessor's nor before its operation's start.
  ///
  /// In a valid linearization no operation returns before one that precedes it was invoked, so
  /// the largest start so far lies before this operation's end and the column inside its bar.
  private func pointColumns(
    _ neighbourhood: Neighbourhood
  ) -> [(point: Point, column: Int)] {
    var column = 0
    return neighbourhood.points.map { entry, number, state in
      let span = span(entry)
      column = min(max(column, span.lowerBound), span.upperBound - 1)
      let point = Point(
        operation: entry.operation.id, number: number, stateAfter: state, x: 0, width: 0)
      return (point, column)
    }
  }

  private mutating func place(_ columns: [(point: Point, column: Int)], _ metrics: Metrics) {
    var used: [Int: Int] = [:]
    var totals: [Int: Int] = [:]
    for (point, column) in columns { totals[column, default: 0] += metrics.point(point.stateAfter) }
    for (point, column) in columns {
      let width = metrics.point(point.stateAfter)
      let slack = edges[column + 1] - edges[column] - totals[column, default: 0]
      let offset = used[column, default: 0]
      used[column] = offset + width
      var placed = point
      placed.width = width
      placed.x = edges[column] + slack / 2 + offset + width / 2
      points.append(placed)
    }
  }
}
