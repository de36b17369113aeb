internal import Histories

/// What a model's functions do to one value: all that is to be known of it to read its operations from
/// a table.
struct RegisterFunctions: Sendable {
  enum Role {
    case read, write
    /// Puts the initial value there.
    case delete
    case cas
  }

  let initial: Value
  /// Whether an ok read of null observed nothing.
  let nullReadsAreUnknown: Bool
  /// The roles of functions by their names; of others nothing is known.
  let roles: [String: Role]
}

extension Register {
  var functions: RegisterFunctions {
    RegisterFunctions(
      initial: initialState, nullReadsAreUnknown: nullReadsAreUnknown,
      roles: ["read": .read, "write": .write, "cas": .cas])
  }
}

extension KeyValueStore {
  /// But for appends.
  var functions: RegisterFunctions {
    RegisterFunctions(
      initial: initialState, nullReadsAreUnknown: nullReadsAreUnknown,
      roles: [
        "get": .read, "read": .read, "put": .write, "write": .write, "delete": .delete,
        "cas": .cas,
      ])
  }
}
