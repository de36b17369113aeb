import FoundationEssentials
import Glibc
import Testing

/// A process that records until it is killed, and the pipe on which it says what it sent.
private struct RecordingChild {
  let pid: pid_t
  let output: Int32

  init(path: String) throws {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw POSIXFailure("pipe") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    // Dies with this process, should the test be killed.
    let arguments = [
      "setpriv", "--pdeathsig", "KILL", try Self.executable(), "record-forever", path,
    ]
    var strings: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for string in strings { free(string) } }
    var pid: pid_t = 0
    let code = posix_spawnp(&pid, "setpriv", &actions, nil, &strings, environ)
    close(ends[1])
    guard code == 0 else {
      close(ends[0])
      errno = code
      throw POSIXFailure("posix_spawnp")
    }
    (self.pid, output) = (pid, ends[0])
  }

  /// The executable that was built beside the tests.
  private static func executable() throws -> String {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    for argument in [own] + CommandLine.arguments {
      guard let slash = argument.lastIndex(of: "/") else { continue }
      let path = argument[..<slash] + "/faultline-bench"
      if access(String(path), X_OK) == 0 { return String(path) }
    }
    throw POSIXFailure("faultline-bench, beside \(own)")
  }

  /// Reads what it says until `bytes` are there, kills it, reads the rest: the values it sent.
  func killAfter(bytes: Int) -> [Int] {
    var said: [UInt8] = []
    var isKilled = false
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(output, &chunk, chunk.count)
      if count <= 0 { break }
      said += chunk[..<count]
      if said.count >= bytes && !isKilled {
        kill(pid, SIGKILL)
        isKilled = true
      }
    }
    close(output)
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    return said.split(separator: 10).compactMap { Int(String(decoding: $0, as: UTF8.self)) }
  }
}

@Suite(.serialized) struct KilledRecorderTests {
  @Test(arguments: [1, 3000, 20_000])
  func whatAKilledProcessSentIsInTheFile(bytes: Int) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("h.jsonl")
    let sent = try RecordingChild(path: path).killAfter(bytes: bytes)
    #expect(!sent.isEmpty)

    // A partial last line is allowed, and `readLines` sets it apart; all others must be whole.
    let (lines, _) = try readLines(path)
    #expect(lines.map(\.index) == Array(0..<lines.count))
    var invoked: Set<Int> = []
    for line in lines {
      let value = try #require(line.value)
      if line.type == "invoke" { invoked.insert(value) } else { #expect(invoked.contains(value)) }
    }
    #expect(sent.allSatisfy(invoked.contains), "a request left before its invocation was written")
  }
}
