internal import Histories

/// A model of a collection that can say why an operation on it is impossible.
protocol ElementModel: Model {
  /// The elements at first.
  var initialElements: [Value] { get }
  /// Which element comes back first.
  var order: ElementOrder { get }
  /// How elements come and go, as participles: `enqueued`, `dequeued`.
  var participles: (added: String, taken: String) { get }
  /// What the operation, which did not fail, did to elements.
  func act(of operation: Operation) -> ElementAct
}

extension ElementModel {
  func explain(_ evidence: Evidence<State>) -> [String] {
    ElementExplanation(self, evidence)?.sentences ?? []
  }
}

/// Puts the reason into words why an operation on a collection is impossible.
struct ElementExplanation<M: ElementModel> {
  let reason: ElementReason
  private let model: M
  private let evidence: Evidence<M.State>
  private let history: ElementHistory

  /// Nil where there is no core, or no reason of these kinds.
  init?(_ model: M, _ evidence: Evidence<M.State>) {
    guard let core = evidence.core else { return nil }
    self.model = model
    self.evidence = evidence
    var others: [ElementAct] = []
    for operation in evidence.operations
    where operation.outcome != .fail && operation.id != evidence.blamed.id
      && operation.invocation < evidence.completion
    {
      others.append(model.act(of: operation))
    }
    history = ElementHistory(
      initial: model.initialElements, order: model.order, blamed: model.act(of: evidence.blamed),
      end: evidence.completion, others: others)
    let members = Set(core.members.map(\.operation))
    var elements = others.filter { members.contains($0.operation.id) }.compactMap(\.adds)
    elements += model.initialElements.prefix(100)
    guard let reason = history.reason(among: elements, and: members) else { return nil }
    self.reason = reason
  }

  var sentences: [String] {
    let subject = evidence.subject
    switch reason {
    case .neverAdded(let element):
      let sentence =
        "\(subject), but nothing that was invoked before it returned can have \(added) "
        + "\(shown(element)), which was not there at first."
      return [sentence] + [failed(element)].compactMap { $0 }
    case .takenTooOften(let element):
      let takers = history.takers(of: element).prefix(3).map {
        "by process \($0.operation.process) (\(evidence.place($0.end ?? 0)))"
      }
      let supply = history.supply(of: element)
      let times = supply == 1 ? "once" : "\(supply) times"
      return [
        "\(subject), but \(shown(element)) had been \(taken) \(takers.joined(separator: ", ")) "
          + "too, and can have been there only \(times)."
      ]
    case .wasThere(let element, let since):
      return [
        "\(subject), but \(shown(element)) was there all the time: "
          + presence(of: element, since: since) + "."
      ]
    case .notFirst(let element, let since, let found):
      return [
        "\(subject), but \(shown(element)) was there all the time: "
          + presence(of: element, since: since) + ".",
        "It comes ahead of \(shown(found)): \(precedence(element, since, found)).",
      ]
    case .wasSeen(let element, let id):
      return [
        "\(subject), without \(shown(element)), but \(name(id)) had seen that before, and nothing is "
          + "taken out."
      ]
    case .disagrees(let id):
      return [
        "\(subject), but \(name(id)) returned \(result(id)). Nothing is taken out, so one of the two "
          + "should go on from the other."
      ]
    }
  }

  private var added: String { model.participles.added }
  private var taken: String { model.participles.taken }

  private func name(_ id: Int) -> String {
    guard let act = history.others.first(where: { $0.operation.id == id }) else { return "" }
    return "process \(act.operation.process)'s \(act.operation.f.shown(limit: 40)) "
      + "(\(evidence.place(act.end ?? act.operation.invocation)))"
  }

  private func result(_ id: Int) -> String {
    history.others.first { $0.operation.id == id }?.operation.result?.shown(limit: 60) ?? "null"
  }

  private func shown(_ element: Value) -> String { element.shown(limit: 40) }

  private func failed(_ element: Value) -> String? {
    let failed = evidence.operations.first { operation in
      operation.outcome == .fail && operation.invocation < evidence.completion
        && operation.argument == element && model.act(of: operation).adds == element
    }
    return failed.map {
      "Process \($0.process)'s \($0.f.shown(limit: 40)) of it failed "
        + "(\(evidence.place($0.completion ?? $0.invocation))), so it certainly did not happen."
    }
  }

  private func presence(of element: Value, since: Int?) -> String {
    let began = evidence.place(evidence.blamed.invocation)
    let adder = history.others.first { $0.operation.id == since }
    let start =
      adder.map {
        "process \($0.operation.process)'s \($0.operation.f.shown(limit: 40)) of it had returned "
          + "(\(evidence.place($0.end ?? 0))) before this was invoked (\(began))"
      } ?? "it was there at first"
    guard !taken.isEmpty else { return start }
    return start + ", and nothing that can have \(taken) it "
      + (adder == nil ? "" : "afterwards ") + "was invoked before this returned"
  }

  private func precedence(_ element: Value, _ since: Int?, _ found: Value) -> String {
    switch model.order {
    case .any, .kept: return ""
    case .firstIn:
      return since == nil
        ? "that was \(added) only later"
        : "whatever \(added) that was invoked only after this had been \(added)"
    case .lastIn: return "that had been \(added) before this was"
    case .smallest: return "its priority is smaller"
    }
  }
}

extension Evidence {
  /// `Process 3's dequeue on key k returned 7 (line 9)`.
  var subject: String {
    var text = "Process \(blamed.process)'s \(blamed.f.shown(limit: 40))"
    if let argument = blamed.argument, argument != .null {
      text += " of \(argument.shown(limit: 60))"
    }
    text += onKey("on")
    if case .ok(let result?) = blamed.outcome, result != blamed.argument {
      return text + " returned \(result.shown(limit: 60)) (\(place(completion)))"
    }
    return text + " succeeded (\(place(completion)))"
  }
}
