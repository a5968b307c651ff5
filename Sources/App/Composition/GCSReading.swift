import Configuration
import GCSStorage
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives

/// Reads the settings of a bucket of Google Cloud Storage, from the configuration or from the query of a URL.
struct GCSReading {
  let values: OptionValues
  /// The configured store's name; nil for a URL.
  let name: String?
  /// `STORAGE_EMULATOR_HOST`, as Google's own clients take it: for URLs only, since a configured store is complete.
  let emulator: String?

  func place(_ bucket: String, _ prefix: EndPrefix) throws -> GCSPlace {
    guard let bucketName = GCSBucketName(bucket) else {
      throw EndError(message: "“\(DisplayText.escape(bucket))” is no bucket's name")
    }
    let address = values.text("endpoint")
    var configuration = GCSConfiguration(
      bucket: bucketName, prefix: values.text("prefix") ?? "", endpoint: try (address ?? emulator).map(endpoint))
    configuration.project = values.text("project")
    configuration.location = values.text("location")
    configuration.storageClass = values.text("storage_class").flatMap { StorageClass($0) }
    configuration.userProject = values.text("user_project")
    if let size = values.size("chunk_size") { configuration.chunkSize = size }
    if let size = values.size("resumable_threshold") { configuration.resumableThreshold = min(size, 64 << 20) }
    if let size = values.size("parallel_threshold") { configuration.parallelThreshold = size == 0 ? nil : size }
    if let count = values.count("part_concurrency") { configuration.uploadConcurrency = count }
    // An emulator checks no tokens, and must not be shown one.
    configuration.anonymous = values.flag("anonymous") ?? (address == nil && emulator != nil)
    // Whoever wrote a URL must not get the token that was meant for Google.
    let target = configuration.endpoint
    guard name != nil || address == nil || configuration.anonymous || target.isLocal || target.host.hasSuffix(".googleapis.com")
    else {
      throw EndError(
        message:
          "a URL sends no token to \(target): to use that address, set up a store with its credentials in the configuration, "
          + "or add anonymous=true")
    }
    return GCSPlace(
      configuration, subfolder: prefix.bytes, credentials: try values.secret("credentials")?.resolve(),
      options: ServiceOptions(values, name: name))
  }

  private func endpoint(_ text: String) throws -> HTTPEndpoint {
    let full = text.contains("://") ? text : "http://" + text
    guard let endpoint = HTTPEndpoint(parsing: full) else {
      throw EndError(
        message: "“\(DisplayText.escape(text))” is no address of a service: write it as https://storage.example.com or "
          + "http://127.0.0.1:9000")
    }
    return endpoint
  }
}
