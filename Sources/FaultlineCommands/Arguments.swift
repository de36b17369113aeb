import ArgumentParser
import Linearizability
import Reports
import Workloads

/// Reads what several commands take as arguments.
enum ArgumentText {
  /// What a cas that failed tells.
  static func failedCAS(_ text: String) throws -> FailedCAS {
    guard let meaning = FailedCAS(rawValue: text) else {
      throw ValidationError("a cas that failed tells 'ignore' or 'observe', not '\(text)'")
    }
    return meaning
  }

  static func duration(_ text: String) throws -> Duration {
    guard let duration = Duration(text: text) else {
      throw ValidationError("'\(text)' is not a duration: give a number with ms, s, m or h")
    }
    return duration
  }

  static func size(_ text: String) throws -> Int {
    let number = text.prefix { $0.isNumber || $0 == "." }
    let units = [
      "B": 1.0, "KB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 1024, "MiB": 1_048_576,
      "GiB": 1_073_741_824,
    ]
    guard let amount = Double(number), let unit = units[String(text[number.endIndex...])],
      amount * unit >= 1e6, amount * unit < 1e15
    else { throw ValidationError("'\(text)' is not a size: give a number with MB or GB") }
    return Int(amount * unit)
  }

  static func workload(_ path: String) throws -> Workload {
    do throws(WorkloadError) {
      return try Workload(path: path, models: ModelCatalog.entries.map(\.name))
    } catch {
      throw Failure(error.isMissing ? .noInput : .malformedInput, "\(error)")
    }
  }
}

/// How results are printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json
}
