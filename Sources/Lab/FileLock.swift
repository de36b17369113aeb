import Glibc

/// An flock on a file or directory, given back when the value ends, also when the process is killed.
final class FileLock: Sendable {
  private let descriptor: Int32

  /// Takes the lock of what exists at `path`. Nil where another process has it or nothing is there.
  convenience init?(existing path: String) {
    self.init(descriptor: open(path, O_RDONLY | O_CLOEXEC))
  }

  /// Takes the lock of a file that is made where it is missing. Nil where another process has it, or
  /// has removed it meanwhile: a lock on a file without a name excludes nobody.
  convenience init?(file path: String) {
    self.init(descriptor: open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600))
    var locked = stat()
    var named = stat()
    guard fstat(descriptor, &locked) == 0, stat(path, &named) == 0, locked.st_ino == named.st_ino
    else { return nil }
  }

  private init?(descriptor: Int32) {
    guard descriptor >= 0 else { return nil }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      return nil
    }
    self.descriptor = descriptor
  }

  deinit {
    close(descriptor)
  }
}
