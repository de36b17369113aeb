import Cluster
import Histories

extension Workload {
  /// Reads the target: a table in the workload file, or the path of a file of its own beside it.
  static func target(_ root: inout TableReader) throws(WorkloadError) -> Target {
    let value: Value? = root.value("target")
    guard case .string(let path)? = value else {
      guard let table = try root.table("target") else {
        throw root.error("target", "'target' is missing: a table, or the path of a target's file")
      }
      return try target(from: table)
    }
    let folder = root.file.path.split(separator: "/", omittingEmptySubsequences: false)
      .dropLast().joined(separator: "/")
    let full = path.hasPrefix("/") || folder.isEmpty ? path : "\(folder)/\(path)"
    let file: TOMLFile
    do throws(WorkloadError) {
      file = try TOMLFile(path: full)
    } catch {
      guard error.isMissing else { throw error }
      throw root.error("target", "the target's file '\(full)' cannot be read: \(error.reason)")
    }
    return try target(from: try TableReader(file))
  }

  private static func target(from reader: TableReader) throws(WorkloadError) -> Target {
    var table = reader
    guard var commands = try table.table("commands") else {
      throw table.error("commands", "the table 'commands' of the target is missing")
    }
    guard let port = try table.integer("client-port", in: 1...65535) else {
      throw table.error("client-port", "the target's 'client-port' is missing")
    }
    var target = Target(
      name: try table.required("name"), clientPort: UInt16(port),
      data: try dataFolder(&table), logs: try table.strings("logs") ?? [],
      startTimeout: try table.duration("start-timeout") ?? .seconds(60),
      installed: try commands.string("installed"), install: try commands.string("install"),
      configure: try commands.string("configure"), start: try commands.required("start"),
      stop: try commands.required("stop"), wipe: try commands.required("wipe"),
      pid: try commands.required("pid"), leads: try commands.string("leads"),
      healthy: try commands.required("healthy"), members: try commands.string("members"),
      leave: try commands.string("leave"), join: try commands.string("join"))
    target.roles = try roles(&table)
    try commands.finish()
    try table.finish()
    return target
  }

  private static func roles(
    _ table: inout TableReader
  ) throws(WorkloadError) -> [String: String] {
    guard case .object(let fields)? = table.value("roles") else { return [:] }
    var roles = try table.table("roles")
    var commands: [String: String] = [:]
    for name in fields.keys.sorted() {
      guard isFileName(name) else {
        throw table.error(
          "roles", "'roles': \"\(name)\" is no name: letters, digits, '-', '_' and '.' only")
      }
      commands[name] = try roles?.required(name)
    }
    return commands
  }

  private static func dataFolder(_ table: inout TableReader) throws(WorkloadError) -> String {
    let folder = try table.required("data")
    guard folder.hasPrefix("/"), folder.split(separator: "/").allSatisfy({ $0 != ".." }),
      !folder.contains("\n")
    else { throw table.error("data", "the target's 'data' must be an absolute path") }
    return folder
  }
}
