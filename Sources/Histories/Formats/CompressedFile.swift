internal import Glibc

/// Files that are compressed, told by their first bytes, and read through the programs that everybody
/// has for it: they stream, so a file that expands to any size takes no more memory than its text.
enum CompressedFile {
  /// The program that expands the file and writes it to its standard output; nil if the file is not
  /// compressed, or no plain file.
  static func expander(of descriptor: CInt) -> String? {
    var mark = [UInt8](repeating: 0, count: 4)
    // Safe: the pointer does not leave the call, and `mark` has four bytes.
    guard pread(descriptor, &mark, 4, 0) == 4 else { return nil }
    if mark[0] == 0x1F, mark[1] == 0x8B { return "gzip" }
    return mark == [0x28, 0xB5, 0x2F, 0xFD] ? "zstd" : nil
  }

  /// Starts the program on the file, and gives what it writes as a descriptor that the caller
  /// closes, with the process that is to be waited for.
  static func expand(
    _ descriptor: CInt, by program: String
  ) throws(SystemError) -> (output: CInt, process: pid_t) {
    var ends: [CInt] = [-1, -1]
    guard pipe(&ends) == 0 else { throw SystemError(number: errno) }
    // The program must not hold the reading end, or it would never see that nobody reads.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, descriptor, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    var arguments = [strdup(program), strdup("-dc"), nil]
    defer { for argument in arguments { free(argument) } }
    var process: pid_t = 0
    let failure = posix_spawnp(&process, program, &actions, nil, &arguments, environ)
    close(ends[1])
    guard failure == 0 else {
      close(ends[0])
      throw SystemError(number: failure)
    }
    return (ends[0], process)
  }

  /// Waits for the program; whether it ended well.
  static func endsWell(_ process: pid_t) -> Bool {
    var status: CInt = 0
    while waitpid(process, &status, 0) < 0 {
      if errno != EINTR { return false }
    }
    return status == 0
  }
}
