internal import Glibc

/// What libFuzzer calls: every format's parser with the same bytes, and what a history is used for
/// first. The build puts this file into the module of the parsers, so that it needs no import.
///
/// Whatever the bytes, the answer is a history or an error; a history written as JSON lines and read
/// again is the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // Safe: libFuzzer owns the bytes for the length of this call, and they are copied here.
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  if let value = try? Value(json: bytes) {
    var text: [UInt8] = []
    JSONText.append(value, to: &text)
    require((try? Value(json: text)) == value, "a value changes when it is written")
  }
  compareReaders(bytes)
  for format in [HistoryFormat.json, .edn, .jepsenLog] {
    if let history = try? read(bytes, as: format) { use(history) }
  }
  return 0
}

/// Where the reader that takes lines in one pass takes them, the reader that goes event by event gives the
/// same.
private func compareReaders(_ bytes: [UInt8]) {
  guard let history = LineHistory.read(WholeText(bytes), source: "input") else { return }
  var reader = HistoryReader(ByteSource(bytes: bytes), source: "input")
  var events: [Event] = []
  do throws(HistoryError) {
    while let event = try reader.next() { events.append(event) }
  } catch {
    fatalError("\(error): only one reader took \(String(decoding: bytes, as: UTF8.self))")
  }
  require(
    Array(history.events) == events,
    "the readers see other events in \(String(decoding: bytes, as: UTF8.self))")
  require(history.header == reader.header, "the readers see another header")
  require(
    history.lastLineIsPartial == reader.lastLineIsPartial, "the readers see another last line")
  let held = History(source: "input", events: events)
  require(
    (try? history.operations()) == (try? held.operations()), "the readers see other operations")
}

private func use(_ history: History) {
  _ = history.pairingProblems(limit: 10)
  _ = try? history.operations()
  var text: [UInt8] = []
  EventEncoder.append(header: history.header, to: &text)
  for event in numbered(history) { EventEncoder.append(event, to: &text) }
  let again: History
  do throws(HistoryError) {
    again = try read(text, as: .json)
  } catch {
    fatalError(
      "\(error): what was read cannot be read again: \(String(decoding: text, as: UTF8.self))")
  }
  require(numbered(again) == numbered(history), "a history changes when it is written")
}

/// The events without their lines. Where only some have an index, two may have the same.
private func numbered(_ history: History) -> [Event] {
  history.events.enumerated().map { position, event in
    var event = event
    (event.index, event.line) = (position, nil)
    return event
  }
}

/// A file without a name, which holds one input after the other.
private let file: CInt = {
  var name = Array("/dev/shm/fuzzing-XXXXXX\0".utf8CString)
  let file = mkstemp(&name)
  require(file >= 0 && unlink(name) == 0, "there is no room for a file in /dev/shm")
  return file
}()

private func read(_ bytes: [UInt8], as format: HistoryFormat) throws(HistoryError) -> History {
  require(ftruncate(file, 0) == 0 && pwrite(file, bytes, bytes.count, 0) == bytes.count, "write")
  lseek(file, 0, SEEK_SET)
  return try History.read(fileDescriptor: file, source: "input", format: format)
}

/// Ends the process where something does not hold, as every `fatalError` here does: libFuzzer learns of a finding
/// by a crash, and keeps the input that led to it.
private func require(_ condition: Bool, _ message: String) {
  if !condition { fatalError(message) }
}
