import Crypto
import HTTPMessages
import HTTPServer
import Primitives

/// An answer under construction.
struct AzureAnswer {
  var response: HTTPServerResponse

  init(_ status: Int) { response = HTTPServerResponse(status) }

  /// Adds a field; none without a value.
  mutating func add(_ name: String, _ value: String?) throws {
    guard let value else { return }
    try response.headers.add(name, value)
  }

  /// What identifies a version of a container or blob.
  mutating func addVersion(etag: Int64, modified: Timestamp) throws {
    try add("ETag", "\"\(AzureTicks.etag(etag))\"")
    try add("Last-Modified", modified.rfc1123)
  }

  mutating func addMetadata(_ metadata: [AzureField]) throws {
    for field in metadata { try add("x-ms-meta-\(field.name)", field.value) }
  }

  mutating func body(_ xml: AzureXML) throws {
    try add("Content-Type", "application/xml")
    response.body = .bytes(xml.bytes)
  }

  /// The answer to a request that was refused. Without a body to HEAD, and where nothing has changed.
  static func refusal(_ fault: AzureFault, method: HTTPMethod, requestID: String, now: Timestamp) -> HTTPServerResponse {
    var response = HTTPServerResponse(fault.status, headers: fault.headers)
    // The service's own words: they have no line breaks.
    try? response.headers.add("x-ms-error-code", fault.code)
    guard method != .head, fault.status != 304 else { return response }
    var xml = AzureXML()
    xml.element("Error") { xml in
      xml.element("Code", fault.code)
      xml.element("Message", "\(fault.message)\nRequestId:\(requestID)\nTime:\(AzureTicks.text(AzureTicks.ticks(now)))")
      for detail in fault.details { xml.element(detail.name, detail.value) }
    }
    try? response.headers.add("Content-Type", "application/xml")
    response.body = .bytes(xml.bytes)
    return response
  }
}

/// One pair of metadata or tags.
struct AzureField: Hashable {
  let name: String
  let value: String
}

/// The service's clock: units of 100 ns since the year 1. ETags, and the times of snapshots, are made of it.
enum AzureTicks {
  private static let untilEpoch: Int64 = 62_135_596_800

  static func ticks(_ time: Timestamp) -> Int64 { (time.seconds + untilEpoch) * 10_000_000 + Int64(time.nanoseconds / 100) }

  static func time(_ ticks: Int64) -> Timestamp {
    Timestamp(seconds: ticks / 10_000_000 - untilEpoch, nanoseconds: Int32(ticks % 10_000_000) * 100)
  }

  /// `2026-11-20T10:42:23.1234567Z`.
  static func text(_ ticks: Int64) -> String {
    let whole = Timestamp(seconds: time(ticks).seconds).iso8601.dropLast()
    let fraction = String(ticks % 10_000_000)
    return "\(whole).\(String(repeating: "0", count: 7 - fraction.utf8.count))\(fraction)Z"
  }

  /// `0x8DE5B0…`, without quotes.
  static func etag(_ ticks: Int64) -> String { "0x" + String(ticks, radix: 16, uppercase: true) }
}

/// A random identifier as the service writes them.
enum AzureID {
  static func make() -> String {
    var bytes = Random.bytes(16)
    bytes[6] = bytes[6] & 0x0F | 0x40
    bytes[8] = bytes[8] & 0x3F | 0x80
    return text(bytes)
  }

  /// The identifier that `text` spells, in its one spelling; nil unless it is one.
  static func parse(_ text: String) -> String? {
    var text = text
    if text.hasPrefix("{"), text.hasSuffix("}") { text = String(text.dropFirst().dropLast()) }
    let digits = text.filter { $0 != "-" }
    guard text.utf8.count == 36 || text.utf8.count == 32, let bytes = Hex.decode(digits), bytes.count == 16 else { return nil }
    return self.text(bytes)
  }

  private static func text(_ bytes: [UInt8]) -> String {
    let digits = Hex.encode(bytes)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(index) { text.append("-") }
      text.append(digit)
    }
    return text
  }
}
