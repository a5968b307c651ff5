public import HTTPMessages

/// One answer in the answer to a batch of requests.
public struct BatchAnswer: Sendable, Hashable {
  /// From 100 to 999.
  public var status: Int
  public var headers: HTTPHeaders
  public var body: [UInt8]

  /// Reads `multipart/mixed` of `application/http` parts, each with the `Content-ID` of its request, a number that Google puts
  /// into `<response-17>`. What makes no sense is left out.
  /// - Parameter type: the answer's media type, which says what divides the parts.
  public static func parse(_ body: [UInt8], type: String?) -> [Int: BatchAnswer] {
    guard let boundary = type.flatMap(boundary) else { return [:] }
    var answers: [Int: BatchAnswer] = [:]
    for part in pieces(body, Array("--\(boundary)".utf8)).dropFirst() {
      guard let (head, http) = divided(part), let (top, content) = divided(http), let status = status(top) else { continue }
      let fields = fields(head)
      guard let index = fields["content-id"].flatMap(index), answers[index] == nil else { continue }
      answers[index] = BatchAnswer(status: status, headers: self.fields(top), body: Array(content))
    }
    return answers
  }

  private static func boundary(_ type: String) -> String? {
    let bytes = Array(type.utf8)
    guard let at = position(of: Array("boundary=".utf8), in: bytes[...]) else { return nil }
    var value = bytes.dropFirst(at + 9).prefix { $0 != UInt8(ascii: ";") }
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

  /// `Name: value` on each line; other lines are left out.
  private static func fields(_ head: ArraySlice<UInt8>) -> HTTPHeaders {
    var headers = HTTPHeaders()
    for line in String(decoding: head, as: UTF8.self).split(separator: "\r\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let value = parts[1].drop { $0 == " " }
      try? headers.add(String(parts[0]), String(value.reversed().drop { $0 == " " }.reversed()))
    }
    return headers
  }

  /// `17` or `<response-17>`.
  private static func index(_ id: String) -> Int? {
    var digits = id.utf8[...]
    let mark = "<response-".utf8
    if digits.starts(with: mark), digits.last == UInt8(ascii: ">") { digits = digits.dropFirst(mark.count).dropLast() }
    return number(digits, atMost: 9)
  }

  /// `HTTP/1.1 202 Accepted`.
  private static func status(_ head: ArraySlice<UInt8>) -> Int? {
    let words = String(decoding: head.prefix(64), as: UTF8.self).utf8.split(separator: UInt8(ascii: " "))
    guard words.count >= 2, words[0].starts(with: "HTTP/".utf8), let status = number(words[1].prefix(3), atMost: 3) else {
      return nil
    }
    return status >= 100 ? status : nil
  }

  private static func number(_ digits: some Collection<UInt8>, atMost most: Int) -> Int? {
    guard (1...most).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }
}
