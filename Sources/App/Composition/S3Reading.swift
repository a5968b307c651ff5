import Configuration
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import S3Storage

/// Reads the settings of a bucket, from the configuration or from the query of a URL.
struct S3Reading {
  let values: OptionValues
  /// The configured store's name; nil for a URL.
  let name: String?
  /// For what the settings do not say.
  let connection: S3Connection

  func place(_ bucket: String, _ prefix: EndPrefix) throws -> S3Place {
    guard let bucketName = BucketName(bucket) else {
      throw EndError(message: "“\(DisplayText.escape(bucket))” is no bucket's name")
    }
    var configuration = S3Configuration(
      bucket: bucketName, prefix: values.text("prefix") ?? "", endpoint: try endpoint,
      region: values.text("region") ?? connection.region)
    configuration.storageClass = values.text("storage_class").flatMap { StorageClass($0) }
    configuration.encryption = encryption
    configuration.cannedACL = values.text("acl").flatMap(S3Configuration.CannedACL.init)
    configuration.addressing =
      switch values.text("addressing") {
      case "path": .path
      case "virtual-host": .virtualHost
      default: .auto
      }
    configuration.checksum = values.text("checksum").flatMap(S3Configuration.ChecksumPolicy.init) ?? .auto
    configuration.requesterPays = values.flag("requester_pays") ?? false
    configuration.aws = .init(dualStack: values.flag("dual_stack") ?? false, fips: values.flag("fips") ?? false)
    if let size = values.size("part_size") { configuration.partSize = size }
    if let size = values.size("multipart_threshold") { configuration.multipartThreshold = size }
    if let count = values.count("part_concurrency") { configuration.uploadConcurrency = count }
    return S3Place(
      configuration, subfolder: prefix.bytes, credentials: try credentials,
      options: ServiceOptions(values, name: name, caFile: connection.caFile))
  }

  private var endpoint: HTTPEndpoint? {
    get throws {
      guard let text = values.text("endpoint") ?? connection.endpoint else { return nil }
      guard let endpoint = HTTPEndpoint(parsing: text) else {
        throw EndError(
          message: "“\(DisplayText.escape(text))” is no address of a service: write it as https://s3.example.com or "
            + "http://127.0.0.1:9000")
      }
      return endpoint
    }
  }

  private var encryption: S3Configuration.Encryption {
    switch values.text("sse") {
    case "s3": .s3
    case "kms": .kms(keyID: values.text("kms_key_id"))
    default: .none
    }
  }

  private var credentials: S3Place.Credentials {
    get throws {
      if values.flag("anonymous") == true { return .anonymous }
      if let id = values.text("access_key_id"), let secret = values.secret("secret_access_key") {
        return .key(
          S3Credentials(
            accessKeyID: id, secretAccessKey: try secret.resolve(), sessionToken: try values.secret("session_token")?.resolve()))
      }
      if let profile = values.text("profile") ?? connection.profile { return .profile(profile) }
      return .chain
    }
  }
}
