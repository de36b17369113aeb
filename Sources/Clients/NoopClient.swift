import Histories

/// Answers every request at once and talks to nobody: what is left is the cost of the harness.
///
/// A write and a cas are `ok` with their argument; a read is `ok` and observed nothing.
final class NoopClient: Client {
  func invoke(_ request: ClientRequest, timeout: Duration) -> ClientResponse {
    .ok(request.value)
  }

  func close() {}
}
