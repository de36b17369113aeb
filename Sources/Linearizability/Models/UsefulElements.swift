internal import Histories

/// What a call on a container of elements does, as far as it matters for crashed calls.
enum ContainerAct {
  case insertion(of: Value)
  /// It took or saw this element; null if there was none.
  case sight(of: Value)
  /// It took an element that nobody knows, or none.
  case removal
  case nothing
}

/// Until when crashed calls on a container help: an insertion until the last completion of a call that took
/// or saw such an element, a removal until the last of a call that took or saw any, or found none. A
/// call that completed without saying what it took may have taken any.
///
/// It holds of containers in which an element is in the way of others only while it is there.
///
/// Proof: take a linearization in which calls take effect after that, and leave them out, each insertion with
/// the crashed removal that took what it put in, if one did. What completed and saw such an element had
/// taken effect before, so nobody misses what was left out: whoever took or saw something, or found nothing, finds
/// the same among fewer elements. A removal that is left out leaves more behind, but only for calls that crashed
/// too: each takes what it took, or is left out where it found nothing. Complexity: O(n).
func usefulElements<Command>(
  _ calls: [Call<Command>], _ act: (Command) -> ContainerAct
) -> [Int] {
  var lastRemoval = -1
  var lastSight = -1
  var lastSightOf: [Value: Int] = [:]
  for call in calls {
    guard let completion = call.completion else { continue }
    switch act(call.command) {
    case .removal: lastRemoval = max(lastRemoval, completion)
    case .sight(let value):
      lastSight = max(lastSight, completion)
      lastSightOf[value] = max(lastSightOf[value] ?? -1, completion)
    case .insertion, .nothing: break
    }
  }
  return calls.map { call in
    switch act(call.command) {
    case .insertion(let value): max(lastRemoval, lastSightOf[value] ?? -1)
    // One that crashed and yet says what it took is a removal too.
    case .removal, .sight: max(lastRemoval, lastSight)
    case .nothing: -1
    }
  }
}
