internal import Glibc

/// Which host keys are believed.
public struct HostKeyPolicy: Sendable, Hashable {
  /// Files in the format of `known_hosts`; one that does not exist counts as empty.
  let files: [String]
  /// Where keys of hosts that no file knows are added; nil refuses such hosts.
  let additions: String?

  /// Only hosts whose key is in one of the files. Hashed names and `[host]:port` are understood,
  /// wildcards and certificate authorities are not; keys marked `@revoked` are refused.
  public static func strict(_ files: [String]) -> HostKeyPolicy {
    HostKeyPolicy(files: files, additions: nil)
  }

  /// Only hosts that the user's or the system's `known_hosts` knows.
  public static var strict: HostKeyPolicy {
    let home = getenv("HOME").map { String(cString: $0) } ?? "/root"
    return strict(["\(home)/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts"])
  }

  /// As `strict`, but a host of which the file knows no key at all is believed this once and its
  /// key is added to the file. A key that differs from the recorded one is always refused.
  public static func acceptNew(writeTo file: String) -> HostKeyPolicy {
    HostKeyPolicy(files: [file], additions: file)
  }
}
