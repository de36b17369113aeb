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
    let make: @Sendable (CheckOptions) -> PartitionChecker
  }

  /// All models, in the order in which they are listed.
  public static let entries: [Entry] = [
    Entry(
      name: "register", summary: "a single value that is read and written",
      functions: ["read", "write"],
      make: { options in register("register", ["read", "write"], options) }),
    Entry(
      name: "cas-register", summary: "a register with compare-and-set: cas takes [expected, new]",
      functions: ["read", "write", "cas"],
      make: { options in register("cas-register", ["read", "write", "cas"], options) }),
  ]

  /// The model of that name.
  public static func entry(named name: String) -> Entry? {
    entries.first { $0.name == name }
  }

  private static func register(
    _ name: String, _ functions: [String], _ options: CheckOptions
  ) -> PartitionChecker {
    let model = Register(
      functions: functions, initialState: options.initial,
      nullReadsAreUnknown: options.nullReadsAreUnknown)
    return PartitionChecker(ModelChecker(name: name, model: model))
  }
}
