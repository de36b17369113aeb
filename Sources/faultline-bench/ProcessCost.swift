import Glibc

/// What a whole process took.
struct ProcessCost {
  /// Seconds.
  var wall: Double
  /// Seconds of the processor.
  var processor: Double
  /// Bytes at its peak, mapped files included.
  var memory: Double

  /// Runs a command in a shell, without its output; whatever its exit status says is its verdict.
  ///
  /// A process has at least the memory that its parent ever had, so the parent is another process of
  /// this program, which does nothing else.
  static func measure(_ command: String) throws -> ProcessCost {
    var ends: [CInt] = [0, 0]
    pipe(&ends)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let child = try spawn(["/proc/self/exe", "cost", command], &actions)
    close(ends[1])
    defer { close(ends[0]) }
    var bytes = [UInt8](repeating: 0, count: 200)
    let count = max(0, read(ends[0], &bytes, bytes.count))
    var status: CInt = 0
    waitpid(child, &status, 0)
    let numbers = String(decoding: bytes.prefix(count), as: UTF8.self).split { " \n".contains($0) }
      .compactMap { Double($0) }
    guard numbers.count == 3 else {
      throw UsageError(description: "there is no such program: \(command)")
    }
    return ProcessCost(wall: numbers[0], processor: numbers[1], memory: numbers[2])
  }

  /// What the other process does: prints what a command took.
  static func printCost(of command: String) throws {
    let start = seconds(CLOCK_MONOTONIC)
    let child = try spawn(["/bin/sh", "-c", "exec \(command) > /dev/null 2>&1"])
    var usage = rusage()
    var status: CInt = 0
    guard wait4(child, &status, 0, &usage) == child, status >> 8 != 127 else { return }
    func time(_ value: timeval) -> Double { Double(value.tv_sec) + Double(value.tv_usec) * 1e-6 }
    print(
      seconds(CLOCK_MONOTONIC) - start, time(usage.ru_utime) + time(usage.ru_stime),
      1024 * usage.ru_maxrss)
  }

  private static func spawn(
    _ words: [String], _ actions: UnsafePointer<posix_spawn_file_actions_t>? = nil
  ) throws -> pid_t {
    var child = pid_t()
    var arguments = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    guard posix_spawn(&child, words[0], actions, nil, &arguments, environ) == 0 else {
      throw UsageError(description: "cannot run \(words[0])")
    }
    return child
  }
}
