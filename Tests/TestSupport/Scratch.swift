import FoundationEssentials
import Glibc

/// A folder that is gone when it ends.
public final class Scratch: Sendable {
  /// Its path.
  public let path: String

  /// Makes the folder.
  public init() throws {
    var template = Array("/tmp/faultline-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw TestFailure("mkdtemp: errno \(errno)") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file in the folder, and gives its path.
  @discardableResult
  public func write(_ text: String, to name: String) throws -> String {
    let file = path + "/" + name
    try Data(text.utf8).write(to: URL(filePath: file))
    return file
  }

  /// The text of a file in the folder; empty where there is none.
  public func read(_ name: String) -> String {
    text(ofFile: path + "/" + name) ?? ""
  }
}

/// The text of a file; nil where it cannot be read.
public func text(ofFile path: String) -> String? {
  FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
}

/// The names in a folder; empty where there is none.
public func names(in folder: String) -> [String] {
  ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
}

/// Any JSON document, to see that one is well formed by a parser that is not ours.
public struct AnyJSON: Decodable {
  /// Accepts whatever is there.
  public init(from decoder: any Decoder) {}

  /// Whether a text is one JSON document.
  public static func accepts(_ text: String) -> Bool {
    (try? JSONDecoder().decode(AnyJSON.self, from: Data(text.utf8))) != nil
  }
}

/// The generator of SplitMix64 (Steele, Lea, Flood 2014), for tests that print their seed.
public struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  /// Makes a generator.
  public init(_ seed: UInt64) { state = seed }

  /// The next 64 bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
