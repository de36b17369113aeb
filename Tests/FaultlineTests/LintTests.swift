import TestSupport
import Testing

/// `lint`: every error at once, then what makes a verdict meaningless.
@Suite struct LintTests {
  private func lint(_ text: String, _ more: [String] = []) async throws -> Program.Ended {
    let place = try Scratch()
    let path = try place.write(text, to: "h.jsonl")
    return try await program([faultline, "lint", path] + more)
  }

  @Test func allErrorsAtOnce() async throws {
    let broken = try await lint(
      """
      {"process":0,"type":"invoke","f":"read"
      {"process":0,"type":"maybe","f":"read"}
      {"process":0,"type":"ok","f":"read"}
      {"process":[],"type":"ok","f":"read"}

      """)
    #expect(broken.status == 65)
    let lines = broken.output.split(separator: "\n")
    #expect(lines.count == 3, "\(broken.text)")
    #expect(lines.map { $0.contains("h.jsonl:1:") } == [true, false, false])
    #expect(lines[2].contains("h.jsonl:4:"))
    let unpaired = try await lint(
      """
      {"process":0,"type":"ok","f":"read"}
      {"process":1,"type":"invoke","f":"read"}
      {"process":1,"type":"invoke","f":"read"}
      {"process":1,"type":"ok","f":"write"}

      """)
    #expect(unpaired.status == 65)
    #expect(unpaired.output.split(separator: "\n").count == 3, "\(unpaired.text)")
  }

  @Test func warningsAndNothing() async throws {
    let write = #"{"process":0,"type":"invoke","f":"write","value":1}"# + "\n"
    let vague = try await lint(
      write + #"{"process":0,"type":"fail","f":"write","error":"timeout"}"# + "\n",
      ["--format", "json"])
    #expect(vague.status == 1)
    #expect(vague.output.contains(#""severity":"warning""#), "\(vague.text)")
    let good = try await lint(write + #"{"process":0,"type":"ok","f":"write","value":1}"# + "\n")
    #expect(good.status == 0)
    #expect(good.output.contains("nothing found"))
  }
}
