/// One step of the target's life cycle on all nodes, with how long it took.
public struct LifecycleStep: Sendable, Hashable {
  /// What was done: `install`, `start`, `wait until healthy`.
  public var name: String
  /// How long the slowest node took.
  public var duration: Duration
  /// How often it was tried.
  public var attempts: Int

  /// Makes a step.
  public init(name: String, duration: Duration, attempts: Int) {
    self.name = name
    self.duration = duration
    self.attempts = attempts
  }
}

/// Takes a target from nothing to healthy and back, on all nodes at once.
public struct Lifecycle: Sendable {
  private let cluster: ClusterUnderTest
  private let report: @Sendable (LifecycleStep) -> Void

  /// Makes a life cycle that tells `report` of each step as it ends.
  public init(_ cluster: ClusterUnderTest, report: @escaping @Sendable (LifecycleStep) -> Void) {
    self.cluster = cluster
    self.report = report
  }

  private var target: Target { cluster.target }

  /// The scripts of the set-up in order, as `setUp` runs them on a node.
  public static func setUpScripts(
    _ target: Target, on node: Node, among nodes: [Node]
  ) -> [NodeScript] {
    [
      stopScript(target, on: node, among: nodes),
      target.script("wipe", target.wipe, on: node, among: nodes),
      target.install.map { installScript(target, $0, on: node, among: nodes) },
      target.configure.map { target.script("configure", $0, on: node, among: nodes) },
      NodeState.remember(target, on: node, among: nodes),
      target.script("start", target.start, on: node, among: nodes),
      target.healthScript(on: node, among: nodes),
    ].compactMap { $0 }
  }

  /// The scripts of the tear-down in order.
  public static func tearDownScripts(
    _ target: Target, on node: Node, among nodes: [Node]
  ) -> [NodeScript] {
    [
      stopScript(target, on: node, among: nodes),
      target.script("wipe", target.wipe, on: node, among: nodes),
    ]
  }

  /// Brings the target up from nothing on every node, and waits until all are healthy.
  public func setUp() async throws(ClusterError) {
    try await step("stop what may run") { Self.stopScript(target, on: $0, among: $1) }
    try await step("wipe") { target.script("wipe", target.wipe, on: $0, among: $1) }
    if let install = target.install {
      try await step("install", attempts: 2) {
        Self.installScript(target, install, on: $0, among: $1)
      }
    }
    if let configure = target.configure {
      try await step("configure") { target.script("configure", configure, on: $0, among: $1) }
    }
    try await step("note how to start it") { NodeState.remember(target, on: $0, among: $1) }
    try await step("start", attempts: 2) { target.script("start", target.start, on: $0, among: $1) }
    try await waitUntilHealthy(within: target.startTimeout)
  }

  /// Stops the target and removes its data.
  public func tearDown() async throws(ClusterError) {
    try await step("stop") { Self.stopScript(target, on: $0, among: $1) }
    try await step("clean up") { target.script("wipe", target.wipe, on: $0, among: $1) }
  }

  /// Waits until every node says that it is healthy, asking again and again.
  public func waitUntilHealthy(within limit: Duration) async throws(ClusterError) {
    let clock = ContinuousClock()
    let start = clock.now
    var attempts = 0
    while true {
      attempts += 1
      let errors = await cluster.succeedInParallel(cluster.nodes) { [cluster] node in
        cluster.target.healthScript(on: node, among: cluster.nodes)
      }
      let elapsed = start.duration(to: clock.now)
      guard let error = errors.first else {
        report(LifecycleStep(name: "wait until healthy", duration: elapsed, attempts: attempts))
        return
      }
      if elapsed >= limit || Task.isCancelled {
        throw ClusterError(
          node: error.node, step: "see \(target.name) healthy within \(limit.shown)",
          reason: "\(errors.count) of \(cluster.nodes.count) nodes are not healthy after "
            + "\(attempts) attempts; the last answer was: \(error.reason)\n"
            + "Look at its log on the node: \(target.logs.joined(separator: ", "))")
      }
      try? await Task.sleep(for: .milliseconds(200))
    }
  }

  private func step(
    _ name: String, attempts: Int = 1, _ script: @escaping @Sendable (Node, [Node]) -> NodeScript
  ) async throws(ClusterError) {
    let clock = ContinuousClock()
    let start = clock.now
    var pending = cluster.nodes
    for attempt in 1...attempts {
      guard !Task.isCancelled else {
        throw ClusterError(node: nil, step: "\(name) \(target.name)", reason: "interrupted")
      }
      // What has begun is awaited: giving up on a command does not stop it on the node, and a
      // target must not start behind the back of its tear-down.
      let errors = await Task { [cluster, pending] in
        await cluster.succeedInParallel(pending) { script($0, cluster.nodes) }
      }.value
      guard let error = errors.first else {
        let elapsed = start.duration(to: clock.now)
        report(LifecycleStep(name: name, duration: elapsed, attempts: attempt))
        return
      }
      // What may be running on the node is not begun a second time there.
      if let uncertain = errors.first(where: \.mayRunStill) { throw uncertain }
      if attempt == attempts { throw error }
      let failed = Set(errors.compactMap(\.node))
      pending = pending.filter { failed.contains($0.name) }
      try? await Task.sleep(for: .milliseconds(500))
    }
  }

  private static func stopScript(
    _ target: Target, on node: Node, among nodes: [Node]
  ) -> NodeScript {
    target.script("stop", target.stop, on: node, among: nodes)
  }

  private static func installScript(
    _ target: Target, _ install: String, on node: Node, among nodes: [Node]
  ) -> NodeScript {
    let guarded = target.installed.map { "if { \($0); } >/dev/null 2>&1; then exit 0; fi\n" } ?? ""
    return target.script(
      "install", guarded + install, on: node, among: nodes, timeout: .seconds(600))
  }
}

extension Duration {
  /// As people write it: `250ms`, `30s`, `2.5s`, `3m`.
  public var shown: String {
    let milliseconds = components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    if milliseconds < 1000 { return "\(milliseconds)ms" }
    if milliseconds % 60_000 == 0 { return "\(milliseconds / 60_000)m" }
    if milliseconds % 1000 == 0 { return "\(milliseconds / 1000)s" }
    return "\(milliseconds / 1000).\(milliseconds % 1000 / 100)s"
  }
}
