import FoundationEssentials
import Histories
import Linearizability
import Testing

/// The histories that the repository keeps, each of which says in its header what it is to give.
@Suite struct StoredHistoriesTests {
  static let root = packageRoot + "/histories"
  static let files = ["good", "bad", "unknown", "malformed"].flatMap { folder in
    ((try? FileManager.default.contentsOfDirectory(atPath: root + "/" + folder)) ?? [])
      .sorted().map { folder + "/" + $0 }
  }

  /// The models of which there is a good and a bad history.
  static let models: Set<String> = {
    func models(_ folder: String) -> Set<String> {
      Set(
        files.filter { $0.hasPrefix(folder) }.compactMap { file in
          guard var reader = try? HistoryReader(path: root + "/" + file),
            (try? reader.next()) != nil, case .string(let model)? = reader.header["model"]
          else { return nil }
          return model
        })
    }
    return models("good").intersection(models("bad"))
  }()

  @Test func thereAreSome() {
    #expect(Self.files.count >= 20)
  }

  @Test(arguments: files)
  func givesWhatItsHeaderSays(file: String) throws {
    let path = Self.root + "/" + file
    var reader = try HistoryReader(path: path)
    _ = try reader.next()
    let header = reader.header
    #expect(header["comment"] != nil)
    guard case .string(let model)? = header["model"],
      case .string(let expected)? = header["expected"]
    else {
      Issue.record("the header lacks model or expected")
      return
    }
    let initial = header["initial"] ?? .null
    switch judge(path, model, initial) {
    case .success(let judgement):
      #expect(judgement.verdict.rawValue == expected)
      #expect(header["blamed"] == blamed(judgement))
      #expect(header["weaker"] == weaker(judgement), "\(weaker(judgement)?.json ?? "")")
    case .failure(let error):
      #expect(expected == "error")
      guard case .string(let message)? = header["error"] else {
        Issue.record("unexpected: \(error)")
        return
      }
      let text = "\(error)".replacing("error: ", with: "", maxReplacements: 1)
      #expect(text == path + ":" + message)
    }
    // The search alone comes to the same, and takes as many configurations as it always did.
    if case .success(let judgement) = judge(path, model, initial, usesSolvers: false) {
      #expect(judgement.verdict.rawValue == expected)
      #expect(header["blamed"] == blamed(judgement))
      let effort = judgement.partitions.map(\.effort)
      let (configurations, peaks) = (effort.map(\.configurations), effort.map(\.peakLayer))
      #expect(
        header["configurations"] == .array(configurations.map { .integer(Int64($0)) }),
        "configurations: \(configurations)")
      #expect(
        header["peakLayers"] == .array(peaks.map { .integer(Int64($0)) }), "peak layers: \(peaks)")
    }
  }

  /// The index of the completion that is blamed, of at most one.
  private func blamed(_ judgement: Judgement) -> Value? {
    let completions = judgement.partitions.compactMap { partition -> Int? in
      guard let id = partition.violation?.operation else { return nil }
      return partition.operations.first { $0.id == id }?.completion
    }
    #expect(completions.count < 2)
    return completions.first.map { .integer(Int64($0)) }
  }

  /// What still holds of at most one violation, in brief.
  private func weaker(_ judgement: Judgement) -> Value? {
    let all = judgement.partitions.compactMap { $0.violation?.weaker }
    #expect(all.count < 2)
    guard let weaker = all.first else { return nil }
    let undecided = weaker.findings.filter { _, finding in
      if case .undecided = finding { true } else { false }
    }
    let versions: [String: Value] =
      switch weaker.versions {
      case .exactly(let depth):
        ["atLeast": .integer(Int64(depth)), "atMost": .integer(Int64(depth))]
      case .between(let low, let high):
        ["atLeast": .integer(Int64(low)), "atMost": high.map { .integer(Int64($0)) } ?? .null]
      case .never(let operations): ["never": .integer(Int64(operations.count))]
      }
    let staleness: [String: Value] =
      switch weaker.staleness {
      case .nanoseconds(let delta): ["atMostNs": .integer(delta)]
      case .never: ["never": .bool(true)]
      case .undecided(let reason): ["undecided": .string(reason.rawValue)]
      }
    return .object([
      "strongest": .array(weaker.strongest.map { .string($0.rawValue) }),
      "undecided": .array(undecided.keys.map(\.rawValue).sorted().map { .string($0) }),
      "versions": .object(versions), "staleness": .object(staleness),
    ])
  }

  /// No search alone would come to an end, and the solver does not find where it became impossible.
  @Test func aProofWithoutAPlaceIsToldAsSuch() throws {
    let path = Self.root + "/hard/stack-crashed-pops.jsonl"
    let judgement = try judge(path, "stack", .null).get()
    let header = try History.read(path: path).header
    #expect(header["expected"] == .string(judgement.verdict.rawValue))
    #expect(header["blamed"] == blamed(judgement))
    let partition = judgement.partitions[0]
    let violation = try #require(partition.violation)
    #expect(violation.explanation.last?.contains("may have been impossible before") == true)
    #expect(violation.linearization.isEmpty && violation.possibleStates.isEmpty)
    let core = try #require(violation.core)
    #expect(core.members.count < partition.operations.count)
  }

  private func judge(
    _ path: String, _ model: String, _ initial: Value, usesSolvers: Bool = true
  ) -> Result<Judgement, CheckError> {
    let history: History
    do throws(HistoryError) {
      history = try History.read(path: path)
    } catch {
      return .failure(.history(error))
    }
    var options = CheckOptions(model: model, initial: initial, usesSolvers: usesSolvers)
    if case .string(let name)? = history.header["failed-cas"] {
      options.failedCAS = FailedCAS(rawValue: name) ?? .ignore
    }
    do throws(CheckError) {
      return .success(try check(history, options))
    } catch {
      return .failure(error)
    }
  }
}

/// Where `Package.swift` is.
let packageRoot = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }
