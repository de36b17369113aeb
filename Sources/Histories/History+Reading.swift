internal import Glibc

extension History {
  /// Reads a whole history; `-` is the standard input.
  ///
  /// The format is told by the first bytes where none is given, and so is compression by gzip or
  /// zstd, of plain files. Events that were merged from several recorders are put in order: by index
  /// where all have one, else, in JSON, by time where all have one (`EventOrder`).
  public static func read(
    path: String, format: HistoryFormat? = nil
  ) throws(HistoryError) -> History {
    if path == "-" { return try read(fileDescriptor: 0, source: path, format: format) }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw HistoryError(
        kind: .unreadable, file: path,
        message: "cannot be opened: \(SystemError(number: errno))")
    }
    defer { close(descriptor) }
    guard let program = CompressedFile.expander(of: descriptor) else {
      return try read(fileDescriptor: descriptor, source: path, format: format)
    }
    return try read(expanding: descriptor, by: program, source: path, format: format)
  }

  private static func read(
    expanding descriptor: CInt, by program: String, source: String, format: HistoryFormat?
  ) throws(HistoryError) -> History {
    let expansion: (output: CInt, process: pid_t)
    do throws(SystemError) {
      expansion = try CompressedFile.expand(descriptor, by: program)
    } catch {
      throw HistoryError(
        kind: .unreadable, file: source,
        message: "is compressed, and the program \(program) cannot be started: \(error)")
    }
    let history = Result { () throws(HistoryError) in
      try read(fileDescriptor: expansion.output, source: source, format: format)
    }
    close(expansion.output)
    // A history that could not be read was not read to its end, so the program may have been cut off.
    let endedWell = CompressedFile.endsWell(expansion.process)
    if case .success = history, !endedWell {
      throw HistoryError(file: source, message: "\(program) cannot expand the whole file")
    }
    return try history.get()
  }

  /// Reads a whole history from a descriptor, which stays open; `source` names it in messages.
  public static func read(
    fileDescriptor: CInt, source: String, format: HistoryFormat? = nil
  ) throws(HistoryError) -> History {
    var text: WholeText
    do throws(SystemError) {
      text = try WholeText(restOf: fileDescriptor)
    } catch {
      throw HistoryError(kind: .unreadable, file: source, message: "cannot be read: \(error)")
    }
    let format = format ?? HistoryFormat.detect(text.bytes.prefix(4096))
    if format == .json {
      if let history = LineHistory.read(text, source: source) { return history }
      let bytes = ByteSource(bytes: text.withoutPadding())
      return try read(HistoryReader(bytes, source: source), source: source)
    }
    let (events, isIndexed) = try TextHistory.read(
      text.withoutPadding(), as: format, source: source)
    // Jepsen writes its lines in the order of the events, although the times in them jitter.
    guard isIndexed else { return History(source: source, events: events) }
    return History(
      source: source, events: try EventOrder.arranged(events, isIndexed: true, source: source))
  }

  private static func read(
    _ reader: consuming HistoryReader, source: String
  ) throws(HistoryError) -> History {
    var events: [Event] = []
    while let event = try reader.next() { events.append(event) }
    if !reader.isIndexed, let disorder = reader.disorder { throw disorder }
    return History(
      source: source, header: reader.header,
      events: try EventOrder.arranged(events, isIndexed: reader.isIndexed, source: source),
      lastLineIsPartial: reader.lastLineIsPartial)
  }
}
