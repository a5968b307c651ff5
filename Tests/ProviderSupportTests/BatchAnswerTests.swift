import HTTPMessages
import ProviderSupport
import Testing

/// The answer to a batch of requests.
@Suite struct BatchAnswerTests {
  private func answers(_ parts: [(id: String, status: String)], boundary: String = "b") -> [Int: BatchAnswer] {
    var text = ""
    for (id, status) in parts {
      text += "--\(boundary)\r\nContent-Type: application/http\r\nContent-ID: \(id)\r\n\r\n"
      text += "HTTP/1.1 \(status)\r\nx-name:  value \r\n\r\nbody\r\n"
    }
    return BatchAnswer.parse(Array((text + "--\(boundary)--").utf8), type: "multipart/mixed; boundary=\"\(boundary)\"; charset=x")
  }

  @Test func `numbers are read as Azure and as Google write them`() {
    let found = answers([("0", "202 Accepted"), ("<response-17>", "404 Not Found"), ("255", "500 No")])
    #expect(found.mapValues(\.status) == [0: 202, 17: 404, 255: 500])
    #expect(found[17]?.headers["X-Name"] == "value")
    #expect(found[17]?.body.starts(with: Array("body".utf8)) == true)
  }

  @Test(arguments: ["-1", "+1", "", " ", "<response->", "<response--1>", "<response-1", "1>", "9999999999", "0x1", "１"])
  func `a number that is none is left out`(_ id: String) { #expect(answers([(id, "200 OK")]).isEmpty) }

  @Test(arguments: ["-404 No", "4 No", "099 No", "4x4 No", "", "+20 No"])
  func `a status that is none is left out`(_ status: String) { #expect(answers([("1", status)]).isEmpty) }

  @Test func `of two answers to one request the first counts`() {
    #expect(answers([("1", "200 OK"), ("1", "404 No")])[1]?.status == 200)
  }

  @Test func `without a boundary there is nothing`() {
    #expect(BatchAnswer.parse(Array("--b".utf8), type: "multipart/mixed").isEmpty)
    #expect(BatchAnswer.parse([], type: nil).isEmpty)
  }
}
