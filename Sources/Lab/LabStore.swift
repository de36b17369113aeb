import FoundationEssentials
import Glibc

/// The labs of this machine on disk: one directory each, for root's eyes only.
///
/// A directory gets its name by a rename when its record is written, and loses it by a rename before it is
/// deleted, so that whatever has a lab's name has a record. What a kill leaves halfway begins with a dot and
/// is swept by the next `up` or `down`.
enum LabStore {
  static let directory = "/var/lib/faultline/labs"

  /// What a lab's directory says about it.
  struct Record: Codable {
    var subnet: Int
    var nodes: Int
    var diskBytes: Int64
  }

  static func path(of name: String) -> String { "\(directory)/\(name)" }

  static func labs() -> [LocalLab] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    return names.sorted().compactMap(load)
  }

  static func load(_ name: String) -> LocalLab? {
    guard LabSpec.isValid(name: name),
      let data = FileManager.default.contents(atPath: path(of: name) + "/lab.json"),
      let record = try? JSONDecoder().decode(Record.self, from: data)
    else { return nil }
    return LocalLab(
      spec: LabSpec(name: name, nodes: record.nodes, diskBytes: record.diskBytes),
      subnet: record.subnet)
  }

  /// The lock under which names and subnets are given out and directories removed.
  static func lock() async throws(LabError) -> FileLock {
    for _ in 0..<500 {
      do {
        try FileManager.default.createDirectory(
          atPath: directory, withIntermediateDirectories: true,
          attributes: [.posixPermissions: 0o700])
      } catch {
        throw .system(what: directory, error: "\(error)")
      }
      if let lock = FileLock(file: directory + "/.lock") { return lock }
      try await pause(milliseconds: 20)
    }
    throw .system(what: directory + "/.lock", error: "another process has held it for ten seconds")
  }

  /// Writes the record and the scripts of a new lab. The caller holds the lock and has made sure that the name
  /// is free.
  static func create(_ spec: LabSpec) throws(LabError) -> LocalLab {
    let taken = Set(labs().map(\.subnet))
    guard let subnet = (0...255).first(where: { !taken.contains($0) }) else { throw .noSubnet }
    let unfinished = "\(directory)/.\(spec.name).\(getpid())"
    do {
      try FileManager.default.createDirectory(
        atPath: unfinished, withIntermediateDirectories: false,
        attributes: [.posixPermissions: 0o700])
      try Data(PackageResources.holder_sh).write(to: URL(filePath: unfinished + "/holder.sh"))
      try Data(PackageResources.node_sh).write(to: URL(filePath: unfinished + "/node.sh"))
      let record = Record(subnet: subnet, nodes: spec.nodes, diskBytes: spec.diskBytes)
      try JSONEncoder().encode(record).write(to: URL(filePath: unfinished + "/lab.json"))
      try FileManager.default.moveItem(atPath: unfinished, toPath: path(of: spec.name))
    } catch {
      try? FileManager.default.removeItem(atPath: unfinished)
      throw .system(what: "state of lab \(spec.name) in \(directory)", error: "\(error)")
    }
    return LocalLab(spec: spec, subnet: subnet)
  }

  /// Deletes a lab's directory and whatever kills have left of others. The caller holds the lock.
  static func remove(_ name: String) throws(LabError) {
    let doomed = "\(directory)/.\(name).gone.\(getpid())"
    do {
      if FileManager.default.fileExists(atPath: path(of: name)) {
        try FileManager.default.moveItem(atPath: path(of: name), toPath: doomed)
      }
      try sweep()
    } catch {
      throw .system(what: "state of lab \(name) in \(directory)", error: "\(error)")
    }
  }

  /// Removes what there is only while there are labs. The caller holds the lock, which ends with this.
  ///
  /// Whoever comes meanwhile makes a lock file of its own; then the directory is not empty and stays.
  static func leave() {
    guard labs().isEmpty else { return }
    unlink(directory + "/.lock")
    if rmdir(directory) == 0 { rmdir("/var/lib/faultline") }
  }

  static func sweep() throws {
    for entry in try FileManager.default.contentsOfDirectory(atPath: directory)
    where entry.hasPrefix(".") && entry != ".lock" {
      try FileManager.default.removeItem(atPath: "\(directory)/\(entry)")
    }
  }
}

/// Waits without blocking a thread.
func pause(milliseconds: Int) async throws(LabError) {
  do {
    try await Task.sleep(for: .milliseconds(milliseconds))
  } catch {
    throw .system(what: "waiting", error: "cancelled")
  }
}
