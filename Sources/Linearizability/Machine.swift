internal import Glibc

/// What this machine has.
public enum Machine {
  /// How many processors may be used; at least 1.
  public static let processors = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

  /// Memory in bytes.
  public static let memory = max(
    1 << 30, sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)))
}
