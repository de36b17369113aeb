extension History {
  /// Reads a history and gathers all that is wrong with it, line by line, instead of stopping at the
  /// first; at most `limit` problems.
  ///
  /// The history is nil if it could not be read as a whole. Only JSON lines go on after an error in a
  /// line; other notations have no place to go on from.
  public static func problems(
    path: String, format: HistoryFormat? = nil, keyed: Bool = false, limit: Int = 100
  ) -> (history: History?, problems: [HistoryError]) {
    let history: History
    do throws(HistoryError) {
      let read = try History.read(path: path, format: format)
      history = keyed ? try read.keyedByValues() : read
    } catch {
      return (nil, brokenLines(path: path, format: format, first: error, limit: limit))
    }
    let problems = history.pairingProblems(limit: limit)
    return (history, problems)
  }

  private static func brokenLines(
    path: String, format: HistoryFormat?, first: HistoryError, limit: Int
  ) -> [HistoryError] {
    guard format ?? .json == .json, path != "-", first.column != nil,
      var reader = try? HistoryReader(path: path)
    else { return [first] }
    var problems: [HistoryError] = []
    var lastPlace: (Int?, Int?)?
    while problems.count < limit {
      do throws(HistoryError) {
        if try reader.next() == nil { break }
      } catch {
        // A reader that cannot go on says the same again.
        if let lastPlace, lastPlace == (error.line, error.column) { break }
        lastPlace = (error.line, error.column)
        problems.append(error)
      }
    }
    // What is compressed, or is no JSON after all, is not read line by line.
    return problems.contains(first) ? problems : [first]
  }
}
