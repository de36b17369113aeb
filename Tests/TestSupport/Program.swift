import Dispatch
import Foundation
public import Glibc
import Synchronization

/// A program that a test has started. It is dead and reaped when this ends, also when a test fails.
public final class Program: Sendable {
  /// How a program ended, and all it said.
  public struct Ended: Sendable {
    /// Its exit status, or 128 plus the number of the signal that ended it.
    public let status: Int32
    /// Standard output.
    public let output: String
    /// Standard error.
    public let errors: String
    /// Both, for messages.
    public var text: String { "status \(status)\n\(errors)\(output)" }
  }

  /// Its process id.
  public let pid: pid_t
  private let scratch: Scratch
  private let status = Mutex<Int32?>(nil)

  /// Starts a program, found by `PATH`; with `environment` added to ours.
  public init(
    _ command: [String], environment: [String: String] = [:], input: String = ""
  ) throws {
    scratch = try Scratch()
    try scratch.write(input, to: "in")
    pid = try Self.start(command, Self.merged(environment), streamsIn: scratch.path)
  }

  /// Starts it in a thread of its own that waits for its end: Linux holds a program's parent for dead when
  /// the thread that made it is, and those of tasks come and go.
  private static func start(
    _ command: [String], _ variables: [String], streamsIn folder: String
  ) throws -> pid_t {
    let started = Mutex<(pid: pid_t, error: Int32)?>(nil)
    let isKnown = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      let result = spawn(command, variables, streamsIn: folder)
      started.withLock { $0 = result }
      isKnown.signal()
      var ended = siginfo_t()
      if result.error == 0 { waitid(P_PID, id_t(result.pid), &ended, WEXITED | WNOWAIT) }
    }
    isKnown.wait()
    guard let result = started.withLock({ $0 }), result.error == 0 else {
      throw TestFailure("posix_spawnp \(command): errno \(started.withLock { $0?.error ?? 0 })")
    }
    return result.pid
  }

  private static func spawn(
    _ command: [String], _ variables: [String], streamsIn folder: String
  ) -> (pid: pid_t, error: Int32) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let streams = [("in", O_RDONLY), ("out", O_WRONLY | O_CREAT), ("err", O_WRONLY | O_CREAT)]
    for (number, (name, flags)) in streams.enumerated() {
      posix_spawn_file_actions_addopen(
        &actions, Int32(number), folder + "/" + name, flags | O_APPEND, 0o600)
    }
    // Dead with us, so that a test that is killed leaves nothing running.
    var arguments = (["setpriv", "--pdeathsig", "KILL", "--"] + command).map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var entries = variables.map { strdup($0) } + [nil]
    defer { for entry in entries { free(entry) } }
    var pid: pid_t = 0
    let error = posix_spawnp(&pid, "setpriv", &actions, nil, &arguments, &entries)
    return (pid, error)
  }

  deinit {
    if endedStatus() == nil {
      Glibc.kill(pid, SIGKILL)
      waitpid(pid, nil, 0)
    }
  }

  /// What it has written to standard output so far.
  public var output: String { scratch.read("out") }
  /// What it has written to standard error so far.
  public var errors: String { scratch.read("err") }

  /// Sends it a signal, unless it has ended.
  public func signal(_ number: Int32) {
    if endedStatus() == nil { Glibc.kill(pid, number) }
  }

  /// Waits until it has ended.
  public func end(within limit: Duration = .seconds(90)) async throws -> Ended {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
      if let status = endedStatus() {
        return Ended(status: status, output: output, errors: errors)
      }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw TestFailure("no end within \(limit):\n\(errors)\(output)")
  }

  /// Waits until it has written a text to standard error.
  public func says(_ text: String, within limit: Duration = .seconds(40)) async throws {
    try await waits(for: text, within: limit) { errors }
  }

  /// Waits until it has written a text to standard output.
  public func prints(_ text: String, within limit: Duration = .seconds(40)) async throws {
    try await waits(for: text, within: limit) { output }
  }

  private func waits(
    for text: String, within limit: Duration, in written: () -> String
  ) async throws {
    let deadline = ContinuousClock.now + limit
    while !written().contains(text) {
      guard endedStatus() == nil || written().contains(text) else {
        throw TestFailure("it ended without saying '\(text)':\n\(errors)\(output)")
      }
      guard ContinuousClock.now < deadline else {
        throw TestFailure("it did not say '\(text)' within \(limit):\n\(errors)\(output)")
      }
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  private func endedStatus() -> Int32? {
    status.withLock { status in
      if let status { return status }
      var word: Int32 = 0
      guard waitpid(pid, &word, WNOHANG) == pid else { return nil }
      status = word & 0x7f == 0 ? word >> 8 & 0xff : 128 + word & 0x7f
      return status
    }
  }

  private static func merged(_ changes: [String: String]) -> [String] {
    var variables: [String] = changes.map { "\($0.key)=\($0.value)" }
    var entry = environ
    while let text = entry.pointee {
      let variable = String(cString: text)
      let name = String(variable.prefix { $0 != "=" })
      if changes[name] == nil { variables.append(variable) }
      entry += 1
    }
    return variables
  }
}

/// Runs a program to its end.
public func program(
  _ command: [String], environment: [String: String] = [:], input: String = "",
  within limit: Duration = .seconds(90)
) async throws -> Program.Ended {
  try await Program(command, environment: environment, input: input).end(within: limit)
}

/// Why a test could not do what it meant to.
public struct TestFailure: Error, CustomStringConvertible {
  /// What went wrong.
  public let description: String

  /// Makes a failure.
  public init(_ description: String) { self.description = description }
}
