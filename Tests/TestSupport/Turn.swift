/// Lets a number of tasks at a time have something: one, unless it is said how many.
public actor Turn {
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// Makes one that is free.
  public init(places: Int = 1) { free = places }

  /// Waits for a place, and has it while `body` runs.
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
    if free == 0 {
      await withCheckedContinuation { waiting.append($0) }
    } else {
      free -= 1
    }
  }

  private func giveBack() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}
