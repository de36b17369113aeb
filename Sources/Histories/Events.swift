/// The events of a history, in order: held one by one, or read again from their lines when they are
/// asked for, which takes a few bytes for each.
public struct Events: RandomAccessCollection, MutableCollection, RangeReplaceableCollection,
  Sendable,
  ExpressibleByArrayLiteral
{
  private enum Storage {
    case array([Event])
    case lines(EventLines)
  }

  private var storage: Storage

  /// No events.
  public init() { storage = .array([]) }

  /// Events that are held one by one.
  public init(_ events: [Event]) { storage = .array(events) }

  /// Events that are held one by one.
  public init(arrayLiteral elements: Event...) { storage = .array(elements) }

  /// Events that lie in lines, already paired.
  init(_ lines: EventLines) { storage = .lines(lines) }

  /// The operations of the clients, where the events were paired when they were read.
  var table: OperationTable? {
    if case .lines(let lines) = storage { lines.table } else { nil }
  }

  /// 0.
  public var startIndex: Int { 0 }

  /// How many they are.
  public var endIndex: Int {
    switch storage {
    case .array(let events): events.count
    case .lines(let lines): lines.count
    }
  }

  /// Setting one makes all be held one by one.
  public subscript(position: Int) -> Event {
    get {
      switch storage {
      case .array(let events): events[position]
      case .lines(let lines): lines[position]
      }
    }
    set {
      var all = held()
      all[position] = newValue
      storage = .array(all)
    }
  }

  /// Replaces events; all are held one by one afterwards.
  public mutating func replaceSubrange(
    _ range: Range<Int>, with events: some Collection<Event>
  ) {
    var all = held()
    all.replaceSubrange(range, with: events)
    storage = .array(all)
  }

  /// Takes the events out as an array, which is then the only holder and can be changed in place.
  private mutating func held() -> [Event] {
    defer { storage = .array([]) }
    if case .array(let events) = storage { return events }
    return Array(self)
  }
}

extension Events: Equatable {
  /// Whether both have the same events.
  public static func == (a: Events, b: Events) -> Bool { a.elementsEqual(b) }
}
