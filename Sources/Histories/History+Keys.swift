extension History {
  /// The history with keys taken from the values of client operations, which are pairs of key and
  /// value, as Jepsen's independent workloads write them.
  ///
  /// A completion may have no value; its key is that of its invocation. Throws where a value is no
  /// pair.
  public func keyedByValues() throws(HistoryError) -> History {
    var history = self
    for position in events.indices {
      guard case .client = events[position].process else { continue }
      switch events[position].value {
      case .array(let pair)? where pair.count == 2:
        history.events[position].key = pair[0]
        history.events[position].value = pair[1]
      case nil where events[position].type != .invoke: continue
      case let value:
        throw error(
          atEvent: position,
          "the value must be [key, value]; "
            + (value.map { "found \($0.shown(limit: 40))" } ?? "there is none"))
      }
    }
    return history
  }
}
