import Clients
import Cluster
import Histories
import Nemesis

extension Workload {
  /// Reads a workload file and, where it names one, the file of its target.
  ///
  /// - Parameter models: the models that exist; a workload of another is an error.
  public init(path: String, models: [String]) throws(WorkloadError) {
    let file = try TOMLFile(path: path)
    var root = try TableReader(file)
    let name = try root.required("name")
    guard Self.isFileName(name) else {
      throw root.error("name", "'name' names a folder: letters, digits, '-', '_' and '.' only")
    }
    let model = try root.required("model")
    guard models.contains(model) else {
      throw root.error(
        "model", "there is no model \"\(model)\"; there are \(models.joined(separator: ", "))")
    }
    let target = try Self.target(&root)
    let (kind, parameters) = try Self.client(&root)
    let limit = try Self.nodeLimit(&root)
    let mostFaults = try root.integer("maximum-faults", in: 1...10_000)
    let stable = try root.duration("stable-period")
    if stable != nil && limit == nil && mostFaults == nil {
      throw root.error(
        "stable-period",
        "'stable-period' follows a fault that 'maximum-faults' or 'maximum-affected-nodes' counts: set one of them"
      )
    }
    let explores = try root.boolean("explore") ?? false
    let seed = try root.integer("seed", in: 0...(1 << 53))
    self.init(
      name: name, model: model, target: target, client: kind.name, clientParameters: parameters,
      load: try Self.load(&root, functions: kind.functions), phases: try Self.phases(&root),
      faults: try Self.faults(&root), sequences: try Self.sequences(&root),
      maximumAffectedNodes: limit, maximumFaults: mostFaults, stablePeriod: stable,
      explores: explores,
      evidence: try Self.evidence(&root), seed: seed.map(UInt64.init))
    try root.finish()
  }

  private static func nodeLimit(_ root: inout TableReader) throws(WorkloadError) -> NodeLimit? {
    let key = "maximum-affected-nodes"
    switch root.value(key) {
    case nil: return nil
    case .string("minority"): return .minority
    case .integer(let count) where (1...10_000).contains(count): return .count(Int(count))
    default: throw root.error(key, "'\(key)' must be an integer from 1 to 10000, or \"minority\"")
    }
  }

  static func isFileName(_ name: String) -> Bool {
    let allowed = name.allSatisfy {
      $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0))
    }
    return allowed && !name.isEmpty && !name.hasPrefix(".") && name.count <= 100
  }

  private static func client(
    _ root: inout TableReader
  ) throws(WorkloadError) -> (ClientKind, [String: Value]) {
    guard case .object(let fields)? = root.value("client") else {
      throw root.error("client", "'client' must be a table with the client's name and parameters")
    }
    guard case .string(let name)? = fields["name"] else {
      throw root.error("client", "'client.name' is missing")
    }
    let parameters = fields.filter { $0.key != "name" }
    do throws(ClientError) {
      let kind = try ClientKind.named(name)
      try kind.check(parameters)
      return (kind, parameters)
    } catch {
      let key =
        switch error {
        case .unknownParameter(_, let parameter, _), .badParameter(_, let parameter, _): parameter
        default: "name"
        }
      let line = root.file.line(of: ["client", key])
      throw WorkloadError(file: root.file.path, line: line, reason: "\(error)")
    }
  }

  private static func load(
    _ root: inout TableReader, functions: [String]
  ) throws(WorkloadError) -> Load {
    guard var table = try root.table("load") else {
      throw root.error("load", "the table 'load' is missing")
    }
    let mix =
      try table.weights("mix") ?? Dictionary(uniqueKeysWithValues: functions.map { ($0, 1) })
    if let unknown = mix.keys.sorted().first(where: { !functions.contains($0) }) {
      throw table.error(
        "mix",
        "'load.mix': the client knows no \"\(unknown)\"; it knows "
          + functions.joined(separator: ", "))
    }
    guard mix.values.contains(where: { $0 > 0 }) else {
      throw table.error("mix", "'load.mix' must give some function a weight above 0")
    }
    let load = Load(
      concurrency: try concurrency(&table), rate: try rate(&table),
      operationTimeout: try table.duration("operation-timeout") ?? .seconds(1),
      keys: try table.integer("keys", in: 1...100_000) ?? 3,
      operationsPerKey: try table.integer("operations-per-key", in: 1...10_000_000) ?? 200,
      mix: mix)
    guard load.operationTimeout > .zero else {
      throw table.error("operation-timeout", "'load.operation-timeout' must be above 0")
    }
    try table.finish()
    return load
  }

  private static func concurrency(_ table: inout TableReader) throws(WorkloadError) -> Concurrency {
    let text =
      switch table.value("concurrency") {
      case nil: "2n"
      case .integer(let number): String(number)
      case .string(let text): text
      default: ""
      }
    guard let concurrency = Concurrency(text: text) else {
      throw table.error(
        "concurrency",
        "'load.concurrency' must be a number of processes such as 10, or \"2n\" for two a node")
    }
    return concurrency
  }

  private static func rate(_ table: inout TableReader) throws(WorkloadError) -> Double? {
    switch table.value("rate") {
    case nil: return nil
    case .integer(let rate) where rate > 0: return Double(rate)
    case .double(let rate) where rate > 0 && rate.isFinite: return rate
    default:
      throw table.error("rate", "'load.rate' must be a number of operations a second above 0")
    }
  }

  private static func phases(_ root: inout TableReader) throws(WorkloadError) -> Phases {
    guard var table = try root.table("phases") else {
      throw root.error("phases", "the table 'phases' is missing")
    }
    let phases = Phases(
      warmUp: try table.duration("warm-up") ?? .seconds(5),
      faults: try table.duration("faults") ?? .seconds(30),
      coolDown: try table.duration("cool-down") ?? .seconds(5),
      recoveryLimit: try table.duration("recovery-limit") ?? .seconds(30))
    try table.finish()
    return phases
  }

  private static func evidence(_ root: inout TableReader) throws(WorkloadError) -> EvidenceWanted {
    var wanted = EvidenceWanted(minimumOk: 20, minimumServingNodes: 1)
    guard var table = try root.table("evidence") else { return wanted }
    wanted.minimumOk = try table.integer("minimum-ok", in: 0...1_000_000) ?? wanted.minimumOk
    wanted.minimumServingNodes =
      try table.integer("minimum-serving-nodes", in: 0...10_000) ?? wanted.minimumServingNodes
    try table.finish()
    return wanted
  }
}
