import Concurrency
import Observability
import Primitives
import Testing

struct LogTests {
  let captured = CapturedLog()
  static let time = Timestamp(seconds: 1_763_635_343)

  func logger(_ level: LogLevel? = .info) -> Logger {
    Logger(label: "sync", level: level, sink: captured, clock: WallClock { Self.time })
  }

  @Test func `a line below the level is not even built`() {
    let log = logger(.warning)
    func fail() -> String {
      Issue.record("the message was built")
      return ""
    }
    log.info(fail(), ["key": .text(fail())])
    log.error("stopped")
    Logger.disabled.error(fail())
    #expect(captured.records.map(\.message) == ["stopped"])
  }

  @Test func `values are inherited, and a later one replaces an earlier one`() {
    let log = logger().with(label: "transfer", ["pair": "docs", "try": 1])
    log.info("retry", ["try": 2, "key": .bytes([0x61])])
    let line = LogFormat.text.line(captured.records[0])
    #expect(line == "\(Self.time.iso8601) info transfer: retry pair=docs try=2 key=a\n")
  }

  @Test func `a secret is never printed, in a value or in the message`() {
    let secret = Secret("hunter2")
    logger().info("signing with \(secret)", ["secret": .secret(secret), "text": "\(secret)"])
    for format in [LogFormat.text, .json] {
      let line = format.line(captured.records[0])
      #expect(!line.contains("hunter2"))
      #expect(line.contains("<redacted>"))
    }
  }

  @Test func `whatever is in a record, it is one line without control characters`() {
    let nasty = "a\nb\u{1B}[31m\u{0}\u{7F}\u{9B}\u{2028}\r"
    logger().with(label: nasty).info(nasty, ["key": .text(nasty), "raw": .bytes([0xFF, 0x0A, 0x1B, 0x22])])
    for format in [LogFormat.text, .json] {
      let line = format.line(captured.records[0])
      #expect(line.unicodeScalars.filter { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) } == ["\n"])
      #expect(line.hasSuffix("\n"))
    }
  }

  @Test func `text with spaces, quotes or nothing in it is quoted`() {
    logger().info("x", ["a": "one two", "b": "say \"hi\"", "c": "", "d": 1.5, "e": true, "f": "k=v"])
    let line = LogFormat.text.line(captured.records[0])
    #expect(line.hasSuffix(#" a="one two" b="say \"hi\"" c="" d=1.5 e=true f="k=v"\#n"#))
  }

  @Test func `a JSON line has typed values and cannot overwrite the record's own fields`() {
    logger().info("say \"hi\" \\", ["n": 5, "ok": false, "level": "mine", "bad": .double(.nan), "big": .number(UInt64.max)])
    let expected =
      #"{"time":"\#(Self.time.iso8601)","level":"info","label":"sync","message":"say \"hi\" \\","n":5,"ok":false,"#
      + #""level_":"mine","bad":"nan","big":9223372036854775807}"# + "\n"
    #expect(LogFormat.json.line(captured.records[0]) == expected)
  }

  @Test func `a filtered log passes on only what is important enough`() {
    let log = Logger(label: "x", level: .trace, sink: CombinedLog([FilteredLog(.warning, captured)]))
    for level in LogLevel.allCases { log.log(level, level.rawValue) }
    #expect(captured.records.map(\.level) == [.warning, .error])
  }
}
