internal import Histories

extension ColumnProblem {
  /// A semaphore all of whose permits are free at first; kinds are `SemaphoreKind`.
  package static func semaphore(_ columns: CallColumns, permits: Int64) -> ColumnProblem {
    ColumnProblem(columns, crashedKinds: SemaphoreKind.crashed) {
      SemaphoreSolver($0, permits: permits)
    }
  }

  /// A lock that only its owner can release; kinds are `OwnerLockKind` and values are processes. `owner`
  /// has it at first, or nobody if that is `none`.
  package static func ownerLock(_ columns: CallColumns, owner: UInt32) -> ColumnProblem {
    ColumnProblem(columns, crashedKinds: OwnerLockKind.crashed) {
      OwnerLockSolver($0, owner: owner)
    }
  }
}

extension Semaphore: ColumnModel {
  /// Without failed attempts no search is needed.
  func problem(_ calls: [Call<Command>]) -> ColumnProblem? {
    CallColumns(calls, valueCount: { 0 }) { _, command in
      switch command {
      case .acquire, .tryAcquireUnknown: .init(kind: SemaphoreKind.acquire)
      case .tryAcquireFailed: .init(kind: SemaphoreKind.failed)
      case .release: .init(kind: SemaphoreKind.release)
      }
    }.map { .semaphore($0, permits: initialState) }
  }
}

extension OwnerLock: ColumnModel {
  /// Without failed attempts no search is needed.
  func problem(_ calls: [Call<Command>]) -> ColumnProblem? {
    if calls.contains(where: { $0.command.action == .tryAcquireUnknown && !$0.isCrashed }) {
      return nil
    }
    var numbers = ValueNumbers()
    func number(_ process: Int) -> UInt32 { numbers.number(of: .integer(Int64(process))) }
    let owner = initialState.map(number) ?? CallColumns.none
    return CallColumns(calls, valueCount: { numbers.count }) { _, command in
      let kind =
        switch command.action {
        case .acquire, .tryAcquireUnknown: OwnerLockKind.acquire
        case .tryAcquireFailed: OwnerLockKind.failed
        case .release: OwnerLockKind.release
        }
      return .init(kind: kind, value: number(command.process))
    }.map { .ownerLock($0, owner: owner) }
  }
}
