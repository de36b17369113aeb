internal import Histories

extension ColumnProblem {
  /// Objects that are on or off, such as the elements of a set or a lock; kinds are `TwoStateKind`, and
  /// every call but those that say nothing has a value.
  package static func twoState(
    _ columns: CallColumns, isOnAtFirst: @escaping @Sendable (UInt32) -> Bool
  ) -> ColumnProblem {
    ColumnProblem(columns, crashedKinds: TwoStateKind.crashed) {
      TwoStateSolver($0, isOnAtFirst: isOnAtFirst)
    }
  }
}

extension SetModel: ColumnModel {
  /// Each element is a two-state object of its own, where all calls say what they did.
  func problem(_ calls: [Call<Command>]) -> ColumnProblem? {
    var numbers = ValueNumbers()
    let members = Set(initialState.map { numbers.number(of: $0) as UInt32 })
    return CallColumns(calls, valueCount: { max(1, numbers.count) }) { index, command in
      .init(
        kind: Self.kind(of: command, isCrashed: calls[index].isCrashed),
        value: numbers.number(of: command.element))
    }.map { .twoState($0, isOnAtFirst: members.contains) }
  }

  private static func kind(of command: Command, isCrashed: Bool) -> UInt8 {
    switch command {
    case .add(_, wasNew: true): TwoStateKind.switchOn
    case .add(_, wasNew: false): TwoStateKind.foundOn
    case .add(_, wasNew: nil): isCrashed ? TwoStateKind.switchOn : TwoStateKind.unknown
    case .remove(_, wasThere: true): TwoStateKind.switchOff
    case .remove(_, wasThere: false): TwoStateKind.foundOff
    case .remove(_, wasThere: nil): isCrashed ? TwoStateKind.switchOff : TwoStateKind.unknown
    case .contains(_, let found?): found ? TwoStateKind.observeOn : TwoStateKind.observeOff
    case .contains(_, nil), .read(nil): TwoStateKind.observeNothing
    case .read: TwoStateKind.unknown
    }
  }
}

extension MutexModel: ColumnModel {
  /// A lock is a two-state object. A crashed attempt that fails changes nothing, so it may count as
  /// one that crashed while acquiring.
  func problem(_ calls: [Call<Command>]) -> ColumnProblem? {
    let isHeld = initialState
    return CallColumns(calls, valueCount: { 1 }) { _, command in
      switch command {
      case .acquire, .tryAcquireUnknown: .init(kind: TwoStateKind.switchOn, value: 0)
      case .release: .init(kind: TwoStateKind.switchOff, value: 0)
      case .tryAcquireFailed: .init(kind: TwoStateKind.foundOn, value: 0)
      }
    }.map { .twoState($0) { _ in isHeld } }
  }
}
