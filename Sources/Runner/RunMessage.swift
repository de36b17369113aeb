public import Cluster
public import Nemesis

/// What a run tells its spectators as it goes.
public enum RunMessage: Sendable {
  /// A phase begins.
  case phase(String)
  /// A step of the target's life cycle ended.
  case step(LifecycleStep)
  /// The nemesis did something.
  case fault(FaultEvent)
  /// How the load is going, several times a second.
  case load(LoadCounts)
  /// Something worth knowing.
  case note(String)
  /// Something went wrong; the run goes on as far as it makes sense.
  case problem(String)
}
