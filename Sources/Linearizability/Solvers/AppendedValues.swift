internal import Histories

/// Where each appended piece stands, as far as gets have seen it, where every piece is put or
/// appended once.
///
/// State 0 is the initial value; state i + 1 the one whose last piece is piece i. Each piece that was
/// seen has one state before it, so an append is a compare-and-set between two states, and the
/// whole a register whose values are installed once (`RegisterChains`). An append that no get saw
/// is a write of a value that nobody reads: whatever is appended behind it is not seen either, for
/// who sees that sees all that is before it, so what is seen next was put.
struct AppendedValues {
  /// What a piece is made of: bytes of a text, or elements of an array.
  private enum Piece: Hashable {
    case text(ArraySlice<UInt8>)
    case element(Value)
  }

  /// Why a value has no single meaning.
  enum Failure: Error {
    /// No sequence of the pieces makes it, or none beside what others have seen.
    case impossible
    /// More than one may.
    case ambiguous
  }

  private let initial: [Piece]
  private let initialIsAbsent: Bool
  private let isText: Bool
  private var puts: [Piece: UInt32] = [:]
  private var appends: [Piece: UInt32] = [:]
  /// The lengths of texts that are put, and that are appended.
  private var putLengths: Set<Int> = []
  private var appendLengths: Set<Int> = []
  /// For each state but 0, the one before it; `CallColumns.none` if no get has seen it.
  private var before: [UInt32]
  private var states: [Value: UInt32] = [:]

  /// Nil if a piece occurs twice, is empty, or is of another kind than the others.
  init?(_ commands: [KeyValueStore.Command], initial: Value) {
    let pieces = commands.compactMap { command -> Value? in
      if case .append(let value) = command { value } else { nil }
    }
    isText = pieces.allSatisfy { if case .string = $0 { true } else { false } }
    switch (initial, isText) {
    case (.null, _): (self.initial, initialIsAbsent) = ([], true)
    case (.string(let text), true):
      (self.initial, initialIsAbsent) = ([.text(ArraySlice(text.utf8))], false)
    case (.array(let elements), false):
      (self.initial, initialIsAbsent) = (elements.map(Piece.element), false)
    default: return nil
    }
    if initial == .null, !isText,
      pieces.contains(where: { if case .string = $0 { true } else { false } })
    {
      return nil
    }
    before = Array(repeating: CallColumns.none, count: commands.count + 1)
    for (index, command) in commands.enumerated() {
      switch command {
      case .get: continue
      case .cas, .failedCAS: return nil
      case .append(let value):
        guard let piece = piece(value), add(piece, index, to: \.appends, \.appendLengths) else {
          return nil
        }
      case .put(let value):
        guard isText, let piece = piece(value), add(piece, index, to: \.puts, \.putLengths) else {
          return nil
        }
      }
    }
  }

  private func piece(_ value: Value) -> Piece? {
    guard isText else { return .element(value) }
    guard case .string(let text) = value, !text.isEmpty else { return nil }
    return .text(ArraySlice(text.utf8))
  }

  private mutating func add(
    _ piece: Piece, _ index: Int, to pieces: WritableKeyPath<Self, [Piece: UInt32]>,
    _ lengths: WritableKeyPath<Self, Set<Int>>
  ) -> Bool {
    if case .text(let bytes) = piece { self[keyPath: lengths].insert(bytes.count) }
    return self[keyPath: pieces].updateValue(UInt32(index + 1), forKey: piece) == nil
  }

  /// The state before that of a piece, given by the index of its command; nil if no get saw it.
  func state(before index: Int) -> UInt32? {
    before[index + 1] == CallColumns.none ? nil : before[index + 1]
  }

  // MARK: What gets saw

  /// The state that a value is. Complexity: linear in its length, times the lengths that pieces have.
  mutating func state(of value: Value) throws(Failure) -> UInt32 {
    if let known = states[value] { return known }
    let state: UInt32
    switch value {
    case .null where initialIsAbsent: state = 0
    case .string(let text) where isText: state = try self.state(ofText: Array(text.utf8))
    case .array(let elements) where !isText: state = try self.state(ofElements: elements)
    default: throw .impossible
    }
    states[value] = state
    return state
  }

  private mutating func state(ofElements elements: [Value]) throws(Failure) -> UInt32 {
    guard elements.prefix(initial.count).map(Piece.element) == initial else { throw .impossible }
    if initialIsAbsent, elements.isEmpty { throw .impossible }
    var state: UInt32 = 0
    for element in elements.dropFirst(initial.count) {
      guard let next = appends[.element(element)] else { throw .impossible }
      state = try follow(next, after: state)
    }
    return state
  }

  private mutating func state(ofText text: [UInt8]) throws(Failure) -> UInt32 {
    var (state, position) = try beginning(of: text)
    while position < text.count {
      let found = matches(appends, appendLengths, in: text, at: position)
      guard let next = found.first else { throw .impossible }
      if found.count > 1 { throw .ambiguous }
      state = try follow(next.state, after: state)
      position = next.end
    }
    return state
  }

  /// The state of the piece that a text begins with, and where that ends.
  private func beginning(of text: [UInt8]) throws(Failure) -> (state: UInt32, end: Int) {
    var candidates = matches(puts, putLengths, in: text, at: 0)
    if initialIsAbsent {
      if !matches(appends, appendLengths, in: text, at: 0).isEmpty { candidates.append((0, 0)) }
    } else if case .text(let bytes)? = initial.first, text.starts(with: bytes) {
      candidates.append((0, bytes.count))
    }
    guard let first = candidates.first else { throw .impossible }
    if candidates.count > 1 { throw .ambiguous }
    return first
  }

  private func matches(
    _ pieces: [Piece: UInt32], _ lengths: Set<Int>, in text: [UInt8], at position: Int
  ) -> [(state: UInt32, end: Int)] {
    lengths.compactMap { length in
      guard position + length <= text.count else { return nil }
      return pieces[.text(text[position..<position + length])].map { ($0, position + length) }
    }
  }

  /// Notes that the piece came right after the state. If it also came after another, or the same
  /// text has it twice, that cannot be.
  private mutating func follow(_ next: UInt32, after state: UInt32) throws(Failure) -> UInt32 {
    if before[Int(next)] == CallColumns.none {
      before[Int(next)] = state
    } else if before[Int(next)] != state {
      throw .impossible
    }
    return next
  }
}

extension KeyValueStore {
  /// Where the pieces of what is appended occur once each: as a register of states. What an append
  /// found is known from gets that may come later, so a prefix has to be encoded anew.
  func solveAppends(_ calls: [Call<Command>]) -> SolverResult {
    let commands = calls.map(\.command)
    guard var values = AppendedValues(commands, initial: initialState) else { return .undecided }
    var observed = Array(repeating: CallColumns.none, count: calls.count)
    for (index, command) in commands.enumerated() {
      guard case .get(let value?) = command else { continue }
      do throws(AppendedValues.Failure) {
        observed[index] = try values.state(of: value)
      } catch {
        return error == .ambiguous ? .undecided : .impossible(Array(calls.indices))
      }
    }
    let columns = CallColumns(calls, valueCount: { calls.count + 1 }) { index, command in
      let state = UInt32(index + 1)
      switch command {
      case .get: return .init(kind: RegisterChains.Kind.read, value: observed[index])
      case .append:
        guard let before = values.state(before: index) else { fallthrough }
        return .init(kind: RegisterChains.Kind.cas, value: before, other: state)
      default: return .init(kind: RegisterChains.Kind.write, value: state)
      }
    }
    return columns.map { ColumnProblem.register($0, initial: 0).solve() } ?? .undecided
  }
}
