internal import Histories

/// A register that keeps the largest number written to it, such as a watermark.
struct MaxRegister: Model {
  enum Command: Hashable, Sendable {
    case write(Int64)
    /// Nil observed nothing.
    case read(Int64?)
  }

  let initialState: Int64

  func command(for operation: Operation) throws(OperationError) -> Command {
    operation.f == "read"
      ? .read(try operation.integerResult()) : .write(try operation.integerArgument(standard: nil))
  }

  func step(_ state: Int64, _ command: Command) -> Int64? {
    switch command {
    case .write(let value): max(state, value)
    case .read(let value): value ?? state == state ? state : nil
    }
  }

  func isObserver(_ command: Command) -> Bool {
    switch command {
    case .write(let value): value <= initialState
    case .read: true
    }
  }

  func isGrowth(_ command: Command) -> Bool { if case .write = command { true } else { false } }

  func isHopeless(_ observer: Command, in state: Int64) -> Bool {
    if case .read(let value?) = observer { state > value } else { false }
  }

  func describe(_ state: Int64) -> String { "\(state)" }
}

extension ModelCatalog.Entry {
  static let maxRegister = Self(
    own: "max-register",
    summary: "a register that keeps the largest number written, such as a watermark",
    functions: [.init("write", argument: "a number"), .init("read", result: "the number")],
    initial: "an integer; 0", complexity: "n log n"
  ) { options throws(OperationError) in
    MaxRegister(initialState: try options.initialInteger(standard: 0))
  }
}
