/// A recorded history: what clients and the nemesis did, in order.
public struct History: Sendable {
  /// Where it came from, as shown in messages: a path, or `-`.
  public var source: String
  /// The first line where it has the key `faultline`; empty otherwise.
  public var header: [String: Value]
  /// The events in order; `events[i]` is at position i.
  public var events: Events
  /// Whether the last line was cut off in the middle, as a killed run leaves it.
  public var lastLineIsPartial: Bool

  /// Makes a history from events that are already in order, held one by one.
  public init(
    source: String, header: [String: Value] = [:], events: [Event],
    lastLineIsPartial: Bool = false
  ) {
    self.init(
      source: source, header: header, events: Events(events), lastLineIsPartial: lastLineIsPartial)
  }

  /// Makes a history from events that are already in order.
  public init(
    source: String, header: [String: Value] = [:], events: Events,
    lastLineIsPartial: Bool = false
  ) {
    self.source = source
    self.header = header
    self.events = events
    self.lastLineIsPartial = lastLineIsPartial
  }
}
