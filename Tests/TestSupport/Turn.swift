/// Lets one task at a time have something.
public actor Turn {
  private var isTaken = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// Makes one that is free.
  public init() {}

  /// Waits for it, and has it while `body` runs.
  public nonisolated(nonsending) func hold<Result>(
    _ body: () async throws -> Result
  ) async throws -> Result {
    await take()
    let result: Swift.Result<Result, any Error>
    do { result = .success(try await body()) } catch { result = .failure(error) }
    await giveBack()
    return try result.get()
  }

  private func take() async {
    if isTaken {
      await withCheckedContinuation { waiting.append($0) }
    } else {
      isTaken = true
    }
  }

  private func giveBack() {
    if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
  }
}
