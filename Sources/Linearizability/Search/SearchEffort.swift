/// How much a search had to do: exact, the same on every machine.
public struct SearchEffort: Sendable, Hashable {
  /// How many configurations it visited.
  public var configurations: Int
  /// How many configurations it held at most on the way past one completion.
  public var peakLayer: Int

  /// Makes an effort; none where no search was needed.
  public init(configurations: Int = 0, peakLayer: Int = 0) {
    self.configurations = configurations
    self.peakLayer = peakLayer
  }

  /// Adds the effort of a search that came after it or before it.
  static func += (total: inout SearchEffort, more: SearchEffort) {
    total.configurations += more.configurations
    total.peakLayer = max(total.peakLayer, more.peakLayer)
  }
}
