import Concurrency
import ObjectStorage

/// Knows the traits of the endpoint: from memory, from the cache, or by trying.
final class S3Prober: Sendable {
  private let client: S3Client
  private let cache: (any S3ProbeCache)?
  private let state: Lock<S3Traits?>
  private let flight = SingleFlight<S3Traits>()

  init(client: S3Client, cache: (any S3ProbeCache)?) {
    self.client = client
    self.cache = cache
    state = Lock(client.isAWS ? .aws : nil)
  }

  /// What is known without asking anyone.
  var known: S3Traits? { state.withLock { $0 } }

  /// The traits; tries the endpoint if nobody has. Callers that come meanwhile wait for the same trial.
  func traits() async throws -> S3Traits {
    if let known { return known }
    return try await flight.run { [self] in
      let place = "\(client.address.service)/\(client.configuration.bucket)"
      if let saved = await cache?.load(place), let traits = S3Traits(json: saved) {
        state.withLock { $0 = traits }
        return traits
      }
      let traits = try await S3Probe(client: client).run()
      state.withLock { $0 = traits }
      await cache?.save(traits.json, for: place)
      return traits
    }
  }

  /// The traits; the most modest where the credentials may not write, since then nothing will be written.
  func traitsOrModest() async throws -> S3Traits {
    do { return try await traits() } catch let error as StorageError where error.code == .permissionDenied {
      return .unknown
    }
  }

  /// Tries the endpoint again, whatever is known.
  func retry() async throws -> S3Traits {
    if !client.isAWS { state.withLock { $0 = nil } }
    return try await traits()
  }
}
