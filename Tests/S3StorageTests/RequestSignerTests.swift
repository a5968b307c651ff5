import Crypto
import Primitives
import Testing

@testable import S3Storage

@Suite struct RequestSignerTests {
  static let vectorsAreThere = !SignatureVector.all.isEmpty

  @Test(.enabled(if: vectorsAreThere, "skipped: no vectors"), arguments: SignatureVector.all)
  func `a published case is signed in the header as published`(_ vector: SignatureVector) {
    let signer = RequestSigner(service: vector.service, pathStyle: .encodedTwice(normalized: vector.normalizes))
    var headers = vector.headers + [("X-Amz-Date", vector.time.amzBasic)]
    if let token = vector.credentials.sessionToken, !vector.omitsToken { headers.append(("X-Amz-Security-Token", token.reveal())) }
    let hash = Hex.encode(SHA256.hash(vector.body))
    if vector.signsBody { headers.append(("x-amz-content-sha256", hash)) }
    let parts = RequestSigner.Parts(
      method: vector.method, path: vector.path, query: vector.query.canonical, headers: headers, payloadHash: hash)
    let (request, _) = signer.canonicalRequest(parts)
    #expect(String(decoding: request, as: UTF8.self) == vector.expected["header_canonical_request"])
    let text = signer.stringToSign(request, region: vector.region, date: Array(vector.time.amzBasic.utf8))
    #expect(String(decoding: text, as: UTF8.self) == vector.expected["header_string_to_sign"])
    let value = signer.authorization(parts, credentials: vector.credentials, region: vector.region, time: vector.time)
    #expect(value.hasSuffix("Signature=" + (vector.expected["header_signature"] ?? "missing")))
  }

  @Test(.enabled(if: vectorsAreThere, "skipped: no vectors"), arguments: SignatureVector.all)
  func `a published case is signed in the query as published`(_ vector: SignatureVector) {
    let signer = RequestSigner(service: vector.service, pathStyle: .encodedTwice(normalized: vector.normalizes))
    let parts = RequestSigner.Parts(
      method: vector.method, path: vector.path, headers: vector.headers, payloadHash: Hex.encode(SHA256.hash(vector.body)))
    let query = signer.presignedQuery(
      parts, query: vector.query, credentials: vector.credentials, region: vector.region, time: vector.time,
      expires: .seconds(vector.expires), signsToken: !vector.omitsToken)
    #expect(query.hasSuffix("X-Amz-Signature=" + (vector.expected["query_signature"] ?? "missing")))
  }

  // The examples of the S3 API reference ("Signature Calculations for the Authorization Header", "Authenticating Requests: Using
  // Query Parameters").
  private let example = S3Credentials(
    accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))
  private let day = Timestamp(seconds: 1_369_353_600)
  private let emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

  private func signature(_ parts: RequestSigner.Parts) -> String {
    let value = RequestSigner().authorization(parts, credentials: example, region: "us-east-1", time: day)
    return String(value.suffix(64))
  }

  @Test func `the documented ranged GET is signed as documented`() {
    let parts = RequestSigner.Parts(
      method: "GET", path: "/test.txt",
      headers: [
        ("Host", "examplebucket.s3.amazonaws.com"), ("Range", "bytes=0-9"), ("x-amz-content-sha256", emptyHash),
        ("x-amz-date", "20130524T000000Z"),
      ], payloadHash: emptyHash)
    #expect(signature(parts) == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
  }

  @Test func `the documented PUT with a dollar in its name is signed as documented`() {
    let hash = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"
    #expect(Hex.encode(SHA256.hash(Array("Welcome to Amazon S3.".utf8))) == hash)
    let parts = RequestSigner.Parts(
      method: "PUT", path: "/" + PercentEncoding.encode("test$file.text".utf8, keepSlash: true),
      headers: [
        ("Date", "Fri, 24 May 2013 00:00:00 GMT"), ("Host", "examplebucket.s3.amazonaws.com"),
        ("x-amz-content-sha256", hash), ("x-amz-date", "20130524T000000Z"), ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
      ], payloadHash: hash)
    #expect(signature(parts) == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
  }

  @Test func `the documented sub-resource and listing are signed as documented`() {
    var query = QueryItems()
    query.append("lifecycle")
    let headers = [
      (name: "Host", value: "examplebucket.s3.amazonaws.com"), (name: "x-amz-content-sha256", value: emptyHash),
      (name: "x-amz-date", value: "20130524T000000Z"),
    ]
    let lifecycle = RequestSigner.Parts(method: "GET", path: "/", query: query.canonical, headers: headers, payloadHash: emptyHash)
    #expect(signature(lifecycle) == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
    var listing = QueryItems()
    listing.append("prefix", "J")
    listing.append("max-keys", "2")
    let list = RequestSigner.Parts(method: "GET", path: "/", query: listing.canonical, headers: headers, payloadHash: emptyHash)
    #expect(signature(list) == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")
  }

  @Test func `the documented presigned URL has the documented signature`() {
    let parts = RequestSigner.Parts(
      method: "GET", path: "/test.txt", headers: [("host", "examplebucket.s3.amazonaws.com")],
      payloadHash: RequestSigner.unsignedPayload)
    let query = RequestSigner().presignedQuery(
      parts, query: QueryItems(), credentials: example, region: "us-east-1", time: day, expires: .seconds(86_400))
    #expect(query.hasSuffix("X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"))
  }

  @Test func `the key of another day or secret is another key`() {
    let parts = RequestSigner.Parts(method: "GET", path: "/", headers: [("host", "h")], payloadHash: emptyHash)
    let signer = RequestSigner()
    let other = S3Credentials(accessKeyID: example.accessKeyID, secretAccessKey: Secret("other"))
    let all = [
      signer.authorization(parts, credentials: example, region: "us-east-1", time: day),
      signer.authorization(parts, credentials: example, region: "us-east-1", time: day + .seconds(86_400)),
      signer.authorization(parts, credentials: example, region: "eu-west-1", time: day),
      signer.authorization(parts, credentials: other, region: "us-east-1", time: day),
    ]
    #expect(Set(all.map { $0.suffix(64) }).count == 4)
    #expect(signer.authorization(parts, credentials: example, region: "us-east-1", time: day) == all[0])
  }
}
