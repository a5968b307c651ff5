import Concurrency

/// Hands a value over to a task, which then is the only one that has it: memory that nobody else holds is written anew without a copy.
/// (What a closure captures itself lives as long as the closure does.)
public final class Parcel<Value: Sendable>: Sendable {
  private let value: Lock<Value?>

  public init(_ value: consuming Value) { self.value = Lock(value) }

  /// The value. Called once.
  public func open() -> Value {
    guard let value = value.withLock({ $0.take() }) else { preconditionFailure("a parcel is opened once") }
    return value
  }
}
