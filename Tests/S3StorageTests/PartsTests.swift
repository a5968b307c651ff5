import HTTPClient
import ObjectStorage
import Primitives
import Testing

@testable import S3Storage

@Suite struct PartsTests {
  @Test func `metadata is written as rclone writes it and comes back`() throws {
    let metadata = ObjectMetadata(
      modified: Timestamp(seconds: 1_700_000_000, nanoseconds: 123_456_789), mode: 0o644, contentType: "text/plain",
      user: ["note": "grün", "plain": "x y"])
    let headers = try MetadataHeaders.headers(for: metadata, key: try ObjectKey("a"))
    #expect(headers.contains { $0 == ("x-amz-meta-mtime", "1700000000.123456789") })
    #expect(headers.contains { $0 == ("x-amz-meta-mode", "100644") })
    #expect(headers.contains { $0 == ("x-amz-meta-note", "=?UTF-8?B?Z3LDvG4=?=") })
    #expect(MetadataHeaders.metadata(from: headers.map { (name: $0.name.uppercased(), value: $0.value) }) == metadata)
    #expect(throws: InvalidMetadata.self) {
      try MetadataHeaders.headers(for: ObjectMetadata(user: ["a": "x\r\ny: z"]), key: try ObjectKey("a"))
    }
  }

  @Test func `an encoded word in either spelling is read`() {
    #expect(EncodedWord.decode("=?UTF-8?Q?gr=C3=BCn_gut?=") == "grün gut")
    #expect(EncodedWord.decode("=?utf-8?b?Z3LDvG4=?=") == "grün")
    #expect(EncodedWord.decode("=?not") == "=?not")
  }

  @Test func `addresses follow from endpoint, bucket and options`() throws {
    func origin(_ bucket: String, endpoint: String? = nil, _ change: (inout S3Configuration) -> Void = { _ in }) throws -> String {
      var configuration = S3Configuration(bucket: BucketName(bucket)!, endpoint: endpoint.flatMap { HTTPEndpoint(parsing: $0) })
      change(&configuration)
      let address = try #require(S3Address(configuration, region: "eu-west-1"))
      return address.origin + address.path(Array("k y".utf8))
    }
    #expect(try origin("photos") == "https://photos.s3.eu-west-1.amazonaws.com/k%20y")
    #expect(try origin("my.photos") == "https://s3.eu-west-1.amazonaws.com/my.photos/k%20y")
    #expect(try origin("photos", endpoint: "http://127.0.0.1:9000") == "http://127.0.0.1:9000/photos/k%20y")
    #expect(
      try origin("photos", endpoint: "https://s3.example.com", { $0.addressing = .virtualHost })
        == "https://photos.s3.example.com/k%20y")
    #expect(
      try origin("photos", { $0.aws = .init(dualStack: true, fips: true) })
        == "https://photos.s3-fips.dualstack.eu-west-1.amazonaws.com/k%20y")
  }
}
