import HTTPClient
import HTTPMessages
import Primitives

/// One answer in the answer to a batch of requests.
struct BatchAnswer: Sendable, Equatable {
  var status: Int
  var body: [UInt8]

  /// Reads `multipart/mixed` of `application/http` parts, each with the `Content-ID` of its request behind `response-`. What makes no
  /// sense is left out.
  static func parse(_ response: HTTPResponse) -> [Int: BatchAnswer] {
    guard let type = response.headers["content-type"], let boundary = boundary(type) else { return [:] }
    var answers: [Int: BatchAnswer] = [:]
    for part in pieces(response.body, Array("--\(boundary)".utf8)).dropFirst() {
      guard let (head, http) = divided(part), let (top, body) = divided(http), let index = index(head), answers[index] == nil,
        let status = status(top)
      else { continue }
      answers[index] = BatchAnswer(status: status, body: Array(body))
    }
    return answers
  }

  private static func boundary(_ type: String) -> String? {
    guard let range = position(of: Array("boundary=".utf8), in: Array(type.utf8)[...]) else { return nil }
    var value = type.utf8.dropFirst(range + 9).prefix { $0 != UInt8(ascii: ";") }
    if value.first == UInt8(ascii: "\"") { value = value.dropFirst().prefix { $0 != UInt8(ascii: "\"") } }
    return value.isEmpty || value.count > 200 ? nil : String(decoding: value, as: UTF8.self)
  }

  /// Cuts at each occurrence of `mark`.
  private static func pieces(_ bytes: [UInt8], _ mark: [UInt8]) -> [ArraySlice<UInt8>] {
    var pieces: [ArraySlice<UInt8>] = []
    var rest = bytes[...]
    while let at = position(of: mark, in: rest) {
      pieces.append(rest.prefix(at))
      rest = rest.dropFirst(at + mark.count)
    }
    pieces.append(rest)
    return pieces
  }

  /// What is before and behind the first empty line.
  private static func divided(_ bytes: ArraySlice<UInt8>) -> (ArraySlice<UInt8>, ArraySlice<UInt8>)? {
    guard let at = position(of: [13, 10, 13, 10], in: bytes) else { return nil }
    return (bytes.prefix(at), bytes.dropFirst(at + 4))
  }

  private static func position(of mark: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
    guard bytes.count >= mark.count else { return nil }
    var index = bytes.startIndex
    while let found = bytes[index...].firstIndex(of: mark[0]) {
      if bytes[found...].starts(with: mark) { return found - bytes.startIndex }
      index = found + 1
    }
    return nil
  }

  /// `Content-ID: <response-17>`.
  private static func index(_ head: ArraySlice<UInt8>) -> Int? {
    for line in String(decoding: head, as: UTF8.self).split(separator: "\r\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, parts[0].lowercased() == "content-id" else { continue }
      let digits = parts[1].utf8.reversed().drop { $0 == UInt8(ascii: ">") || $0 == 0x20 }.prefix { (0x30...0x39).contains($0) }
      return Int(String(decoding: digits.reversed(), as: UTF8.self))
    }
    return nil
  }

  /// `HTTP/1.1 204 No Content`.
  private static func status(_ head: ArraySlice<UInt8>) -> Int? {
    let words = String(decoding: head.prefix(64), as: UTF8.self).split(separator: " ")
    guard words.count >= 2, words[0].hasPrefix("HTTP/"), let status = Int(words[1].prefix(3)) else { return nil }
    return status
  }
}
