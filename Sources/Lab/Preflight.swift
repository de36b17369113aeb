import Glibc

/// Where programs are looked for, whatever the caller's PATH: root's often lacks the sbin directories.
let searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/// What is checked before anything is started.
enum Preflight {
  private static let tools: [(name: String, package: String)] = [
    ("bash", "bash"), ("setsid", "util-linux"), ("unshare", "util-linux"),
    ("nsenter", "util-linux"), ("setpriv", "util-linux"), ("findmnt", "util-linux"),
    ("fsfreeze", "util-linux"), ("pivot_root", "util-linux"), ("mount", "mount"),
    ("losetup", "mount"), ("mkfs.ext4", "e2fsprogs"), ("ip", "iproute2"),
    ("iptables", "iptables"), ("sshd", "openssh-server"), ("ssh-keygen", "openssh-client"),
    ("tini", "tini"), ("hostname", "hostname"), ("sed", "sed"),
  ]

  /// Root, the tools, and room for the disks below `directory`.
  static func check(_ spec: LabSpec, directory: String) throws(LabError) {
    guard geteuid() == 0 else { throw .notRoot }
    let missing = missing(searchPath: searchPath)
    guard missing.isEmpty else { throw .missingTools(missing) }
    let wanted = spec.diskBytes.multipliedReportingOverflow(by: Int64(spec.nodes))
    if let space = FileSystemSpace(path: directory),
      wanted.overflow || wanted.partialValue > space.available
    {
      throw .invalidSpec(
        "\(spec.nodes) disks of \(spec.diskBytes) bytes do not fit: \(directory) has "
          + "\(space.available) bytes left")
    }
  }

  static func missing(searchPath: String) -> [MissingTool] {
    let directories = searchPath.split(separator: ":")
    return tools.compactMap { tool in
      directories.contains { access("\($0)/\(tool.name)", X_OK) == 0 }
        ? nil : MissingTool(name: tool.name, package: tool.package)
    }
  }
}

/// How full a file system is, in bytes.
struct FileSystemSpace {
  let used: Int64
  let size: Int64
  let available: Int64

  /// Nil where the path cannot be asked.
  init?(path: String) {
    var answer = statvfs()
    guard statvfs(path, &answer) == 0 else { return nil }
    let unit = Int64(answer.f_frsize)
    size = Int64(answer.f_blocks) * unit
    used = size - Int64(answer.f_bfree) * unit
    available = Int64(answer.f_bavail) * unit
  }
}
