import Concurrency
public import ObjectStorage

/// Objects of one store that are called otherwise out here than they are in there. Two names never stand for one object, and no object
/// has two names.
public final class NameMap: Sendable {
  private struct State {
    var stored: [ObjectKey: ObjectKey] = [:]
    var shown: [ObjectKey: ObjectKey] = [:]
    var isChanged = false
  }

  private let state = Lock(State())
  private let keeper = Lock<(@Sendable (_ shown: ObjectKey, _ stored: ObjectKey) throws -> Void)?>(nil)

  /// An empty map.
  public init() {}

  /// Whether every object is called as it is.
  public var isEmpty: Bool { state.withLock { $0.stored.isEmpty } }

  /// Under which key the store has what is called `shown`; nil for its own.
  public func stored(_ shown: ObjectKey) -> ObjectKey? { state.withLock { $0.stored[shown] } }

  /// What the object that the store has under `stored` is called; nil for its own key.
  public func shown(_ stored: ObjectKey) -> ObjectKey? { state.withLock { $0.shown[stored] } }

  /// Calls the object under `stored` by another name.
  /// - Returns: false if one of the two is taken: then nothing is changed.
  @discardableResult
  public func add(_ shown: ObjectKey, storedAs stored: ObjectKey) -> Bool {
    state.withLock { state in
      if state.stored[shown] == stored { return true }
      guard shown != stored, state.stored[shown] == nil, state.shown[stored] == nil, state.stored[stored] == nil,
        state.shown[shown] == nil
      else { return false }
      state.stored[shown] = stored
      state.shown[stored] = shown
      state.isChanged = true
      return true
    }
  }

  /// Makes what `assign` adds last: called after each addition, before the name is used.
  public func keep(with keeper: (@Sendable (_ shown: ObjectKey, _ stored: ObjectKey) throws -> Void)?) {
    self.keeper.withLock { $0 = keeper }
  }

  /// As `add`, for a name that is going to be used: it is kept before this returns.
  public func assign(_ shown: ObjectKey, storedAs stored: ObjectKey) throws -> Bool {
    guard add(shown, storedAs: stored) else { return false }
    if state.withLock({ $0.isChanged }) { try keeper.withLock { $0 }?(shown, stored) }
    return true
  }

  /// Forgets a name.
  public func remove(_ shown: ObjectKey) {
    state.withLock { state in
      guard let stored = state.stored.removeValue(forKey: shown) else { return }
      state.shown[stored] = nil
      state.isChanged = true
    }
  }

  /// Every name and what stands behind it, in order of the names.
  public var all: [(shown: ObjectKey, stored: ObjectKey)] {
    state.withLock { $0.stored.map { ($0.key, $0.value) } }.sorted { $0.0 < $1.0 }
  }

  /// Whether there was a change since the last time this was asked.
  public func takeChange() -> Bool {
    state.withLock { state in
      defer { state.isChanged = false }
      return state.isChanged
    }
  }
}
