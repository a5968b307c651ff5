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

  private var place: String { "\(client.address.service)/\(client.configuration.bucket)" }

  /// What is known without asking anyone.
  var known: S3Traits? { state.withLock { $0 } }

  /// The traits; tries the endpoint if nobody has. Callers that come meanwhile wait for the same trial.
  func traits() async throws -> S3Traits {
    if let known { return known }
    return try await flight.run { [self] in
      if let saved = await cache?.load(place), let traits = S3Traits(json: saved) {
        state.withLock { $0 = traits }
        return traits
      }
      do {
        let traits = try await S3Probe(client: client).run()
        state.withLock { $0 = traits }
        await cache?.save(traits.json, for: place)
        return traits
      } catch let error as StorageError where error.code == .permissionDenied {
        // The credentials may only read, or write elsewhere only: go on with what every service can do, and keep nothing.
        state.withLock { $0 = .modest }
        return .modest
      }
    }
  }

  /// Tries the endpoint again, whatever is known.
  /// - Throws: also `.permissionDenied`, where the credentials may not write.
  func retry() async throws -> S3Traits {
    if client.isAWS { return .aws }
    let traits = try await S3Probe(client: client).run()
    state.withLock { $0 = traits }
    await cache?.save(traits.json, for: place)
    return traits
  }
}
