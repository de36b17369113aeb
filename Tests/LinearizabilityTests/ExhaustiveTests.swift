import Histories
import Testing

@testable import Linearizability

/// Solvers against brute force on every history of up to four calls out of a few commands: every way
/// to interleave them, every choice of commands, every choice of crashes. In short runs some of those
/// of four calls are left out, evenly; `FAULTLINE_EXHAUSTIVE=1` leaves out none.
@Suite struct ExhaustiveTests {
  private static let isFull = environmentNumber("FAULTLINE_EXHAUSTIVE") == 1
  private static let mostOfFour = 1_500

  /// All orders of the begins and ends of `count` calls, of which each begins after the one before:
  /// a call's number for its begin, and again for its end.
  private func patterns(_ count: Int) -> [[Int]] {
    var result: [[Int]] = []
    func extend(_ prefix: [Int]) {
      if prefix.count == 2 * count { return result.append(prefix) }
      for call in 0..<count {
        let seen = prefix.count { $0 == call }
        if seen == 1 || seen == 0 && (call == 0 || prefix.contains(call - 1)) {
          extend(prefix + [call])
        }
      }
    }
    extend([])
    return result
  }

  private func exhaust<M: Model>(
    _ model: M, _ commands: [M.Command], process: (M.Command) -> Int? = { _ in nil },
    crashed: @escaping (M.Command) -> M.Command?
  ) {
    let oracle = CallOracle(model: model)
    var tally = CallOracle<M>.Tally()
    for count in 1...4 {
      let patterns = patterns(count)
      #expect(patterns.count == [1, 3, 15, 105][count - 1])
      let choices = (0..<count).reduce(1) { product, _ in product * commands.count }
      let total = patterns.count * choices << count
      let step = count < 4 || Self.isFull ? 1 : max(1, total / Self.mostOfFour | 1)
      for number in stride(from: 0, to: total, by: step) {
        var rest = number
        func draw(_ bound: Int) -> Int {
          defer { rest /= bound }
          return rest % bound
        }
        let crashes = draw(1 << count)
        var chosen = (0..<count).map { _ in commands[draw(commands.count)] }
        var isPossible = true
        for call in 0..<count where crashes & 1 << call != 0 {
          if let command = crashed(chosen[call]) {
            chosen[call] = command
          } else {
            isPossible = false
          }
        }
        guard isPossible else { continue }
        let calls = calls(patterns[draw(patterns.count)], chosen, crashes)
        if hasOverlap(calls, process) { continue }
        oracle.compare(calls, &tally) { "\(M.self) number \(number) of \(count) calls" }
      }
    }
    #expect(tally.linearizable > 100 && tally.impossible > 100, "\(M.self): \(tally)")
    print("ExhaustiveTests: \(M.self): \(tally)")
  }

  /// Whether a process does two things at a time, which no history says.
  private func hasOverlap<Command>(
    _ calls: [Call<Command>], _ process: (Command) -> Int?
  ) -> Bool {
    calls.contains { call in
      guard let own = process(call.command) else { return false }
      return calls.contains { other in
        process(other.command) == own && other.invocation > call.invocation
          && other.invocation < call.completion ?? .max
      }
    }
  }

  private func calls<Command>(
    _ pattern: [Int], _ commands: [Command], _ crashes: Int
  ) -> [Call<Command>] {
    commands.indices.map { call in
      let begin = pattern.firstIndex(of: call) ?? 0
      let end = crashes & 1 << call != 0 ? nil : pattern.lastIndex(of: call)
      return Call(operation: call, command: commands[call], invocation: begin, completion: end)
    }
  }

  private let one = Value.integer(1)
  private let two = Value.integer(2)

  @Test func registers() {
    exhaust(
      Register(initialState: .null),
      [
        .read(.null), .read(one), .read(two), .write(one), .cas(expected: one, new: two),
        .cas(expected: .null, new: one),
      ]
    ) { command in if case .read = command { nil } else { command } }
  }

  @Test func queues() {
    exhaust(
      FIFOQueue(initialState: []),
      [.enqueue(one), .enqueue(two), .dequeue(one), .dequeue(two), .dequeue(.null)]
    ) { command in if case .enqueue = command { command } else { .dequeueUnknown } }
  }

  @Test func stacks() {
    exhaust(
      Stack(initialState: []), [.push(one), .push(two), .pop(one), .pop(two), .pop(.null)]
    ) { command in if case .push = command { command } else { .popUnknown } }
  }

  @Test func priorityQueues() {
    exhaust(
      PriorityQueue([]),
      [.insert(one), .insert(two), .poll(one), .poll(two), .poll(.null)]
    ) { command in if case .insert = command { command } else { .pollUnknown } }
  }

  @Test func bags() {
    exhaust(
      Bag(initialState: UnorderedElements()),
      [.add(one), .add(two), .take(one), .take(two), .take(.null)]
    ) { command in if case .add = command { command } else { .takeUnknown } }
  }

  @Test func sets() {
    exhaust(
      SetModel(initialState: []),
      [
        .add(one, wasNew: true), .add(one, wasNew: false), .remove(one, wasThere: true),
        .remove(one, wasThere: false), .contains(one, true), .contains(one, false),
      ]
    ) { command in
      switch command {
      case .add: .add(one, wasNew: nil)
      case .remove: .remove(one, wasThere: nil)
      default: nil
      }
    }
  }

  @Test func growingCollections() {
    exhaust(
      GrowOnlySet(initialState: []),
      [.add(one), .add(two), .read([]), .read([one]), .read([two]), .read([one, two])]
    ) { command in if case .add = command { command } else { nil } }
    exhaust(
      AppendList(initialState: []),
      [.append(one), .append(two), .read([]), .read([one]), .read([one, two]), .read([two, one])]
    ) { command in if case .append = command { command } else { nil } }
  }

  @Test func numbers() {
    exhaust(
      Counter(initialState: 0), [.add(1), .read(0), .read(1), .read(2)]
    ) { command in if case .add = command { command } else { nil } }
    exhaust(
      FetchAdd(initialState: 0),
      [.init(amount: 1, old: 0), .init(amount: 1, old: 1), .init(amount: 1, old: 2)]
    ) { .init(amount: $0.amount, old: nil) }
    exhaust(
      MaxRegister(initialState: 0), [.write(1), .write(2), .read(0), .read(1), .read(2)]
    ) { command in if case .write = command { command } else { nil } }
  }

  @Test func locks() {
    exhaust(MutexModel(initialState: false), [.acquire, .release, .tryAcquireFailed]) { command in
      command == .tryAcquireFailed ? nil : command
    }
    exhaust(Semaphore(initialState: 2), [.acquire, .release]) { $0 }
    exhaust(
      OwnerLock(initialState: nil),
      [
        .init(process: 0, action: .acquire), .init(process: 0, action: .release),
        .init(process: 1, action: .acquire), .init(process: 1, action: .release),
      ], process: { $0.process }
    ) { $0 }
  }

  @Test func versions() {
    exhaust(
      VersionedRegister(initialState: .init(value: .null, version: 0)),
      [
        .read(.null, 0), .read(one, 1), .read(two, 2), .write(one, 1), .write(two, 2),
        .cas(1, two, 2),
      ]
    ) { command in
      switch command {
      case .read: nil
      case .write(let value, _): .write(value, nil)
      case .cas(let expected, let value, _): .cas(expected, value, nil)
      }
    }
  }
}
