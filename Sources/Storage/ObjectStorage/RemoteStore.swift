/// What a service offers beside the contract: a place for the objects, a look at whether all works, and what killed runs left there.
/// None of its calls passes the layers around a store.
public protocol RemoteStore: ObjectStore {
  /// Makes the bucket (container, root folder) that the store lies in. Succeeds if it is there and ours.
  /// - Throws: `StorageError`; `.invalidArgument` where a setting is missing that making it needs.
  func createContainer() async throws

  /// Whether it is there and lets us in. One request.
  /// - Throws: `StorageError`; `.permissionDenied` where it is there but not ours.
  func containerExists() async throws -> Bool

  /// Tries everything that Isobar relies on and says what works; ends early where what follows cannot work, and leaves nothing behind.
  /// A few dozen requests at most.
  /// - Throws: `CancellationError`; every failure is a finding that says so.
  func diagnose() async throws -> [ServiceFinding]

  /// Removes uploads that were begun more than `age` ago, by the service's clock, and never finished, and what trials left behind that
  /// were killed. Uploads of other programs are among them: choose an age that no upload reaches.
  /// - Parameter isDry: only count them.
  /// - Returns: how many unfinished uploads that are.
  /// - Throws: `StorageError`.
  func removeAbandonedUploads(olderThan age: Duration, isDry: Bool) async throws -> Int

  /// Throws away the uploads of this place that processes of this machine noted which have ended since; asks the service for nothing if
  /// there are none. By default nothing: services that drop what was never finished by themselves need no notes.
  /// - Parameter age: of those that somebody could still go on with, another pair of the same bucket perhaps, only what is older.
  /// - Returns: how many are gone. One that the service does not let go of stays noted.
  /// - Throws: `CancellationError`.
  func abortAbandonedUploads(resumableOlderThan age: Duration) async throws -> Int

  /// The states of an object that the service keeps, the newest first, the current one among them; none where nothing of the name was kept. What
  /// only soft delete holds is not among them: it has to be restored before anybody can read it.
  /// - Parameter limit: at most so many, the newest; one at least.
  /// - Throws: `StorageError`; `.unsupported` where the service keeps none.
  func versions(of key: ObjectKey, limit: Int) async throws -> [StoredVersion]

  /// One of these states, to be written elsewhere, or in the place of what is there now.
  /// - Throws: `StorageError`; `.notFound` where there is no such state, or it has no bytes.
  func payload(for key: ObjectKey, versionID: String) async throws -> ObjectPayload

  /// Tells what changes, where the service has such a thing; nil where only a listing shows it.
  var changeFeed: (any ChangeFeed)? { get }

  /// In which class a request is counted and priced, by the label that the provider gives its HTTP requests.
  static func requestClass(of label: String) -> RequestClass
}

extension RemoteStore {
  public func abortAbandonedUploads(resumableOlderThan age: Duration) async throws -> Int { 0 }
}

/// One thing that was looked at when a service was examined.
public struct ServiceFinding: Hashable, Sendable {
  /// How it went.
  public enum Result: String, Sendable {
    /// As it should be.
    case good
    /// Isobar works around it, at a cost that `advice` names.
    case limited
    /// Isobar cannot work with this store until it is put right.
    case failed
  }

  /// What was looked at, for people: `credentials`.
  public let name: String
  /// How it went.
  public let result: Result
  /// What was found.
  public let text: String
  /// What it means and what can be done; nil where there is nothing to do.
  public let advice: String?

  /// A finding.
  public init(_ name: String, _ result: Result, _ text: String, advice: String? = nil) {
    self.name = name
    self.result = result
    self.text = text
    self.advice = advice
  }
}
