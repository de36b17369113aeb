/// What an operation does to a register: what it must find there, must not find there, and puts there
/// in place of another value.
struct RegisterAccess<Value: Hashable & Sendable>: Hashable, Sendable {
  var observed: Value?
  var denied: Value?
  var installed: Value?

  func map<Other>(_ transform: (Value) -> Other) -> RegisterAccess<Other> {
    RegisterAccess<Other>(
      observed: observed.map(transform), denied: denied.map(transform),
      installed: installed.map(transform))
  }
}
