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

  /// What only the model knows: `check` tells the first of them.
  @Test func allThatDoesNotFitTheModel() async throws {
    let text = """
      {"faultline":1,"model":"priority-queue"}
      {"process":0,"type":"invoke","f":"insert","value":"a"}
      {"process":0,"type":"ok","f":"insert","value":"a"}
      {"process":0,"type":"invoke","f":"insert","value":1}
      {"process":0,"type":"ok","f":"insert","value":1}
      {"process":0,"type":"invoke","f":"dequeue"}
      {"process":0,"type":"ok","f":"dequeue","value":1}

      """
    let wrong = try await lint(text)
    #expect(wrong.status == 65)
    let lines = wrong.output.split(separator: "\n")
    #expect(lines.count == 2, "\(wrong.text)")
    #expect(lines.first?.contains("h.jsonl:3: error: an element must be a number") == true)
    #expect(
      lines.last?.contains("h.jsonl:6: error: the model priority-queue has no function") == true)
    let other = try await lint(text, ["--model", "fifo-queue"])
    #expect(other.output.split(separator: "\n").count == 2, "\(other.text)")
    let unknown = try await lint(text.replacing("priority-queue", with: "heap"))
    #expect(unknown.status == 65 && unknown.text.contains("there is no model"), "\(unknown.text)")
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
