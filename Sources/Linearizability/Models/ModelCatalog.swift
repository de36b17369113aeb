internal import Synchronization

/// The models that exist, by name.
public enum ModelCatalog {
  /// A function of a model, for people.
  public struct Function: Sendable, Hashable {
    /// The value of `f`.
    public var name: String
    /// What the invocation's `value` is; empty where it has none.
    public var argument: String
    /// What the `value` of an `ok` is; empty where it does not matter.
    public var result: String

    /// Makes a function.
    public init(_ name: String, argument: String = "", result: String = "") {
      self.name = name
      self.argument = argument
      self.result = result
    }
  }

  /// What there is to know about a model before using it.
  public struct Entry: Sendable {
    /// The name, as on the command line and in a history's header.
    public var name: String
    /// What the object is, in one line.
    public var summary: String
    /// The functions that its operations may have; nil where any is allowed.
    public var functions: [Function]?
    /// What the initial value is, in words: `any value; null`, `an array, front first; []`.
    public var initial: String
    /// How long checking takes, and when.
    public var complexity: String
    /// Makes the checker for the given options.
    private(set) var make: @Sendable (CheckOptions) throws(CheckError) -> PartitionChecker

    /// Describes a model of another module, which is made from options; `make` throws what is wrong
    /// with them. What the model claims of its commands is tried out before it is believed.
    public init<M: Model>(
      _ name: String, summary: String, functions: [Function]? = nil,
      initial: String = "any value; null",
      complexity: String = "exponential in the number of concurrent operations",
      make: @escaping @Sendable (CheckOptions) throws(OperationError) -> M
    ) {
      self.init(
        own: name, summary: summary, functions: functions, initial: initial,
        complexity: complexity, triesClaims: true, make: make)
    }

    /// Describes a model of this module, whose claims the tests have tried.
    init<M: Model>(
      own name: String, summary: String, functions: [Function]?, initial: String,
      complexity: String, triesClaims: Bool = false,
      make: @escaping @Sendable (CheckOptions) throws(OperationError) -> M
    ) {
      self.name = name
      self.summary = summary
      self.functions = functions
      self.initial = initial
      self.complexity = complexity
      self.make = Self.maker(name, functions, triesClaims: triesClaims, make)
    }

    /// The same, but with another model where the history is not partitioned.
    func unpartitioned<M: Model>(
      _ make: @escaping @Sendable (CheckOptions) throws(OperationError) -> M
    ) -> Entry {
      let whole = Self.maker(name, functions, triesClaims: false, make)
      var entry = self
      entry.make = { [parts = self.make] options throws(CheckError) in
        try options.partition ? parts(options) : whole(options)
      }
      return entry
    }

    private static func maker<M: Model>(
      _ name: String, _ functions: [Function]?, triesClaims: Bool,
      _ make: @escaping @Sendable (CheckOptions) throws(OperationError) -> M
    ) -> @Sendable (CheckOptions) throws(CheckError) -> PartitionChecker {
      { options throws(CheckError) in
        do throws(OperationError) {
          return PartitionChecker(
            ModelChecker(
              name: name, functions: functions?.map(\.name), model: try make(options),
              triesClaims: triesClaims, usesSolver: options.usesSolvers))
        } catch {
          throw .invalidOption(error.message)
        }
      }
    }
  }

  /// All models, in the order in which they are listed: those that come with Faultline, then
  /// those that the program added.
  public static var entries: [Entry] { own + added.withLock { $0 } }

  private static let own: [Entry] = [
    .register, .casRegister, .kv, .fifoQueue, .stack, .priorityQueue, .bag, .set, .growOnlySet,
    .appendList, .counter, .fetchAdd, .maxRegister, .mutex, .ownerLock, .semaphore, .multiRegister,
    .versionedRegister,
  ]
  private static let added = Mutex<[Entry]>([])

  /// Adds models for the rest of the program; one of an existing name is never found.
  public static func add(_ entries: [Entry]) {
    added.withLock { $0 += entries }
  }

  /// The model of that name.
  public static func entry(named name: String) -> Entry? {
    entries.first { $0.name == name }
  }
}
