/// Finds an order of additions, event by event, and goes back where it gets stuck (`AdditionSolver`).
///
/// Where there are several ways on, those with the fewest crashed additions and then with the smallest sum
/// come first; each is entered once. Only the last choices are remembered.
struct AdditionSearch: ~Copyable {
  private typealias Kind = AdditionKind
  private static let none = CallColumns.none
  /// How many choices can be taken back.
  private static let mostChoices = 1 << 16
  /// How many ways are remembered, and how many there may be from one event to the next.
  private static let mostEntered = 1 << 20
  private static let mostWays = 1_024
  /// How many steps the sets between two targets take at most.
  private static let stepsOfSets = 2_048

  enum End {
    /// With the additions that took effect, in order.
    case reached([UInt32])
    /// No order gets past the completion at the position.
    case blocked(UInt32)
    /// Some order may have been cut off.
    case cutOff
  }

  /// What is open.
  private struct Open {
    /// The position of the event.
    var position: UInt32 = 0
    /// The next call to begin.
    var next: UInt32 = 0
    /// The largest first, of equal ones the first to complete; crashed ones as long as there is room.
    var additions: [OpenAddition] = []
    /// What observers saw, by value, then by amount.
    var targets: [Target] = []
  }

  private struct Target {
    var value: Int64
    var amount: Int64
    var call: UInt32
  }

  /// One way in which calls can have taken effect. Observers that saw less than the sum, or the sum and
  /// add nothing, have taken effect.
  private struct Way {
    var sum: Int64 = 0
    /// The open additions that took effect.
    var taken: UInt64 = 0
    /// The additions since the last event, in order.
    var steps: [UInt32] = []
    /// How many of them crashed.
    var crashed = 0

    func taking(_ call: UInt32, _ amount: Int64) -> Way {
      var way = self
      way.sum += amount
      way.steps.append(call)
      return way
    }

    func taking(_ addition: OpenAddition) -> Way {
      var way = taking(addition.call, addition.amount)
      way.taken |= addition.bit
      way.crashed += addition.isCrashed ? 1 : 0
      return way
    }
  }

  /// A completion that there are several ways to get past, with those that were not tried, the best last.
  private struct Choice {
    var open: Open
    var ways: [Way]
    var orderCount: Int
  }

  private struct Entered: Hashable {
    var position: UInt32
    var sum: Int64
    var taken: UInt64
  }

  private let columns: CallColumns
  private let numbers: [Int64]
  private let events: EventSweep
  private let crashedLimit: Int
  private var open = Open()
  private var way = Way()
  private var order: [UInt32] = []
  private var choices: [Choice] = []
  private var entered: Set<Entered> = []
  private var isExact = true
  private var effortLeft: Int
  /// The last of the completions that some way did not get past.
  private var furthest: UInt32 = 0

  /// `crashedLimit` is how many crashed additions are looked at, those that began last.
  init(_ columns: CallColumns, _ numbers: [Int64], crashedLimit: Int) {
    self.columns = columns
    self.numbers = numbers
    self.crashedLimit = crashedLimit
    events = EventSweep(columns)
    effortLeft = 1 << 20 + 100 * columns.count
  }

  mutating func run() -> End {
    while open.position < columns.lastPosition {
      open.position += 1
      if passEvent() { continue }
      if effortLeft <= 0 { return .cutOff }
      if !goBack() { return isExact ? .blocked(furthest) : .cutOff }
    }
    return .reached(order)
  }

  // MARK: Events

  /// False if there is no way past it.
  private mutating func passEvent() -> Bool {
    let call = events.completing[open.position]
    if call != Self.none {
      let isPossible = end(call)
      if !isPossible { furthest = max(furthest, open.position) }
      return isPossible
    }
    let next = Int(open.next)
    guard next < columns.count, columns.invocation[next] == open.position else { return true }
    open.next += 1
    return begin(next)
  }

  private mutating func begin(_ call: Int) -> Bool {
    let kind = columns.kind[call]
    if kind == Kind.observeNothing { return true }
    let amount = kind == Kind.read ? 0 : numbers[Int(columns.other[call])]
    if kind == Kind.add {
      insertAddition(UInt32(call), amount, columns.completion[call])
      return true
    }
    let value = numbers[Int(columns.value[call])]
    let place = open.targets.partitioningIndex { ($0.value, $0.amount) >= (value, amount) }
    open.targets.insert(Target(value: value, amount: amount, call: UInt32(call)), at: place)
    if way.sum <= value { return true }
    furthest = max(furthest, columns.completion[call])
    return false
  }

  private mutating func insertAddition(_ call: UInt32, _ amount: Int64, _ completion: UInt32) {
    let crashed = open.additions.count(where: \.isCrashed)
    let hasRoom = completion != Self.none || crashed < crashedLimit
    if !hasRoom || open.additions.count == UInt64.bitWidth { forgetOne() }
    let used = open.additions.reduce(0) { $0 | $1.bit }
    let bit = ~used & (used &+ 1)
    let place = open.additions.partitioningIndex {
      $0.amount < amount || $0.amount == amount && $0.completion > completion
    }
    open.additions.insert(
      OpenAddition(call: call, amount: amount, completion: completion, bit: bit), at: place)
  }

  /// Forgets the crashed addition that began first, or an open one, after which no order is found.
  private mutating func forgetOne() {
    isExact = false
    let crashed = open.additions.filter(\.isCrashed).min { $0.call < $1.call }
    if let oldest = crashed ?? open.additions.first { close(oldest) }
  }

  private mutating func close(_ addition: OpenAddition) {
    open.additions.removeAll { $0.bit == addition.bit }
    way.taken &= ~addition.bit
  }

  private mutating func end(_ call: UInt32) -> Bool {
    switch columns.kind[Int(call)] {
    case Kind.observeNothing: return true
    case Kind.add:
      guard let addition = open.additions.first(where: { $0.call == call }) else { return false }
      return advance(taking: addition) { $0.taken & addition.bit != 0 }
    case Kind.read:
      let value = numbers[Int(columns.value[Int(call)])]
      return advance(taking: nil) { $0.sum >= value }
    default:
      let value = numbers[Int(columns.value[Int(call)])]
      return advance(taking: nil) { $0.sum > value }
    }
  }

  /// Closes the call that completes at this event.
  private mutating func finish() {
    let call = events.completing[open.position]
    if columns.kind[Int(call)] != Kind.add {
      open.targets.removeAll { $0.call == call }
    } else if let addition = open.additions.first(where: { $0.call == call }) {
      close(addition)
    }
  }

  // MARK: Ways

  /// Goes on until something has taken effect: an addition that completes, or an observer.
  private mutating func advance(taking addition: OpenAddition?, until isDone: (Way) -> Bool) -> Bool
  {
    if isDone(way) {
      finish()
      return true
    }
    var ways = ways(taking: addition, until: isDone)
    if ways.count > 1 {
      ways.sort { ($0.crashed, $0.sum) > ($1.crashed, $1.sum) }
      ways.removeAll { !enter($0) }
    }
    guard let best = ways.popLast() else { return false }
    if !ways.isEmpty {
      if choices.count == Self.mostChoices {
        choices.removeFirst(Self.mostChoices / 2)
        isExact = false
      }
      choices.append(Choice(open: open, ways: ways, orderCount: order.count))
    }
    take(best)
    return true
  }

  private mutating func enter(_ way: Way) -> Bool {
    if entered.count == Self.mostEntered { entered.removeAll() }
    return entered.insert(
      Entered(position: open.position, sum: way.sum, taken: way.taken)
    ).inserted
  }

  private mutating func take(_ next: Way) {
    order += next.steps
    way = Way(sum: next.sum, taken: next.taken)
    finish()
  }

  private mutating func goBack() -> Bool {
    guard var choice = choices.popLast(), let next = choice.ways.popLast() else { return false }
    open = choice.open
    order.removeLast(order.count - choice.orderCount)
    if !choice.ways.isEmpty { choices.append(choice) }
    take(next)
    return true
  }

  private mutating func ways(taking addition: OpenAddition?, until isDone: (Way) -> Bool) -> [Way] {
    var pending = [way]
    var done: [Way] = []
    while let way = pending.popLast() {
      if isDone(way) {
        done.append(way)
      } else {
        pending += next(way, taking: addition)
      }
      if done.count + pending.count > Self.mostWays || effortLeft <= 0 {
        isExact = false
        break
      }
    }
    return done
  }

  private mutating func next(_ way: Way, taking addition: OpenAddition?) -> [Way] {
    let (sum, targets) = (way.sum, open.targets)
    let place = targets.partitioningIndex { $0.value > sum || $0.value == sum && $0.amount > 0 }
    effortLeft -= 1
    guard place < targets.count else { return addition.map { [way.taking($0)] } ?? [] }
    let target = targets[place]
    if target.value == sum {
      let passesNext = place + 1 < targets.count && targets[place + 1].value < sum + target.amount
      return passesNext ? [] : [way.taking(target.call, target.amount)]
    }
    var next = sets(of: target.value - sum, way).map { $0.reduce(way) { $0.taking($1) } }
    if let addition, sum + addition.amount < target.value { next.append(way.taking(addition)) }
    return next
  }

  /// The sets of open additions that have not taken effect and make up the distance.
  private mutating func sets(of distance: Int64, _ way: Way) -> [[OpenAddition]] {
    let additions = open.additions.filter { $0.bit & way.taken == 0 && $0.amount <= distance }
    var sets = AdditionSets(additions, steps: Self.stepsOfSets)
    sets.find(distance)
    effortLeft -= Self.stepsOfSets - sets.stepsLeft
    isExact = isExact && sets.isComplete
    return sets.found
  }
}
