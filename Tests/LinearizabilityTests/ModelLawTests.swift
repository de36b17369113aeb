import Histories
import Randomness
import Testing

@testable import Linearizability

/// Laws that relate the verdicts on a history and on a changed one, for every model.
@Suite struct ModelLawTests {
  private struct Laws: ModelTrial {
    func run<M: Model>(_ name: String, _ histories: ModelHistories<M>) {
      let options = options(ofTried: name)
      var random = SeededRandom(seed: 401)
      var tally: [Verdict: Int] = [:]
      for round in 0..<(allModelRounds ?? 120) {
        let history = histories.history(
          3 + round % 10, width: 1 + round % 5, tampering: round % 2 * 20, &random)
        guard let verdict = judged(history, options)?.verdict else { continue }
        tally[verdict, default: 0] += 1
        let place: Comment = "\(name), round \(round):\n\(dump(history))"
        // Processes and lines are only names.
        expect(renamed(history, &random), options, [verdict], place)
        expect(twice(history), options, [verdict, verdict], place)
        guard verdict == .linearizable else { continue }
        expect(widened(history, &random), options, [verdict], place)
        expect(vague(history, &random), options, [verdict], place)
      }
      #expect(tally[.linearizable] ?? 0 > 20 && tally[.violation] ?? 0 > 5, "\(name): \(tally)")
    }

    private func expect(
      _ history: History, _ options: CheckOptions, _ verdicts: [Verdict], _ place: Comment
    ) {
      let found = judged(history, options)?.partitions.map(\.verdict)
      #expect(found == verdicts, place)
    }

    /// Process n becomes 7 - n or so: another one, of another rank.
    private func renamed(_ history: History, _ random: inout SeededRandom) -> History {
      let shift = Int.random(in: 100...200, using: &random)
      return history.mapped { event in
        if case .client(let number) = event.process { event.process = .client(shift - number) }
      }
    }

    /// Two keys with the same history each, one a little behind the other.
    private func twice(_ history: History) -> History {
      var events: [Event] = []
      for event in history.events {
        for (offset, key) in [(0, "a"), (1_000, "b")] {
          var copy = event
          copy.key = .string(key)
          if case .client(let number) = event.process { copy.process = .client(number + offset) }
          events.append(copy)
        }
      }
      return History(source: "twice", events: events.numbered())
    }

    /// Invocations move ahead of completions of other processes.
    private func widened(_ history: History, _ random: inout SeededRandom) -> History {
      var events = Array(history.events)
      for _ in 0..<20 where events.count > 1 {
        let index = Int.random(in: 0..<events.count - 1, using: &random)
        let (a, b) = (events[index], events[index + 1])
        if a.type != .invoke, b.type == .invoke, a.process != b.process {
          events.swapAt(index, index + 1)
        }
      }
      return History(source: "wide", events: events.numbered())
    }

    /// Some that are the last of their process have crashed.
    private func vague(_ history: History, _ random: inout SeededRandom) -> History {
      var events = Array(history.events)
      for index in events.indices where events[index].type == .ok {
        let isLast = !events[(index + 1)...].contains { $0.process == events[index].process }
        guard isLast, Bool.random(using: &random) else { continue }
        events[index].type = .info
        events[index].value = nil
      }
      return History(source: "vague", events: Events(events))
    }
  }

  @Test func verdictsFollowTheLaws() { tryAllModels(Laws()) }

  /// Where values are only compared, other values do as well.
  private struct Renaming: ModelTrial {
    func run<M: Model>(_ name: String, _ histories: ModelHistories<M>) {
      let tried = ["fifo-queue", "stack", "bag", "set", "grow-only-set", "append-list"]
      guard tried.contains(name) else { return }
      var options = options(ofTried: name)
      var random = SeededRandom(seed: 402)
      for round in 0..<(allModelRounds ?? 120) {
        let history = histories.history(
          3 + round % 8, width: 1 + round % 5, tampering: round % 2 * 20, &random)
        options.initial = LinearizabilityTests.options(ofTried: name).initial
        guard let verdict = judged(history, options)?.verdict else { continue }
        options.initial = other(options.initial)
        let renamed = history.mapped { event in event.value = event.value.map(other) }
        #expect(
          judged(renamed, options)?.verdict == verdict, "\(name), round \(round)")
      }
    }

    private func other(_ value: Value) -> Value {
      switch value {
      case .integer(let number): .array([.string("v"), .integer(-number)])
      case .array(let elements): .array(elements.map(other))
      default: value
      }
    }
  }

  @Test func valuesAreOnlyCompared() { tryAllModels(Renaming()) }
}

extension History {
  /// The history with each event changed.
  fileprivate func mapped(_ change: (inout Event) -> Void) -> History {
    let changed = events.map { event in
      var event = event
      change(&event)
      return event
    }
    return History(source: source, events: Events(changed))
  }
}

extension [Event] {
  /// The events with indexes in their order.
  fileprivate func numbered() -> Events {
    Events(
      enumerated().map { position, event in
        var event = event
        (event.index, event.line) = (position, position + 1)
        return event
      })
  }
}
