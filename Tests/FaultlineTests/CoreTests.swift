import TestSupport
import Testing

/// `check --core`: the smallest part of a violation, as a history of its own.
@Suite struct CoreTests {
  private static let folder =
    #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/histories/bad"

  @Test(arguments: names(in: folder))
  func theCoreOfEveryBadHistoryIsAViolation(name: String) async throws {
    let place = try Scratch()
    let core = place.path + "/core.jsonl"
    let whole = try await program(
      [faultline, "check", Self.folder + "/" + name, "--core", core])
    #expect(whole.status == 1, "\(whole.text)")
    let part = try await program([faultline, "check", core])
    #expect(part.status == 1, "\(part.text)\n\(place.read("core.jsonl"))")
    let lines = place.read("core.jsonl").split(separator: "\n")
    #expect((2...20).contains(lines.count), "\(lines.count) lines")
  }
}
