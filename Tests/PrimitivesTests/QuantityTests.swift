import Primitives
import Testing

struct QuantityTests {
  @Test(
    arguments: [
      ("0", 0), ("512", 512), ("512b", 512), ("512k", 524_288), ("10M", 10_485_760), ("10MB", 10_485_760), ("10 MiB", 10_485_760),
      ("1.5GiB", 1_610_612_736), ("1T", 1 << 40), ("2P", 1 << 51), ("7E", 7 << 60), ("0.5k", 512), ("1Gi", 1 << 30), ("0005", 5),
    ] as [(String, Int64)])
  func `byte counts are read`(text: String, bytes: Int64) { #expect(ByteCount(parsing: text)?.bytes == bytes) }

  @Test(arguments: ["", "k", "-1", "1.", ".5k", "1x", "1kk", "1kib/s", "8E", "10 0", "1,5k", "1e3", "99999999999999999999"])
  func `what is not a byte count is refused`(text: String) { #expect(ByteCount(parsing: text) == nil) }

  @Test(
    arguments: [
      (0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536, "1.5 KiB"), (1_048_575, "1 MiB"), (1_047_500, "1022.9 KiB"),
      (1_610_612_736, "1.5 GiB"), (Int64.max, "8 EiB"), (-1536, "-1.5 KiB"), (Int64.min, "-8 EiB"),
    ] as [(Int64, String)])
  func `byte counts are written for people`(bytes: Int64, text: String) { #expect(ByteCount(bytes).description == text) }

  @Test(
    arguments: [
      ("90s", 90_000), ("1h30m", 5_400_000), ("7d", 604_800_000), ("1.5h", 5_400_000), ("500ms", 500), ("30", 30_000), ("0", 0),
      ("2w", 1_209_600_000), ("1y", 31_536_000_000), ("1m0.5s", 60_500),
    ] as [(String, Int64)])
  func `lengths of time are read`(text: String, milliseconds: Int64) {
    #expect(DurationText.parse(text) == .milliseconds(milliseconds))
  }

  @Test(arguments: ["", "s", "-1s", "1x", "1h30", "1 h", "1..5s", "1h-1m", "999999999999y", "٣s"])
  func `what is not a length of time is refused`(text: String) { #expect(DurationText.parse(text) == nil) }

  @Test(
    arguments: [
      (.zero, "0s"), (.seconds(90), "1m30s"), (.seconds(5400), "1h30m"), (.seconds(604_800), "7d"), (.milliseconds(2500), "2.5s"),
      (.milliseconds(250), "250ms"), (.microseconds(1500), "1500us"), (.nanoseconds(1), "1ns"), (.seconds(86_401), "1d1s"),
      (.milliseconds(60_500), "1m0.5s"), (.seconds(-90), "-1m30s"),
    ] as [(Duration, String)])
  func `lengths of time are written as they are read`(duration: Duration, text: String) {
    #expect(DurationText.format(duration) == text)
    if duration >= .zero { #expect(DurationText.parse(text) == duration) }
  }

  @Test func `random lengths of time come back from their text`() {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed", seed)
    var random = SeededRandom(seed: seed)
    for _ in 0..<1000 {
      let scale = [1, 1000, 1_000_000, 1_000_000_000, 60_000_000_000].randomElement(using: &random)!
      let duration = Duration.nanoseconds(Int64.random(in: 0...100_000, using: &random) * Int64(scale))
      #expect(DurationText.parse(DurationText.format(duration)) == duration, "seed \(seed)")
    }
  }
}
