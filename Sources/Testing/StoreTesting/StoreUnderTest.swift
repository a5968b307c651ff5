public import ObjectStorage

/// A store that is held against the contract.
public struct StoreUnderTest: Sendable, CustomStringConvertible {
  /// Its name in failures.
  public let name: String
  /// Makes the store, for one check, which closes it. It may lie over a place that checks share: each works in its own folder.
  public let make: @Sendable () async throws -> any ObjectStore
  /// What it is known not to keep, each with the reason.
  public let exceptions: [ConformanceException]
  /// Puts away what `make` made, after the store was closed.
  public let cleanUp: @Sendable (any ObjectStore) async -> Void

  /// A store to test.
  public init(
    _ name: String, exceptions: [ConformanceException] = [],
    cleanUp: @escaping @Sendable (any ObjectStore) async -> Void = { _ in },
    make: @escaping @Sendable () async throws -> any ObjectStore
  ) {
    self.name = name
    self.make = make
    self.exceptions = exceptions
    self.cleanUp = cleanUp
  }

  public var description: String { name }
}

/// A guarantee that a store is known not to keep.
public struct ConformanceException: Sendable {
  /// The guarantee's number.
  public let guarantee: Int
  /// The check's name; nil for every check of the guarantee.
  public let check: String?
  /// Why.
  public let reason: String
  /// Whether it may be kept by luck: then keeping it is no failure.
  public let isIntermittent: Bool

  /// An exception.
  public init(_ guarantee: Int, _ check: String? = nil, isIntermittent: Bool = false, reason: String) {
    self.guarantee = guarantee
    self.check = check
    self.reason = reason
    self.isIntermittent = isIntermittent
  }
}

/// A store did not keep a guarantee.
public struct ConformanceFailure: Error, Sendable, CustomStringConvertible {
  /// The store's name.
  public let store: String
  /// The guarantee's number and the check's name.
  public let check: String
  /// What was seen.
  public let message: String

  public var description: String { "\(store) breaks guarantee \(check): \(message)" }
}

/// A check asks for something that the store says it cannot do.
public struct NotApplicable: Error, Sendable {
  /// What the store cannot do.
  public let reason: String
}

/// One check of one guarantee.
public struct ConformanceCheck: Sendable, CustomStringConvertible {
  /// The number of the guarantee at `ObjectStore`.
  public let guarantee: Int
  /// What must hold, as a sentence; unique.
  public let name: String
  let body: @Sendable (CheckContext) async throws -> Void

  init(_ guarantee: Int, _ name: String, _ body: @escaping @Sendable (CheckContext) async throws -> Void) {
    self.guarantee = guarantee
    self.name = name
    self.body = body
  }

  public var description: String { "\(guarantee) (\(name))" }
}
