/// Numbers that a solver keeps beside the columns, of a count that is known at once.
///
/// Safe although there are no bounds checks in release builds: solvers index it only by values,
/// positions and calls of columns, which `CallColumns` has checked against the limits that these
/// are made for; nobody copies it, and its memory is given back when its owner is gone.
struct Scratch<Element: BitwiseCopyable>: ~Copyable {
  /// For loops: valid as long as the scratch is.
  let base: UnsafeMutablePointer<Element>
  let count: Int

  init(repeating element: Element, count: Int) {
    base = .allocate(capacity: count)
    base.initialize(repeating: element, count: count)
    self.count = count
  }

  deinit { base.deallocate() }

  func fill(_ element: Element) { base.update(repeating: element, count: count) }

  subscript(index: Int) -> Element {
    get {
      assert(index >= 0 && index < count)
      return base[index]
    }
    nonmutating set {
      assert(index >= 0 && index < count)
      base[index] = newValue
    }
  }

  subscript(index: UInt32) -> Element {
    get { self[Int(index)] }
    nonmutating set { self[Int(index)] = newValue }
  }
}

extension UnsafePointer {
  subscript(index: UInt32) -> Pointee { self[Int(index)] }
}

extension UnsafeMutablePointer {
  subscript(index: UInt32) -> Pointee {
    get { self[Int(index)] }
    nonmutating set { self[Int(index)] = newValue }
  }
}
