import TestSupport
import Testing

/// The program that the README shows: `faultline` with a model of its own.
@Suite struct OwnModelTests {
  private let program = String(faultline.dropLast("faultline".count)) + "own-model"

  private func check(_ lines: [String], _ more: [String] = []) async throws -> Program.Ended {
    let scratch = try Scratch()
    try scratch.write(lines.joined(separator: "\n") + "\n", to: "h.jsonl")
    return try await TestSupport.program(
      [program, "check", "--model", "account", scratch.path + "/h.jsonl"] + more)
  }

  private let withdrawal = [
    #"{"process":0,"type":"invoke","f":"withdraw","value":6}"#,
    #"{"process":0,"type":"ok","f":"withdraw","value":6}"#,
  ]

  @Test func itsModelJudges() async throws {
    let overdrawn = try await check(withdrawal)
    #expect(overdrawn.status == 1, "\(overdrawn.text)")
    let covered = try await check(withdrawal, ["--initial", "100"])
    #expect(covered.status == 0, "\(covered.text)")
  }

  @Test func itsModelIsListedBesideTheOthers() async throws {
    let list = try await TestSupport.program([program, "models"])
    #expect(list.output.contains("account") && list.output.contains("cas-register"), "\(list.text)")
    let one = try await TestSupport.program([program, "models", "account"])
    #expect(one.output.contains("a bank account"), "\(one.text)")
  }
}
