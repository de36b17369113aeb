import Clients
import Glibc
import Histories
import Recording
import Workloads

/// One logical client: a sequence of processes, each of which ends with an operation whose outcome
/// nobody knows; then the next process, numbered higher by the number of lanes, takes its place.
///
/// A lane runs on a thread of its own. The invocation is on disk before the request leaves, and the
/// completion is recorded after the answer has arrived.
struct ClientLane: Sendable {
  let node: String
  let address: String
  let kind: ClientKind
  let parameters: [String: Value]
  let timeout: Duration
  let lanes: Int
  private(set) var process: Int
  private(set) var generator: OperationGenerator

  init(_ lane: Int, of lanes: Int, node: String, address: String, workload: Workload, seed: UInt64)
    throws(ClientError)
  {
    self.node = node
    self.address = address
    kind = try ClientKind.named(workload.client)
    parameters = workload.clientParameters
    timeout = workload.load.operationTimeout
    self.lanes = lanes
    process = lane
    generator = OperationGenerator(workload.load, lane: lane, of: lanes, seed: seed)
  }

  /// Invokes generated operations at their due times until stopped.
  ///
  /// - Throws: `RecorderError` where the history cannot be written any more, `ClientError` where no
  ///   client can be made.
  mutating func run(_ control: LoadControl, _ recorder: Recorder) throws {
    var client = try kind.open(address: address, parameters: parameters)
    defer { client.close() }
    var due = ContinuousClock.now
    while !control.isStopped {
      let operation = generator.next()
      due = max(due + operation.pause, ContinuousClock.now - .seconds(1))
      guard Self.sleep(until: due, unless: control) else { return }
      let request = ClientRequest(f: operation.f, key: operation.key, value: operation.value)
      let crashed = try invoke(request, client, control, recorder)
      if crashed {
        client.close()
        client = try kind.open(address: address, parameters: parameters)
      }
    }
  }

  /// Reads each of the keys once, as long as there is time.
  mutating func read(
    _ keys: [Value], until deadline: ContinuousClock.Instant, _ control: LoadControl,
    _ recorder: Recorder
  ) throws {
    let client = try kind.open(address: address, parameters: parameters)
    defer { client.close() }
    for key in keys where ContinuousClock.now < deadline {
      _ = try invoke(ClientRequest(f: "read", key: key), client, control, recorder)
    }
  }

  /// Invokes one operation and records both ends; true where the process ended with it.
  private mutating func invoke(
    _ request: ClientRequest, _ client: any Client, _ control: LoadControl, _ recorder: Recorder
  ) throws -> Bool {
    try recorder.invoke(
      process: process, f: request.f, key: request.key, value: request.value, node: node)
    let response = client.invoke(request, timeout: timeout)
    try recorder.complete(
      process: process, f: request.f, key: request.key, argument: request.value,
      outcome: response.outcome, error: response.error, node: node)
    switch response.outcome {
    case .ok: control.countOk()
    case .fail: control.countFail()
    case .info: control.countInfo()
    }
    guard response.outcome == .info else { return false }
    process += lanes
    return true
  }

  /// Sleeps until it is time, looking up now and then; false where stopped meanwhile.
  private static func sleep(
    until due: ContinuousClock.Instant, unless control: LoadControl
  ) -> Bool {
    while !control.isStopped {
      let left = ContinuousClock.now.duration(to: due)
      guard left > .zero else { return true }
      let step = min(left, .milliseconds(50))
      var time = timespec(
        tv_sec: 0, tv_nsec: Int(step.components.attoseconds / 1_000_000_000))
      nanosleep(&time, nil)
    }
    return false
  }
}
