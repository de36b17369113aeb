import TestSupport
import Testing

/// `check` and `show` on histories from anywhere; needs no root and no nodes.
struct CheckTests {
  private static let good = """
    {"faultline":1,"model":"register"}
    {"process":0,"type":"invoke","f":"write","key":"a","value":1}
    {"process":0,"type":"ok","f":"write","key":"a","value":1}
    {"process":1,"type":"invoke","f":"read","key":"a"}
    {"process":1,"type":"ok","f":"read","key":"a","value":1}

    """
  private static let bad =
    good.split(separator: "\n").dropLast().joined(separator: "\n")
    + "\n{\"process\":1,\"type\":\"ok\",\"f\":\"read\",\"key\":\"a\",\"value\":2}\n"
  private static let empty = "{\"faultline\":1,\"model\":\"register\"}\n"
  private static let broken = good + "{\"process\":1,\"type\":\"invoke\",\n{}\n"

  private func check(_ arguments: [String], input: String = "") async throws -> Program.Ended {
    try await program([faultline, "check"] + arguments, input: input)
  }

  @Test func theExitStatusTellsTheVerdict() async throws {
    let place = try Scratch()
    let good = try place.write(Self.good, to: "good.jsonl")
    let bad = try place.write(Self.bad, to: "bad.jsonl")
    let empty = try place.write(Self.empty, to: "empty.jsonl")
    let broken = try place.write(Self.broken, to: "broken.jsonl")
    let missing = place.path + "/missing.jsonl"
    for (inputs, status) in [
      ([good], 0), ([bad], 1), ([empty], 2), ([broken], 65), ([missing], 66),
      ([good, good], 0), ([good, empty], 2), ([empty, bad, good], 1), ([missing, bad], 1),
      ([broken, good, bad], 1), ([broken, empty], 65), ([good, missing], 66),
      ([empty, "--allow-empty"], 0), ([place.path], 66), ([good, "--model", "queue"], 64),
      ([], 64), (["--frobnicate", good], 64), ([good, "--time-limit", "5"], 64),
    ] {
      let ended = try await check(inputs)
      #expect(ended.status == Int32(status), "\(inputs): \(ended.text)")
    }
  }

  @Test func everyInputIsJudgedAlsoAfterABrokenOne() async throws {
    let place = try Scratch()
    let broken = try place.write(Self.broken, to: "broken.jsonl")
    let bad = try place.write(Self.bad, to: "bad.jsonl")
    let ended = try await check([broken, bad])
    #expect(ended.errors.contains("\(broken):6:"), "\(ended.errors)")
    #expect(ended.output.contains("VIOLATION"))
    #expect(!ended.output.contains("\u{1B}"))
  }

  @Test func aHistoryComesFromStandardInputToo() async throws {
    #expect(try await check(["-"], input: Self.good).status == 0)
    #expect(try await check(["-"], input: Self.bad).status == 1)
    #expect(try await check(["-"], input: "nonsense").status == 65)
    #expect(try await check(["-", "--model", "register"], input: "").status == 2)
  }

  @Test func withoutAModelOneIsAskedFor() async throws {
    let headless = Self.good.split(separator: "\n").dropFirst().joined(separator: "\n") + "\n"
    let ended = try await check(["-"], input: headless)
    #expect(ended.status == 64, "\(ended.text)")
    #expect(ended.errors.contains("cas-register"))
    #expect(try await check(["-", "--model", "register"], input: headless).status == 0)
  }

  @Test func theLastLineMayBeCutOff() async throws {
    let cut = Self.good + "{\"process\":3,\"type\":\"inv"
    let ended = try await check(["-"], input: cut)
    #expect(ended.status == 0, "\(ended.text)")
  }

  @Test(arguments: [good, bad, empty]) func jsonIsJSON(_ history: String) async throws {
    let place = try Scratch()
    let file = try place.write(history, to: "h.jsonl")
    let ended = try await check([file, "--format", "json"])
    #expect(AnyJSON.accepts(ended.output), "\(ended.text)")
    #expect(storedExit(ended.output) == Int(ended.status))
    #expect(ended.errors == "")
  }

  @Test func aStoredRunIsJudgedByItsFolder() async throws {
    let place = try Scratch()
    try place.write(Self.bad, to: "history.jsonl")
    #expect(try await check([place.path]).status == 1)
    let report = place.path + "/r.html"
    #expect(try await check([place.path, "--report", report]).status == 1)
    #expect(text(ofFile: report)?.contains("</html>") == true)
    let nowhere = try await check([place.path, "--report", "/nowhere/r.html"])
    #expect(nowhere.errors.contains("cannot write /nowhere/r.html"))
    #expect(nowhere.status == 1, "a report that cannot be written hides the violation")
  }

  @Test func showPrintsAHistoryForPeople() async throws {
    let place = try Scratch()
    let file = try place.write(Self.bad, to: "h.jsonl")
    let ended = try await program([faultline, "show", file], environment: ["NO_COLOR": "1"])
    #expect(ended.status == 0)
    #expect(ended.output.contains("write"))
    #expect(!ended.output.contains("\u{1B}"))
    #expect(try await program([faultline, "show", "/nowhere"]).status == 66)
    let piped = "\(faultline) show \(file) | head -n 1"
    #expect(try await program(["bash", "-o", "pipefail", "-c", piped]).status == 0)
  }

  /// In a terminal there is colour, unless NO_COLOR is set or the terminal is dumb.
  @Test func colourIsForTerminalsOnly() async throws {
    let place = try Scratch()
    let file = try place.write(Self.bad, to: "h.jsonl")
    func coloured(_ environment: [String: String]) async throws -> Bool {
      let command = ["script", "-qec", "\(faultline) check \(file)", "/dev/null"]
      return try await program(command, environment: environment).output.contains("\u{1B}[")
    }
    #expect(try await coloured(["TERM": "xterm", "NO_COLOR": ""]))
    #expect(try await !coloured(["TERM": "xterm", "NO_COLOR": "1"]))
    #expect(try await !coloured(["TERM": "dumb", "NO_COLOR": ""]))
  }
}
