internal import Histories

// Why an operation on a number, a lock or a version is impossible. Each reason is looked for by what
// makes it true of all operations that had begun when the impossible one returned.

extension Evidence {
  /// What had begun when the impossible operation returned, without what failed and itself.
  fileprivate var others: [Operation] {
    operations.filter {
      $0.outcome != .fail && $0.id != blamed.id && $0.invocation < completion
    }
  }

  /// Whether the operation was over before the impossible one was invoked.
  fileprivate func wasOver(_ operation: Operation) -> Bool {
    operation.isOk && operation.completion ?? .max < blamed.invocation
  }

  /// Whether it returned before the impossible one did.
  fileprivate func hadReturned(_ operation: Operation) -> Bool {
    operation.isOk && operation.completion ?? .max < completion
  }

  /// `process 3's add of 2 (line 7)`.
  fileprivate func name(_ operation: Operation) -> String {
    let argument = operation.argument.map { " of \($0.shown(limit: 40))" } ?? ""
    return "process \(operation.process)'s \(operation.f.shown(limit: 40))\(argument) "
      + "(\(place(operation.completion ?? operation.invocation)))"
  }
}

extension Counter {
  func explain(_ evidence: Evidence<Int64>) -> [String] {
    guard case .read(let found?)? = try? command(for: evidence.blamed) else { return [] }
    var (low, high) = (Int128(initialState), Int128(initialState))
    for operation in evidence.others {
      guard case .add(let amount)? = try? command(for: operation) else { continue }
      let isCertain = evidence.wasOver(operation)
      if amount > 0 || isCertain { high += Int128(amount) }
      if amount < 0 || isCertain { low += Int128(amount) }
    }
    guard found < low || found > high else { return [] }
    let bound = found < low ? "at least \(low)" : "at most \(high)"
    return [
      "\(evidence.subject), but the number can have been \(bound) then: it was \(initialState) at "
        + "first, what was over before this was invoked "
        + "(\(evidence.place(evidence.blamed.invocation))) counts, and what was invoked before this "
        + "returned may count."
    ]
  }
}

extension FetchAdd {
  /// Where every addition is of more than nothing.
  func explain(_ evidence: Evidence<Int64>) -> [String] {
    guard let own = try? command(for: evidence.blamed), let found = own.old, own.amount > 0
    else { return [] }
    let others = evidence.others.compactMap { operation in
      (try? command(for: operation)).map { (operation: operation, command: $0) }
    }
    guard others.allSatisfy({ $0.command.amount > 0 }) else { return [] }
    if let twin = others.first(where: {
      $0.command.old == found && evidence.hadReturned($0.operation)
    }) {
      return [
        "\(evidence.subject), but \(evidence.name(twin.operation)) returned \(found) too, and every "
          + "addition makes the number larger."
      ]
    }
    if let later = others.first(where: {
      evidence.wasOver($0.operation)
        && Int128($0.command.old ?? .min) + Int128($0.command.amount) > found
    }), let old = later.command.old {
      return [
        "\(evidence.subject), but \(evidence.name(later.operation)), which was over before, had "
          + "returned \(old), so the number was at least \(Int128(old) + Int128(later.command.amount))."
      ]
    }
    let most = others.reduce(Int128(initialState)) { $0 + Int128($1.command.amount) }
    guard found > most else { return [] }
    return [
      "\(evidence.subject), but the number was \(initialState) at first, and all that had been "
        + "invoked before this returned makes it at most \(most)."
    ]
  }
}

extension MaxRegister {
  func explain(_ evidence: Evidence<Int64>) -> [String] {
    guard case .read(let found?)? = try? command(for: evidence.blamed) else { return [] }
    let others = evidence.others
    func number(_ operation: Operation) -> Int64? {
      switch try? command(for: operation) {
      case .write(let value)?, .read(let value?)?: value
      default: nil
      }
    }
    if let larger = others.first(where: {
      evidence.wasOver($0) && number($0) ?? .min > found
    }), let value = number(larger) {
      return [
        "\(evidence.subject), but \(evidence.name(larger)) was over before this was invoked "
          + "(\(evidence.place(evidence.blamed.invocation))), so the number was at least \(value)."
      ]
    }
    let isWritten = others.contains {
      if case .write(found)? = try? command(for: $0) { true } else { false }
    }
    guard !isWritten, found != initialState else { return [] }
    return [
      "\(evidence.subject), but nothing that was invoked before it returned wrote \(found), and the "
        + "number was \(initialState) at first."
    ]
  }
}

extension Evidence {
  /// More acquired than there was, or more released: `free` permits at first, `held` held ones.
  fileprivate func miscounted(free: Int64, held: Int64) -> [String] {
    func isRelease(_ operation: Operation) -> Bool { operation.f == "release" }
    func hasAcquired(_ operation: Operation) -> Bool {
      operation.f == "acquire" || operation.f == "try-acquire" && operation.didSomething == true
    }
    let others = others
    if isRelease(blamed) {
      let released = others.count { isRelease($0) && hadReturned($0) } + 1
      let acquired = others.count {
        $0.f == "acquire" || $0.f == "try-acquire" && $0.didSomething != false
      }
      guard Int64(released) > Int64(acquired) + held else { return [] }
      return [
        "\(subject), but that made \(released) that had released by then, and at most \(acquired) "
          + "can have acquired before\(held > 0 ? " besides being held at first" : "")."
      ]
    }
    guard hasAcquired(blamed) else { return [] }
    let acquired = others.count { hasAcquired($0) && hadReturned($0) } + 1
    let released = others.count(where: isRelease)
    guard Int64(acquired) > free + Int64(released) else { return [] }
    let holders = others.filter { hasAcquired($0) && hadReturned($0) }.suffix(3).map(name)
    let before = holders.isEmpty ? "" : " The last before it: \(holders.joined(separator: "; "))."
    return [
      "\(subject), but that made \(acquired) that had acquired, while \(free) could at first, and at "
        + "most \(released) had released before this returned.\(before)"
    ]
  }
}

extension MutexModel {
  func explain(_ evidence: Evidence<Bool>) -> [String] {
    evidence.miscounted(free: initialState ? 0 : 1, held: initialState ? 1 : 0)
  }
}

extension Semaphore {
  func explain(_ evidence: Evidence<Int64>) -> [String] {
    evidence.miscounted(free: initialState, held: 0)
  }
}

extension OwnerLock {
  func explain(_ evidence: Evidence<Int?>) -> [String] {
    let others = evidence.others
    let process = evidence.blamed.process
    let own = (try? command(for: evidence.blamed))?.action
    func action(_ operation: Operation) -> Action? { (try? command(for: operation))?.action }
    if own == .release, initialState != process,
      !others.contains(where: {
        $0.process == process && [.acquire, .tryAcquireUnknown].contains(action($0))
      })
    {
      return ["\(evidence.subject), but process \(process) had never acquired the lock."]
    }
    guard own == .acquire else { return [] }
    // It holds the lock since, whichever of the two came first: the other cannot have released before
    // it returned.
    let holder = others.first { other in
      action(other) == .acquire && evidence.hadReturned(other)
        && !others.contains {
          $0.process == other.process && action($0) == .release
            && $0.invocation > other.invocation
        }
    }
    guard let holder else { return [] }
    return [
      "\(evidence.subject), but \(evidence.name(holder)) had succeeded too, and process "
        + "\(holder.process) had not begun to release when this returned."
    ]
  }
}

extension VersionedRegister {
  func explain(_ evidence: Evidence<State>) -> [String] {
    guard let own = command(evidence.blamed), let version = own.version else { return [] }
    let others = evidence.others.filter(\.isOk)
    func command(_ operation: Operation) -> Command? { try? self.command(for: operation) }
    if let twin = others.first(where: {
      evidence.hadReturned($0) && command($0)?.version == version
        && ((own.isChange && command($0)?.isChange ?? false) || command($0)?.value != own.value)
    }) {
      return [
        "\(evidence.subject), but \(evidence.name(twin)) had version \(version) too: a version belongs "
          + "to one change and one value."
      ]
    }
    if let newer = others.first(where: {
      guard evidence.wasOver($0), let seen = command($0)?.version else { return false }
      return seen > version || own.isChange && seen == version
    }), let seen = command(newer)?.version {
      return [
        "\(evidence.subject), but \(evidence.name(newer)) was over before this was invoked "
          + "(\(evidence.place(evidence.blamed.invocation))) and had version \(seen): versions only "
          + "grow."
      ]
    }
    return []
  }
}

extension VersionedRegister.Command {
  fileprivate var version: Int64? {
    switch self {
    case .read(_, let version), .write(_, let version), .cas(_, _, let version): version
    }
  }

  fileprivate var value: Value? {
    switch self {
    case .read(let value, _): value
    case .write(let value, _), .cas(_, let value, _): value
    }
  }

  fileprivate var isChange: Bool { if case .read = self { false } else { true } }
}
