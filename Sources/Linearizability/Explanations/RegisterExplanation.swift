internal import Histories

extension Register {
  func explain(_ evidence: Evidence<Value>) -> [String] {
    RegisterExplanation(evidence, initial: initialState, noun: "register") {
      try? command(for: $0)
    }.sentences
  }
}

extension KeyValueStore {
  /// A key that is not appended to is a register.
  func explain(_ evidence: Evidence<Value>) -> [String] {
    if evidence.operations.contains(where: { $0.f == "append" }) { return [] }
    return RegisterExplanation(evidence, initial: initialState, noun: "key") { operation in
      (try? command(for: operation)).flatMap { command in
        switch command {
        case .get(let value): .read(value)
        case .put(let value): .write(value)
        case .cas(let expected, let new): .cas(expected: expected, new: new)
        case .failedCAS(let expected): .failedCAS(expected: expected)
        case .append: nil
        }
      }
    }.sentences
  }
}

/// Says in words why a read or cas of a register cannot have found what it found.
///
/// The reasons are told apart, each only where it is certain: nothing that had begun could have
/// written the value; the value had been overwritten before the operation began; two cas replaced
/// the same value. Else all that is said is that no order fits.
struct RegisterExplanation {
  private typealias Command = Register.Command

  /// An operation that did not fail: when it was open, where it is among the operations, and the numbers of
  /// the values that it found and put there.
  private struct Access {
    var index: Int
    var span: Operations.Span
    var observed: UInt32?
    var installed: UInt32?
  }

  /// That a write had certainly taken effect before some event.
  private struct Effect {
    var write: Access
    /// The event at which it certainly had.
    var position: Int
    /// Who observed its value then, where that shows it rather than its own completion.
    var observer: Access?
  }

  private let evidence: Evidence<Value>
  private let initial: Value
  /// What the object is called.
  private let noun: String
  private let command: (Operation) -> Command?
  private var accesses: [Access] = []
  /// The number of the initial value is 0.
  private var numbers = ValueNumbers()
  /// For each value, the only operation that could have written it; nil of the initial value, too.
  private var soleWriters: [Int?] = []
  /// For each value, the access that observed it and completed first, the impossible one left aside.
  private var firstObservers: [Int?] = []
  /// What the impossible operation found, and its number.
  private var found = Value.null
  private var foundNumber: UInt32 = 0

  init(
    _ evidence: Evidence<Value>, initial: Value, noun: String,
    command: @escaping (Operation) -> Register.Command?
  ) {
    self.evidence = evidence
    self.initial = initial
    self.noun = noun
    self.command = command
    _ = number(of: initial)
    for index in evidence.operations.indices {
      let span = evidence.operations.span(at: index)
      guard !span.isFailed, let command = self.command(evidence.operations[index]) else { continue }
      accesses.append(
        Access(
          index: index, span: span, observed: command.observed.map { number(of: $0) },
          installed: command.installed.map { number(of: $0) }))
      if span.id == evidence.blamed.id { found = command.observed ?? .null }
    }
    foundNumber = number(of: found)
    indexByValue()
  }

  private mutating func number(of value: Value) -> UInt32 { numbers.number(of: value) }

  private mutating func indexByValue() {
    soleWriters = Array(repeating: nil, count: numbers.count)
    firstObservers = soleWriters
    var isWritten = Array(repeating: false, count: numbers.count)
    isWritten[0] = true
    for (place, access) in accesses.enumerated() {
      if let value = access.installed.map(Int.init) {
        soleWriters[value] = isWritten[value] ? nil : access.span.id
        isWritten[value] = true
      }
      guard access.span.id != evidence.blamed.id, let value = access.observed.map(Int.init),
        let end = access.span.end
      else { continue }
      if let first = firstObservers[value], end >= accesses[first].span.end ?? .max { continue }
      firstObservers[value] = place
    }
  }

  /// The explanation.
  var sentences: [String] {
    if evidence.blamed.outcome == .fail { return ofFailure() }
    var sentences = reason()
    guard let states = evidence.statesMeanwhile, !states.isEmpty else { return sentences }
    let place = evidence.place(evidence.blamed.invocation)
    if !states.contains(found) {
      sentences.append(
        "Between its invocation (\(place)) and its return the \(noun) could only have held "
          + evidence.list(states.sorted(by: isListedBefore).map(show)) + ".")
    } else if sentences.count == 1 {
      // Only a cas can find what was there and still be impossible: by what it did to others.
      sentences.append(
        "The \(noun) can have held \(show(found)) between its invocation (\(place)) and its "
          + "return, but once that was replaced, another operation that had returned by then "
          + "would not have been possible.")
    }
    return sentences
  }

  /// Of a cas that failed, although the register held what it expected.
  private func ofFailure() -> [String] {
    let operation = evidence.blamed
    let sentence =
      "\(name(operation).capitalizedFirst)\(evidence.onKey("on")) failed "
      + "(\(evidence.place(evidence.completion))), so it found another value than it expected, but "
      + "no order of the operations that fits when they began and ended explains that."
    guard let states = evidence.statesMeanwhile, !states.isEmpty else { return [sentence] }
    return [
      sentence,
      "Between its invocation (\(evidence.place(operation.invocation))) and its return the register "
        + "could only have held \(evidence.list(states.sorted(by: isListedBefore).map(show))).",
    ]
  }

  private func reason() -> [String] {
    let writers = accesses.filter {
      $0.installed == foundNumber && $0.span.id != evidence.blamed.id
        && $0.span.invocation < evidence.completion
    }
    if writers.isEmpty, found != initial { return neverWritten() }
    if let sentences = overwritten(writers) ?? replacedTwice(writers) { return sentences }
    return [
      subject + ", but no order of the operations that fits when they began and ended "
        + "explains that."
    ]
  }

  // MARK: Never written

  private func neverWritten() -> [String] {
    var sentences = [
      subject + ", but nothing that was invoked before it returned could have written "
        + "\(show(found)), and the \(noun) held \(show(initial)) at first."
    ]
    if let failed = failedWriter() {
      sentences.append(
        "\(name(failed).capitalizedFirst) failed (\(evidence.place(failed.completion ?? failed.invocation))), "
          + "which means that it certainly did not happen.")
    } else if let later = accesses.first(where: { $0.installed == foundNumber }) {
      let operation = operation(of: later)
      let what = operation.id == evidence.blamed.id ? nil : name(operation)
      if let what {
        sentences.append(
          "The first to write it, \(what), was invoked only later "
            + "(\(evidence.place(operation.invocation))).")
      }
    }
    return sentences
  }

  private func failedWriter() -> Operation? {
    evidence.operations.first { operation in
      guard operation.outcome == .fail, operation.invocation < evidence.completion,
        let command = self.command(operation)
      else { return false }
      return command.installed == found
    }
  }

  // MARK: Overwritten

  /// Nil unless every write of the value had certainly been followed by another write that had
  /// certainly taken effect before the operation began.
  private func overwritten(_ writers: [Access]) -> [String]? {
    let begin = evidence.blamed.invocation
    var last: Effect?
    for writer in writers {
      guard let effect = effect(of: writer) else { return nil }
      if effect.position > last?.position ?? -1 { last = effect }
    }
    let after = last?.position ?? -1
    let overwriter =
      accesses.lazy
      .filter { access in
        guard let installed = access.installed else { return false }
        return installed != foundNumber && access.span.invocation > after
          && access.span.id != evidence.blamed.id
      }
      .compactMap(effect)
      .first { $0.position < begin }
    guard let overwriter else { return nil }
    return [
      subject + ", but when that began (\(evidence.place(begin))) \(show(found)) had already been "
        + "overwritten.", origin(last, count: writers.count) + " " + clause(overwriter) + ".",
    ]
  }

  /// Nil unless the operation is a cas, the value was there at most once, and another cas that
  /// has returned replaced it too.
  private func replacedTwice(_ writers: [Access]) -> [String]? {
    let origins = writers.count + (found == initial ? 1 : 0)
    guard evidence.blamed.f == "cas", origins == 1 else { return nil }
    let other = accesses.first { access in
      guard access.observed == foundNumber, let new = access.installed, new != foundNumber,
        access.span.id != evidence.blamed.id, let end = access.span.end
      else { return false }
      return end < evidence.completion
    }
    guard let other, isReplacing(evidence.blamed) else { return nil }
    let origin =
      writers.first.map { "by \(name(operation(of: $0))) (\(evidence.place($0.span.invocation)))" }
      ?? "as the initial value"
    let place = evidence.place(other.span.end ?? other.span.invocation)
    return [
      subject + ", but \(name(operation(of: other))) had succeeded too (\(place)).",
      "\(show(found)) was put there only once, \(origin), so only one of the two could replace it.",
    ]
  }

  private func isReplacing(_ operation: Operation) -> Bool {
    accesses.contains { $0.span.id == operation.id && $0.installed != nil }
  }

  private func origin(_ last: Effect?, count: Int) -> String {
    guard let last else { return "\(show(found)) was the initial value." }
    let operation = operation(of: last.write)
    var text = count == 1 ? "\(show(found)) came" : "The last of \(count) to write it came"
    text += " from \(name(operation)) (\(evidence.place(operation.invocation)))"
    if let observer = last.observer {
      text += ", \(sight(observer))"
    } else {
      text += ", which returned at \(evidence.place(last.position))"
    }
    return text + "."
  }

  private func clause(_ overwriter: Effect) -> String {
    let operation = operation(of: overwriter.write)
    let start =
      "Then came \(name(operation)) (invoked at \(evidence.place(operation.invocation)))"
    if let observer = overwriter.observer { return start + ", \(sight(observer))" }
    return start + ", which returned at \(evidence.place(overwriter.position))"
  }

  private func sight(_ observer: Access) -> String {
    let place = evidence.place(observer.span.end ?? observer.span.invocation)
    return "whose value process \(operation(of: observer).process) had seen by \(place)"
  }

  /// The earliest event at which the write had certainly taken effect: its own completion, or the
  /// completion of an operation that observed its value, if nothing else could have written it.
  private func effect(of write: Access) -> Effect? {
    var effect: Effect?
    if let end = write.span.end { effect = Effect(write: write, position: end) }
    if let value = write.installed.map(Int.init), soleWriters[value] == write.span.id,
      let observer = firstObservers[value], let end = accesses[observer].span.end,
      end < effect?.position ?? .max
    {
      effect = Effect(write: write, position: end, observer: accesses[observer])
    }
    return effect
  }

  private func operation(of access: Access) -> Operation { evidence.operations[access.index] }

  // MARK: Words

  private var subject: String {
    let operation = evidence.blamed
    let place = evidence.place(evidence.completion)
    if case .read? = command(operation) {
      let verb = operation.f == "get" ? "got" : "read"
      return
        "Process \(operation.process) \(verb) \(show(found))\(evidence.onKey("from")) (\(place))"
    }
    return "\(name(operation).capitalizedFirst)\(evidence.onKey("on")) succeeded (\(place)), "
      + "so it found \(show(found))"
  }

  private func name(_ operation: Operation) -> String {
    let process = "process \(operation.process)'s"
    guard let command = self.command(operation) else { return "\(process) operation" }
    switch command {
    case .read: return "\(process) \(operation.f)"
    case .write where operation.f == "delete": return "\(process) delete"
    case .write(let value): return "\(process) \(operation.f) of \(show(value))"
    case .failedCAS(let expected): return "\(process) cas from \(show(expected))"
    case .cas(let expected, let new):
      return "\(process) cas from \(show(expected)) to \(show(new))"
    }
  }

  private func show(_ value: Value) -> String { value.shown(limit: 40) }

  private func isListedBefore(_ a: Value, _ b: Value) -> Bool {
    switch (a, b) {
    case (.integer(let a), .integer(let b)): a < b
    case (.integer, _): true
    case (_, .integer): false
    default: show(a) < show(b)
    }
  }
}

extension String {
  fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
