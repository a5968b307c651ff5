import Glibc
import Testing

@testable import StoreTesting

/// What a killed test process leaves behind is put away by somebody who outlives it.
@Suite struct ServiceWatchdogTests {
  /// Waits for a file to come.
  private func comes(_ path: String, within limit: Duration) async throws -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
      if access(path, F_OK) == 0 { return true }
      try await Task.sleep(for: .milliseconds(10))
    }
    return false
  }

  @Test func `a watchdog acts when its other end is gone, and not when it was dismissed`() async throws {
    let mark = "/tmp/isobar-watchdog-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    defer { unlink(mark + ".gone") }
    // Letting go of the value closes its end, which is what the system does for a process that dies.
    do { _ = ServiceWatchdog(whenThisProcessDies: "touch \(mark).gone") }
    #expect(try await comes(mark + ".gone", within: .seconds(30)))
    do { ServiceWatchdog(whenThisProcessDies: "touch \(mark).dismissed").dismiss() }
    #expect(try await !comes(mark + ".dismissed", within: .milliseconds(500)))
  }
}
