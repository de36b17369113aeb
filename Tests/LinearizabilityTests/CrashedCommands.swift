@testable import Linearizability

// What is left of a command on a container when it crashed: nobody knows what a removal took, and what only
// looked did nothing.

extension FIFOQueue.Command {
  var crashed: Self? {
    switch self {
    case .enqueue: self
    case .dequeue, .dequeueUnknown: .dequeueUnknown
    case .peek, .peekUnknown: nil
    }
  }
}

extension Stack.Command {
  var crashed: Self? {
    switch self {
    case .push: self
    case .pop, .popUnknown: .popUnknown
    case .peek, .peekUnknown: nil
    }
  }
}

extension PriorityQueue.Command {
  var crashed: Self? {
    switch self {
    case .insert: self
    case .poll, .pollUnknown: .pollUnknown
    case .peek, .peekUnknown: nil
    }
  }
}
