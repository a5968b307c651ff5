import CompressionLayer
import Concurrency
import Configuration
import EncryptionLayer
import ObjectStorage
import Observability
import Primitives
import StoreLayers

/// The order of the layers around a store, from the inside out, with the reason of each place.
struct LayerStack {
  let runtime: Runtime
  let name: String
  /// The store's own.
  var bandwidth = BandwidthTimetable(Bandwidth(up: nil, down: nil))

  /// The layers around a store that is reached over a network.
  /// - Parameter meter: counts the store's calls where nothing counts its wire requests; nil where something does.
  func around(remote provider: any ObjectStore, meter: RequestMeter?) -> any ObjectStore {
    let limits = runtime.limits
    var store = provider

    // Metering is next to the provider: each attempt is counted and timed, because each is paid for, and nothing that waits in a
    // layer is taken for the store's latency. S3 is counted closer still, on the wire (`WireCounter`).
    if let meter { store = MeteredStore(store, meter: meter) }

    // The concurrency limit is inside retry: a call that waits before its next attempt holds no permit, and others go on meanwhile.
    store = ConcurrencyLimitedStore(store, limit: limits.workers)

    // The deadline is inside retry: it ends one attempt, and the next one has its time anew.
    store = DeadlineStore(store, options: deadline(limits))

    // Retry is around all that can fail for a passing reason, and inside the breaker, which must see only what retries could not mend.
    let log = runtime.logger.with(label: "store", ["store": .text(name)])
    store = RetryingStore(
      store,
      options: RetryOptions(
        attempts: limits.attempts, backoff: Backoff(base: limits.retryDelay, cap: limits.longestRetryDelay)),
      onRetry: { call, error, wait in
        log.info(
          "trying again", ["operation": .text(call.operation.rawValue), "code": .text("\(error.code)"), "wait": .text("\(wait)")])
      })

    // The breaker is outside retry: a store that is down costs each path no retries, only the first few.
    return CircuitBreakerStore(store)
  }

  /// The layer that keeps files in another form, or makes a service of the store. Compression is outside encryption: what is encrypted cannot be compressed any more.
  /// - Parameter meter: counts the calls to what acts as a service.
  func around(forms form: LayeredPlace.Form, of store: any ObjectStore, meter: RequestMeter?) -> any ObjectStore {
    switch form {
    case .compressed(let options): CompressedStore(store, options: options)
    // Around retries and the wire: what is sent again is the same ciphertext, and hashes and parts below are of that.
    case .encrypted(let options): EncryptedStore(store, options: options)
    // What fails like a service gets what helps against it, whatever lies inside.
    case .mocked(let faults): around(remote: FaultyStore(store, random: faults), meter: meter)
    }
  }

  /// The layers that change what the store is rather than how it is reached. A folder of this machine has only these: it has no line
  /// to share and no outage to wait out, and its calls are system calls that a layer would make slower.
  func around(view store: any ObjectStore, subfolder: ObjectKey?, isReadOnly: Bool) throws -> any ObjectStore {
    var store = store
    // The prefix is outside all that sends requests: below it, errors and logs have the keys that the store knows.
    if let subfolder { store = try PrefixedStore(store, folder: subfolder) }
    // Read-only is the outermost: what it refuses costs nothing below.
    if isReadOnly { store = ReadOnlyStore(store) }
    return store
  }

  /// A body that shares a throttled line must not be taken for one that crawls.
  private func deadline(_ limits: Limits) -> DeadlineOptions {
    var options = DeadlineOptions(base: limits.attemptTimeout)
    let lowest = [limits.bandwidth.lowest, bandwidth.lowest]
    if let slowest = lowest.flatMap({ [$0.up, $0.down] }).compactMap({ $0?.bytes }).min() {
      let share = slowest / Int64(limits.workers * 4)
      options.minimumRate = max(1, min(options.minimumRate, share))
    }
    return options
  }
}
