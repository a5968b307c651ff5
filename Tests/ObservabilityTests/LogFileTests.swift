import Concurrency
import Glibc
import Observability
import Primitives
import Testing

struct LogFileTests {
  let directory: String
  let time = Lock(Timestamp(seconds: 1_763_635_343))

  init() {
    var name = Array("/tmp/isobar-log-XXXXXX".utf8CString)
    directory = name.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
  }

  func remove() {
    for name in ["log", "log.1", "log.2", "log.3", "log.4", "moved"] { unlink("\(directory)/\(name)") }
    rmdir(directory)
  }

  func file(_ format: LogFormat = .text, _ rotation: LogRotation = .init()) -> LogFile {
    LogFile(
      path: Array("\(directory)/log".utf8), format: format, rotation: rotation, clock: WallClock { [time] in time.withLock { $0 } })
  }

  func say(_ message: String, to file: LogFile) {
    file.write(LogRecord(time: time.withLock { $0 }, level: .info, label: "x", message: message, metadata: [:]))
  }

  func pass(_ seconds: Int) { time.withLock { $0 = $0 + .seconds(seconds) } }

  func lines(_ name: String) -> [String]? {
    let descriptor = open("\(directory)/\(name)", O_RDONLY)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    return bytes[..<max(0, count)].split(separator: 0x0A).map {
      String(decoding: $0, as: UTF8.self).split(separator: " ").last.map(String.init) ?? ""
    }
  }

  @Test func `lines are appended, across openings`() {
    defer { remove() }
    say("one", to: file())
    say("two", to: file())
    #expect(lines("log") == ["one", "two"])
    var info = stat()
    #expect(stat("\(directory)/log", &info) == 0 && info.st_mode & 0o777 == 0o600)
  }

  @Test func `a full file is put aside and only so many are kept`() {
    defer { remove() }
    let file = file(.text, .init(maximumBytes: 80, kept: 2))
    for number in 1...8 { say("line\(number)", to: file) }
    #expect(lines("log") == ["line7", "line8"])
    #expect(lines("log.1") == ["line5", "line6"])
    #expect(lines("log.2") == ["line3", "line4"])
    #expect(lines("log.3") == nil)
    #expect(file.dropped == 0)
  }

  @Test(arguments: [LogFormat.text, .json]) func `an old file is put aside, its age read from its first line`(format: LogFormat) {
    defer { remove() }
    let rotation = LogRotation(maximumAge: .seconds(3600), kept: 1)
    say("old", to: file(format, rotation))
    pass(3000)
    say("still", to: file(format, rotation))
    pass(700)
    say("new", to: file(format, rotation))
    #expect(lines("log")?.count == 1)
    #expect(lines("log.1")?.count == 2)
  }

  @Test func `a file that was moved away is opened anew`() {
    defer { remove() }
    let file = file()
    say("before", to: file)
    #expect(rename("\(directory)/log", "\(directory)/moved") == 0)
    pass(2)
    say("after", to: file)
    #expect(lines("moved") == ["before"])
    #expect(lines("log") == ["after"])
  }

  @Test func `two writers of one file rotate it once and lose nothing`() {
    defer { remove() }
    let rotation = LogRotation(maximumBytes: 80, kept: 4)
    let (first, second) = (file(.text, rotation), file(.text, rotation))
    for number in 1...4 {
      say("a\(number)", to: first)
      pass(2)
      say("b\(number)", to: second)
      pass(2)
    }
    let all = ["log.4", "log.3", "log.2", "log.1", "log"].compactMap(lines).flatMap { $0 }
    #expect(all == ["a1", "b1", "a2", "b2", "a3", "b3", "a4", "b4"])
  }

  @Test func `a line that cannot be written is counted, not fatal`() {
    defer { remove() }
    let file = LogFile(path: Array("\(directory)/missing/log".utf8))
    say("lost", to: file)
    #expect(file.dropped == 1)
    let full = LogFile(path: Array("/dev/full".utf8))
    say("lost", to: full)
    #expect(full.dropped == 1)
  }
}
