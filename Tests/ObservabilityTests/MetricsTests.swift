import Glibc
import Observability
import Testing

struct MetricsTests {
  let metrics = MetricsRegistry(seriesLimit: 3)

  @Test func `the text form is sorted, cumulated and escaped`() {
    metrics.counter("requests_total", help: "Requests sent.", labels: ["class": "put"]).add(2)
    metrics.counter("requests_total", help: "Requests sent.", labels: ["class": "a\"b\\c\nd"]).add()
    metrics.gauge("active", help: "Back\\slash\nand line.").add(-3)
    let seconds = metrics.histogram("seconds", help: "Latency.", bounds: [0.5, 1], labels: ["class": "get"])
    for value in [0.25, 0.5, 0.75, 9] { seconds.record(value) }
    seconds.record(.milliseconds(500))
    #expect(
      metrics.render() == #"""
        # HELP active Back\\slash\nand line.
        # TYPE active gauge
        active -3
        # HELP requests_total Requests sent.
        # TYPE requests_total counter
        requests_total{class="a\"b\\c\nd"} 1
        requests_total{class="put"} 2
        # HELP seconds Latency.
        # TYPE seconds histogram
        seconds_bucket{class="get",le="0.5"} 3
        seconds_bucket{class="get",le="1"} 4
        seconds_bucket{class="get",le="+Inf"} 5
        seconds_sum{class="get"} 11
        seconds_count{class="get"} 5

        """#)
  }

  @Test func `the same name and labels give the same counter`() {
    let first = metrics.counter("c", help: "h", labels: ["a": "1"])
    #expect(metrics.counter("c", help: "h", labels: ["a": "1"]) === first)
    #expect(metrics.counter("c", help: "h", labels: ["a": "2"]) !== first)
  }

  @Test func `too many label values share one series`() {
    for number in 0..<100 { metrics.counter("c", help: "h", labels: ["key": String(number)]).add() }
    let lines = metrics.render().split(separator: "\n").filter { !$0.hasPrefix("#") }
    #expect(lines == ["c{key=\"0\"} 1", "c{key=\"1\"} 1", "c{key=\"2\"} 1", "c{key=\"other\"} 97"])
  }

  @Test func `nothing is lost when many threads count`() async {
    let counter = metrics.counter("c", help: "h")
    let histogram = metrics.histogram("h", help: "h", bounds: [1])
    await withTaskGroup { group in
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<5000 {
            counter.add()
            histogram.record(2.0)
          }
        }
      }
    }
    #expect(counter.value == 20_000)
    #expect(histogram.values == [0, 20_000])
    #expect(histogram.sum == 40_000)
  }

  @Test func `no number is not counted`() {
    let histogram = metrics.histogram("h", help: "h", bounds: [1])
    histogram.record(Double.nan)
    #expect(histogram.values == [0, 0] && histogram.sum == 0)
  }
}

struct TerminalStyleTests {
  @Test func `what is no terminal has no colours, and 80 columns or what COLUMNS says`() {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    defer { ends.forEach { close($0) } }
    let style = TerminalStyle.detect(ends[1]) { ["TERM": "xterm"][$0] }
    #expect(style == .plain)
    #expect(style.paint("x", .red) == "x")
    #expect(TerminalStyle.detect(ends[1]) { $0 == "COLUMNS" ? "132" : nil }.width == 132)
    #expect(TerminalStyle.detect(ends[1]) { $0 == "COLUMNS" ? "-5" : nil }.width == 80)
  }

  @Test func `a terminal has colours unless NO_COLOR or a dumb one forbids them`() throws {
    let master = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    defer { close(master) }
    // TIOCSPTLCK and TIOCGPTN: unlock the other end, and ask for its number.
    var (locked, number): (Int32, Int32) = (0, 0)
    try #require(master >= 0 && ioctl(master, 0x4004_5431, &locked) == 0 && ioctl(master, 0x8004_5430, &number) == 0)
    let terminal = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
    try #require(terminal >= 0)
    defer { close(terminal) }
    var size = winsize(ws_row: 40, ws_col: 99, ws_xpixel: 0, ws_ypixel: 0)
    #expect(ioctl(terminal, UInt(TIOCSWINSZ), &size) == 0)
    func detect(_ environment: [String: String]) -> TerminalStyle { .detect(terminal) { environment[$0] } }
    #expect(detect(["TERM": "xterm"]) == TerminalStyle(isTerminal: true, isColoured: true, width: 99))
    #expect(detect(["TERM": "xterm"]).paint("x", .red) == "\u{1B}[31mx\u{1B}[0m")
    #expect(!detect(["TERM": "xterm", "NO_COLOR": "1"]).isColoured)
    #expect(detect(["TERM": "xterm", "NO_COLOR": ""]).isColoured)
    #expect(!detect(["TERM": "dumb"]).isColoured)
  }
}
