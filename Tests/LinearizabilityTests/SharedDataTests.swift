import FoundationEssentials
import Histories
import Linearizability
import Testing

/// Histories of other checkers with known verdicts, where they are at hand: in the folder that
/// `FAULTLINE_SHARED_DATA` names, or in `../shared/data` beside the package.
@Suite struct SharedDataTests {
  static let folder =
    ProcessInfo.processInfo.environment["FAULTLINE_SHARED_DATA"] ?? packageRoot + "/../shared/data"

  struct Log: Sendable, CustomTestStringConvertible {
    var path: String
    var model: String
    var initial: Value
    var isValid: Bool
    var operations: Int
    var testDescription: String { path }
  }

  /// The objects of Porcupine and Knossos, from the index of the folder.
  static let logs: [Log] = {
    guard let bytes = FileManager.default.contents(atPath: folder + "/INDEX.tsv") else {
      print("SharedDataTests: skipped, there is no \(folder)/INDEX.tsv; set FAULTLINE_SHARED_DATA")
      return []
    }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
      let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      guard columns.count > 5, ["valid", "invalid"].contains(columns[4]) else { return nil }
      guard let (model, initial) = object(columns[3]) else { return nil }
      return Log(
        path: columns[0], model: model, initial: initial, isValid: columns[4] == "valid",
        operations: Int(columns[5]) ?? -1)
    }
  }()

  /// The model and its initial value, where we have it.
  private static func object(_ text: String) -> (String, Value)? {
    switch text {
    case "cas-register, initial 0": ("cas-register", .integer(0))
    case "cas-register, initial nil", "cas-register(nil)", "cas-register, initial nil or 0":
      ("cas-register", .null)
    case "mutex": ("mutex", .null)
    case "multi-register {x 0 y 0}":
      ("multi-register", .object(["x": .integer(0), "y": .integer(0)]))
    case let text where text.contains("kv string get/put/append"): ("kv", .string(""))
    default: nil
    }
  }

  @Test(
    .enabled(if: !logs.isEmpty, "there is no \(folder)"),
    arguments: logs)
  func verdictOfOthers(log: Log) throws {
    let history = try History.read(path: Self.folder + "/" + log.path)
    #expect(try history.operations().count == log.operations)
    // Where Knossos reads nil, nothing was observed; Porcupine observes that nothing is there.
    var options = CheckOptions(
      model: log.model, initial: log.initial,
      nullReadsAreUnknown: log.path.hasPrefix("knossos"), allowEmpty: true)
    for usesSolvers in [true, false] {
      options.usesSolvers = usesSolvers
      let judgement = try check(history, options)
      #expect(judgement.verdict == (log.isValid ? .linearizable : .violation))
      // The two meanings of a failed cas come to the same on Porcupine's logs, as its authors found.
      guard log.path.hasPrefix("porcupine/jepsen") else { continue }
      options.failedCAS = .observe
      #expect(try check(history, options).verdict == judgement.verdict)
      options.failedCAS = .ignore
    }
  }

  @Test(.enabled(if: !logs.isEmpty, "there is no \(folder)"))
  func bothVerdictsOccur() {
    #expect(Self.logs.contains { $0.isValid } && Self.logs.contains { !$0.isValid })
  }

  @Test(.enabled(if: !logs.isEmpty, "there is no \(folder)"))
  func everyFileIsRead() throws {
    let index = try #require(FileManager.default.contents(atPath: Self.folder + "/INDEX.tsv"))
    for line in String(decoding: index, as: UTF8.self).split(separator: "\n").dropFirst() {
      let path = String(line.split(separator: "\t")[0])
      // Their operations belong to no process.
      if ["elle-cli/custom/comments.edn", "elle/paper-example.edn"].contains(path) { continue }
      #expect(try !History.read(path: Self.folder + "/" + path).events.isEmpty, "\(path)")
    }
  }
}
