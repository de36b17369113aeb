import Glibc
import TestSupport

/// A file system of limited size on a folder, for as long as it is kept.
final class SmallDisk {
  private let path: String

  init(_ path: String, kilobytes: Int) throws {
    self.path = path
    mkdir(path, 0o755)
    guard mount("tmpfs", path, "tmpfs", 0, "size=\(kilobytes)k") == 0 else {
      throw TestFailure("mount: errno \(errno)")
    }
  }

  deinit { umount2(path, Int32(MNT_DETACH)) }
}
