internal import Histories

/// The models that exist, by name.
public enum ModelCatalog {
  /// What there is to know about a model before using it.
  public struct Entry: Sendable {
    /// The name, as on the command line and in a history's header.
    public var name: String
    /// What the object is, in one line.
    public var summary: String
    /// The functions that its operations may have.
    public var functions: [String]
    /// Makes the checker for the given options.
    let make: @Sendable (CheckOptions) -> any PartitionChecker
  }

  /// All models, in the order in which they are listed.
  public static let entries: [Entry] = [
    entry(
      "register", "a single value that is read and written", functions: ["read", "write"]
    ) { functions, options in
      Register(
        functions: functions, initialState: options.initial,
        nullReadsAreUnknown: options.nullReadsAreUnknown)
    },
    entry(
      "cas-register", "a register with compare-and-set: cas takes [expected, new]",
      functions: ["read", "write", "cas"]
    ) { functions, options in
      Register(
        functions: functions, initialState: options.initial,
        nullReadsAreUnknown: options.nullReadsAreUnknown)
    },
  ]

  /// The model of that name.
  public static func entry(named name: String) -> Entry? {
    entries.first { $0.name == name }
  }

  private static func entry<M: Model>(
    _ name: String, _ summary: String, functions: [String],
    _ model: @escaping @Sendable ([String], CheckOptions) -> M
  ) -> Entry {
    Entry(name: name, summary: summary, functions: functions) { options in
      ModelChecker(name: name, model: model(functions, options))
    }
  }
}
