internal import Histories

/// What a call on a container of elements does, as far as it matters for crashed calls.
enum ContainerAct {
  case insertion(of: Value)
  /// It took this element; null if there was none.
  case removal(of: Value)
  /// It saw this element and left it; null if there was none.
  case sight(of: Value)
  /// It took an element that nobody knows, or none.
  case unknownRemoval
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
/// too: each takes what it took, or is left out where it found nothing.
///
/// A crashed removal never helps where calls that completed took each element as often as it was put in: there
/// is nothing left for it, so it finds nothing and changes nothing. Complexity: O(n).
func usefulElements<Command>(
  _ calls: [Call<Command>], initially elements: [Value], _ act: (Command) -> ContainerAct
) -> [Int] {
  var left: [Value: Int] = [:]
  for element in elements { left[element, default: 0] += 1 }
  for call in calls {
    switch act(call.command) {
    case .insertion(let value): left[value, default: 0] += 1
    case .removal(let value): left[value, default: 0] -= call.isCrashed ? 0 : 1
    case .sight, .unknownRemoval, .nothing: break
    }
  }
  let isAnyLeft = left.values.contains { $0 > 0 }
  var lastRemoval = -1
  var lastSight = -1
  var lastSightOf: [Value: Int] = [:]
  for call in calls {
    guard let completion = call.completion else { continue }
    switch act(call.command) {
    case .unknownRemoval: lastRemoval = max(lastRemoval, completion)
    case .removal(let value), .sight(let value):
      lastSight = max(lastSight, completion)
      lastSightOf[value] = max(lastSightOf[value] ?? -1, completion)
    case .insertion, .nothing: break
    }
  }
  return calls.map { call in
    switch act(call.command) {
    case .insertion(let value): max(lastRemoval, lastSightOf[value] ?? -1)
    case .unknownRemoval: isAnyLeft ? max(lastRemoval, lastSight) : -1
    // It crashed and yet says what it took.
    case .removal, .sight: max(lastRemoval, lastSight)
    case .nothing: -1
    }
  }
}
