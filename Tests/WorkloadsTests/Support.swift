import Linearizability
import TestSupport

@testable import Workloads

/// A workload that is right, in pieces that tests replace.
struct WorkloadText {
  var head = """
    name = "w"
    model = "cas-register"

    """
  var target = """
    [target]
    name = "t"
    client-port = 1
    data = "/data"
    [target.commands]
    start = "true"
    stop = "true"
    wipe = "true"
    pid = "true"
    healthy = "true"

    """
  var client = "[client]\nname = \"noop\"\n"
  var load = "[load]\n"
  var phases = "[phases]\n"
  var faults = ""

  var text: String { head + client + load + phases + faults + target }
}

let models = ModelCatalog.entries.map(\.name)

/// The workload that a text gives.
func read(_ text: String) throws -> Workload {
  let scratch = try Scratch()
  return try Workload(path: try scratch.write(text, to: "w.toml"), models: models)
}

/// The error that a text gives, without the folder that the file is in.
func problem(_ text: String) throws -> String {
  let scratch = try Scratch()
  let path = try scratch.write(text, to: "w.toml")
  do {
    _ = try Workload(path: path, models: models)
    return "no error"
  } catch {
    return "\(error)".replacing(scratch.path + "/", with: "")
  }
}

extension String {
  func replacing(_ part: String, with other: String) -> String {
    split(separator: part, omittingEmptySubsequences: false).joined(separator: other)
  }
}
