/// The notations in which histories are read.
public enum HistoryFormat: String, Sendable, CaseIterable {
  /// JSON lines or one JSON array: ours, Jepsen's exports, what elle-cli reads.
  case json
  /// EDN maps, one after another or in one vector or list: Jepsen's `history.edn`, Knossos's data,
  /// Porcupine's key-value logs.
  case edn
  /// Lines of Jepsen's console: process, type, function and value, as Porcupine's register logs.
  case jepsenLog = "jepsen-log"

  /// The format that the first bytes of a text have.
  ///
  /// JSON objects begin with a key in quotes, EDN maps with a keyword. What is neither is taken for
  /// JSON, whose reader says what is wrong.
  static func detect(_ bytes: ArraySlice<UInt8>) -> HistoryFormat {
    var significant = bytes.drop { $0 <= 0x20 || $0 == UInt8(ascii: ",") }
    if significant.starts(with: "INFO".utf8) { return .jepsenLog }
    guard let first = significant.popFirst() else { return .json }
    switch first {
    case UInt8(ascii: "("), UInt8(ascii: "#"), UInt8(ascii: ";"): return .edn
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      let next = significant.first { $0 > 0x20 && $0 != UInt8(ascii: ",") }
      if first == UInt8(ascii: "{") { return next == UInt8(ascii: ":") ? .edn : .json }
      if next == UInt8(ascii: "{") { return detect(significant) }
      return [UInt8(ascii: "#"), UInt8(ascii: ";"), UInt8(ascii: "(")].contains(next) ? .edn : .json
    default: return .json
    }
  }
}
