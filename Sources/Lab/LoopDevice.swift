import FoundationEssentials
import Glibc
import Subprocess

/// A loop device that stands for a node's disk.
struct LoopDevice: Hashable {
  let number: Int

  var path: String { "/dev/loop\(number)" }

  /// The device number that files on it show: major 7, and the minor in the kernel's two parts.
  private var id: dev_t { dev_t(number & 0xff | (number & ~0xff) << 12 | 7 << 8) }

  /// Those whose image is, or was before it was unlinked, below a directory.
  static func all(below directory: String) -> [LoopDevice] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/sys/block")) ?? []
    return names.compactMap { name in
      guard name.hasPrefix("loop"), let number = Int(name.dropFirst(4)),
        let file = FileManager.default.contents(atPath: "/sys/block/\(name)/loop/backing_file"),
        String(decoding: file, as: UTF8.self).hasPrefix(directory + "/")
      else { return nil }
      return LoopDevice(number: number)
    }
  }

  /// Thaws those of the devices that some process sees at /data. The ioctl fails on one that is not frozen.
  static func thaw(_ devices: [LoopDevice]) {
    guard !devices.isEmpty else { return }
    var frozen = Set(devices.map(\.id))
    let ours = LabProcesses.namespace("mnt", of: getpid())
    for pid in LabProcesses.all() where !frozen.isEmpty {
      // The host's own /data is none of our business, and a dead network file system there would hang us.
      guard LabProcesses.namespace("mnt", of: pid) != ours else { continue }
      let descriptor = open(rootFolder(of: pid) + "/data", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard descriptor >= 0 else { continue }
      var status = stat()
      if fstat(descriptor, &status) == 0, frozen.remove(status.st_dev) != nil {
        _ = ioctl(descriptor, fiThaw, 0)
      }
      close(descriptor)
    }
  }

  /// Thaws a file system that is frozen and mounted nowhere, by mounting it in a namespace of its own.
  func thawUnmounted(at directory: String) async {
    _ = try? await Subprocess.run(
      .name("timeout"),
      arguments: [
        "5", "unshare", "--mount", "--propagation", "private", "sh", "-c",
        "mount \"$1\" \"$2\" && fsfreeze --unfreeze \"$2\"", "sh", path, directory,
      ],
      environment: .custom(["PATH": searchPath]), output: .discarded, error: .discarded)
  }
}

/// FITHAW of <linux/fs.h>, a macro that Swift does not import.
private let fiThaw: UInt = 0xC004_5878
