import Histories
import Linearizability

/// The weaker conditions as they are defined, as naively as possible, on a few operations of one
/// register: every set of crashed operations that took effect, every order, every read looked at.
/// Written apart from the library.
struct WeakerOracle {
  struct Access {
    var id: Int
    var process: Int
    var begin: Int
    /// Nil where it crashed.
    var end: Int?
    var reads: Value?
    var writes: Value?

    func isOver(before other: Access) -> Bool { end.map { $0 < other.begin } ?? false }
  }

  var initial: Value
  var accesses: [Access]

  init(initial: Value = .null, _ operations: some Sequence<Operation>) {
    self.initial = initial
    accesses = operations.compactMap { operation in
      let isOk = if case .ok = operation.outcome { true } else { false }
      var access = Access(
        id: operation.id, process: operation.process, begin: operation.invocation,
        end: isOk ? operation.completion : nil)
      switch (operation.f, operation.argument, operation.outcome) {
      case (_, _, .fail): return nil
      case ("read", _, .ok(let value)): access.reads = value
      case ("write", let value?, _): access.writes = value
      case ("cas", .array(let pair)?, _):
        access.reads = pair[0]
        access.writes = pair[0] == pair[1] ? nil : pair[1]
      default: return nil
      }
      return access
    }
  }

  /// Every order that keeps `isBefore`, of every choice of the crashed accesses; stops where `found`
  /// is true of one, and says whether it was.
  func isOrder(
    of accesses: [Access], keeping isBefore: (Access, Access) -> Bool, found: ([Access]) -> Bool
  ) -> Bool {
    func extend(_ order: [Access], _ rest: [Access]) -> Bool {
      if rest.allSatisfy({ $0.end == nil }), found(order) { return true }
      return rest.indices.contains { index in
        let next = rest[index]
        // What crashed and was left behind has not taken effect.
        guard !rest.contains(where: { isBefore($0, next) }) else { return false }
        var left = rest
        left.remove(at: index)
        return extend(order + [next], left)
      }
    }
    return extend([], accesses)
  }

  private func realTime(_ a: Access, _ b: Access) -> Bool { a.isOver(before: b) }

  /// Whether each read returned one of the last `depth` values before it.
  private func isLegal(_ order: [Access], depth: Int = 1) -> Bool {
    var values = [initial]
    for access in order {
      if let value = access.reads, !values.suffix(depth).contains(value) { return false }
      if let value = access.writes { values.append(value) }
    }
    return true
  }

  var isLinearizable: Bool { isAtomic(depth: 1) }

  func isAtomic(depth: Int) -> Bool {
    isOrder(of: accesses, keeping: realTime) { isLegal($0, depth: depth) }
  }

  /// With the reads begun earlier by some time; `time` is that of a position. What happened at the
  /// same time is concurrent, unless nothing was moved.
  func isAtomic(delta: Int64, time: (Int) -> Int64) -> Bool {
    isOrder(of: accesses) { a, b in
      guard realTime(a, b) else { return false }
      guard b.writes == nil, let end = a.end else { return true }
      return time(end) < time(b.begin) - delta
    } found: {
      isLegal($0)
    }
  }

  var isSequential: Bool {
    isOrder(of: accesses) {
      $0.process == $1.process && $0.begin < $1.begin
    } found: {
      isLegal($0)
    }
  }

  /// Whether for each read alone there is an order of it and all writes. Cas count as writes there.
  var isRegular: Bool { accesses.allSatisfy(isRegular) }

  private func isRegular(_ read: Access) -> Bool {
    guard let value = read.reads, read.end != nil else { return true }
    // Of a cas the part that reads is on its own, during the same time.
    var reader = read
    reader.writes = nil
    let writes = accesses.compactMap { access -> Access? in
      guard access.writes != nil, access.id != read.id else { return nil }
      var write = access
      write.reads = nil
      return write
    }
    return isOrder(of: writes + [reader], keeping: realTime) { order in
      let before = order.prefix { $0.id != reader.id }
      return before.last?.writes ?? initial == value
    }
  }

  var isSafe: Bool {
    accesses.allSatisfy { read in
      let isConcurrent = accesses.contains { write in
        write.writes != nil && write.id != read.id && !write.isOver(before: read)
          && !read.isOver(before: write)
      }
      return isConcurrent || isRegular(read)
    }
  }

  // MARK: Sessions, where values are unique

  /// Whether each read's value belongs to one write or is the initial value.
  var isUnambiguous: Bool {
    accesses.allSatisfy { read in
      guard let value = read.reads, read.end != nil else { return true }
      let writers = accesses.count { $0.writes == value } + (value == initial ? 1 : 0)
      return writers <= 1
    }
  }

  /// Whether for each process there is an order of all writes that keeps real time and in which
  /// `isFine` is true of what it did, given the place of each value that was read, and of each write.
  private func eachProcess(_ isFine: ([Access], [Value: Int], [Int: Int]) -> Bool) -> Bool {
    Set(accesses.map(\.process)).allSatisfy { process in
      let own = accesses.filter { $0.process == process }
      let writes = accesses.compactMap { access -> Access? in
        guard access.writes != nil else { return nil }
        var write = access
        write.reads = nil
        return write
      }
      return isOrder(of: writes, keeping: realTime) { order in
        guard order.count == writes.count else { return false }
        var places = [initial: -1]
        for (place, write) in order.enumerated() { places[write.writes ?? .null] = place }
        let ids = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1.id, $0) })
        return isFine(own, places, ids)
      }
    }
  }

  var hasMonotonicReads: Bool {
    eachProcess { own, places, _ in
      var last = -1
      for access in own {
        guard let value = access.reads, access.end != nil else { continue }
        guard let place = places[value], place >= last else { return false }
        last = place
      }
      return true
    }
  }

  var hasReadYourWrites: Bool {
    eachProcess { own, places, writes in
      var last = -1
      for access in own {
        if let value = access.reads, access.end != nil {
          guard let place = places[value], place >= last else { return false }
        }
        if let place = writes[access.id] { last = max(last, place) }
      }
      return true
    }
  }
}
