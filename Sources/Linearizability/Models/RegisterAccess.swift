/// What an operation does to a register: what it must find there, must not find there, and puts there
/// in place of another value.
struct RegisterAccess<Value: Hashable & Sendable>: Hashable, Sendable {
  var observed: Value?
  var denied: Value?
  var installed: Value?

  func map<Other>(_ transform: (Value) -> Other) -> RegisterAccess<Other> {
    RegisterAccess<Other>(
      observed: observed.map(transform), denied: denied.map(transform),
      installed: installed.map(transform))
  }
}

/// A register by what its operations find and put there.
struct AccessedRegister<Value: Hashable & Sendable>: Specification {
  let initialState: Value

  func step(_ state: Value, _ access: RegisterAccess<Value>) -> Value? {
    if access.denied == state { return nil }
    if let observed = access.observed, observed != state { return nil }
    return access.installed ?? state
  }

  func isObserver(_ access: RegisterAccess<Value>) -> Bool { access.installed == nil }

  func isOverwrite(_ access: RegisterAccess<Value>) -> Bool {
    access.installed != nil && access.observed == nil && access.denied == nil
  }
}

extension RegisterAccess {
  /// A crashed write or cas that installs v is useful until the last completion of a call that
  /// observes v, where a crashed cas observes for as long as it is useful itself. A failed cas that
  /// observed another value can be explained by any.
  ///
  /// Proof: take a linearization in which it takes effect after that, and leave it out. Until the
  /// next change of state the register then holds an older value instead of v. No call there
  /// observes v: completed ones that do were linearized before, and crashed ones that do are
  /// useless themselves and left out in the same way, the last one first. So the calls there
  /// are writes and reads that observed nothing, and all remain legal.
  static func usefulUntil(_ calls: some Collection<Call<Self>>) -> [Int] {
    let crashed = calls.filter { $0.isCrashed && $0.command.installed != nil }
    if crashed.isEmpty { return Array(repeating: -1, count: calls.count) }
    var lastDenied = -1
    // Only of the values that crashed calls install.
    var lastObserved = Dictionary(
      crashed.compactMap { $0.command.installed.map { ($0, -1) } },
      uniquingKeysWith: { one, _ in one }
    )
    func observe(_ value: Value, at position: Int) -> Bool {
      guard let index = lastObserved.index(forKey: value), lastObserved.values[index] < position
      else { return false }
      lastObserved.values[index] = position
      return true
    }
    for call in calls {
      guard let completion = call.completion else { continue }
      if call.command.denied != nil { lastDenied = max(lastDenied, completion) }
      if let value = call.command.observed { _ = observe(value, at: completion) }
    }
    func limit(of call: Call<Self>) -> Int {
      guard call.isCrashed, let installed = call.command.installed else { return -1 }
      return max(lastDenied, lastObserved[installed] ?? -1)
    }
    var changed = true
    while changed {
      changed = false
      for call in crashed {
        guard let observed = call.command.observed else { continue }
        let limit = limit(of: call)
        if limit > call.invocation, observe(observed, at: limit) { changed = true }
      }
    }
    return calls.map(limit)
  }
}
