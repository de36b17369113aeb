import Cluster
import Nemesis
import Synchronization
import TestSupport
import Testing

@testable import Runner
@testable import Workloads

/// The search for the smallest schedule, on nodes that are played by a rule.
struct ScheduleMinimizerTests {
  private static let nodes = [Node(name: "n1", host: "h1")]

  private static func trial(_ count: Int) -> Trial {
    let faults = (1...count).map { id in
      ScheduledFault(
        lane: 0, at: .seconds(10 * id), lasting: .seconds(8),
        fault: ChosenFault(id: id, .partition, targets: nodes))
    }
    let phases = Phases(
      warmUp: .seconds(8), faults: .seconds(10 * count + 20), coolDown: .seconds(4),
      recoveryLimit: .seconds(1))
    return Trial(faults: faults, phases: phases, rate: 400)
  }

  private static func ids(_ trial: Trial?) -> [Int] { trial?.faults.map(\.fault.id) ?? [-1] }

  /// What causes the violation is found exactly, whatever it is, in fewer runs than trying all sets.
  @Test(arguments: 0..<40)
  func theCauseIsFoundExactly(_ seed: UInt64) async {
    var random = SplitMix64(seed)
    let count = Int.random(in: 1...12, using: &random)
    let cause = Set((1...count).filter { _ in Int.random(in: 0..<4, using: &random) == 0 })
    let runs = Mutex(0)
    var minimizer = ScheduleMinimizer(tries: 1, while: { true }, improved: { _ in }) { trial, _ in
      runs.withLock { $0 += 1 }
      return cause.isSubset(of: Set(Self.ids(trial)))
    }
    await minimizer.minimize(Self.trial(count))
    #expect(Self.ids(minimizer.best) == cause.sorted(), "seed \(seed)")
    #expect(minimizer.isComplete)
    #expect(runs.withLock { $0 } < 40 + count * count, "seed \(seed)")
  }

  @Test func timesAndRateAreAsSmallAsTheViolationLetsThem() async {
    var minimizer = ScheduleMinimizer(tries: 1, while: { true }, improved: { _ in }) { trial, _ in
      trial.faults.contains { $0.fault.id == 2 && $0.lasting >= .seconds(2) }
        && trial.rate.map { $0 >= 100 } == true
    }
    await minimizer.minimize(Self.trial(3))
    let best = minimizer.best
    #expect(Self.ids(best) == [2])
    #expect(best?.faults.first?.at == .zero && best?.faults.first?.lasting == .seconds(2))
    #expect(best?.rate == 100 && best?.phases.warmUp == .milliseconds(500))
    #expect(best?.phases.faults == .seconds(9))
  }

  /// A run that fails by itself, here every second, is no proof that a schedule gives no violation.
  @Test func aRunThatFailsTellsNothing() async {
    let runs = Mutex(0)
    var minimizer = ScheduleMinimizer(tries: 1, while: { true }, improved: { _ in }) { trial, _ in
      let number = runs.withLock { runs in
        runs += 1
        return runs
      }
      return number % 2 == 1 ? nil : Set(Self.ids(trial)).isSuperset(of: [2, 5])
    }
    await minimizer.minimize(Self.trial(6))
    #expect(Self.ids(minimizer.best) == [2, 5])
    let count = await minimizer.confirm(4)
    #expect(count.runs == 4 && count.violations == 4)
  }

  /// A violation that comes only now and then is not lost for lack of luck, and its rate is told.
  @Test func aViolationThatComesEveryThirdTimeIsFound() async {
    let runs = Mutex(0)
    var minimizer = ScheduleMinimizer(tries: 3, while: { true }, improved: { _ in }) { trial, _ in
      guard Self.ids(trial).contains(4) else { return false }
      return runs.withLock { runs in
        runs += 1
        return runs % 3 == 0
      }
    }
    await minimizer.minimize(Self.trial(5))
    #expect(Self.ids(minimizer.best) == [4])
    let count = await minimizer.confirm(30)
    #expect(count.runs == 30 && (9...11).contains(count.violations), "\(count)")
  }

  @Test func theBudgetIsKeptAndWhatWasFoundByThenToo() async {
    let runs = Mutex(0)
    let told = Mutex<[[Int]]>([])
    var minimizer = ScheduleMinimizer(
      tries: 1, while: { runs.withLock { $0 < 3 } },
      improved: { best in told.withLock { $0.append(Self.ids(best)) } }
    ) { trial, _ in
      runs.withLock { $0 += 1 }
      return Self.ids(trial).contains(1)
    }
    await minimizer.minimize(Self.trial(8))
    #expect(runs.withLock { $0 } == 3 && !minimizer.isComplete)
    #expect(Self.ids(minimizer.best) == [1, 2, 3, 4])
    #expect(told.withLock { $0 } == [Array(1...8), [1, 2, 3, 4]])
  }

  @Test func whatDoesNotFailHasNoSmallest() async {
    var minimizer = ScheduleMinimizer(tries: 2, while: { true }, improved: { _ in }) { _, _ in
      false
    }
    await minimizer.minimize(Self.trial(4))
    #expect(minimizer.best == nil)
    let count = await minimizer.confirm(5)
    #expect(count.runs == 0)
  }
}
