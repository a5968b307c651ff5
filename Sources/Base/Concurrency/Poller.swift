import CSystem
import Glibc

/// What to wait for on a descriptor, and what has happened to it.
public struct DescriptorEvents: OptionSet, Sendable, Hashable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// There is something to read (or the other side has closed).
  public static let read = DescriptorEvents(rawValue: 0x001)
  /// There is room to write.
  public static let write = DescriptorEvents(rawValue: 0x004)
  /// The descriptor has failed; always reported, need not be asked for.
  public static let error = DescriptorEvents(rawValue: 0x008)
  /// The other side has hung up; always reported, need not be asked for.
  public static let hangup = DescriptorEvents(rawValue: 0x010)
}

/// The epoll descriptor of one loop, and the eventfd by which other threads wake it.
/// Unchecked: other threads only write to the eventfd; the rest belongs to the loop's thread.
final class Poller: @unchecked Sendable {
  static let wakeTag: UInt64 = .max
  private static let capacity = 256

  private let epoll: Int32
  private let wakeup: Int32
  private let events: UnsafeMutablePointer<csys_epoll_event>

  init() {
    epoll = csys_epoll_create()
    precondition(epoll >= 0, "epoll_create1: errno \(-epoll)")
    wakeup = csys_eventfd()
    precondition(wakeup >= 0, "eventfd: errno \(-wakeup)")
    events = .allocate(capacity: Self.capacity)
    let result = csys_epoll_set(epoll, 1, wakeup, DescriptorEvents.read.rawValue, Self.wakeTag)
    precondition(result == 0, "epoll_ctl: errno \(-result)")
  }

  deinit {
    close(wakeup)
    close(epoll)
    events.deallocate()
  }

  /// Wakes the loop from any thread.
  func wake() {
    var one: UInt64 = 1
    _ = write(wakeup, &one, 8)
  }

  /// - Returns: 0 or a negative errno.
  func set(_ operation: Int32, _ descriptor: Int32, _ interest: DescriptorEvents, tag: UInt64) -> Int32 {
    csys_epoll_set(epoll, operation, descriptor, interest.rawValue, tag)
  }

  /// Waits at most `milliseconds` (-1: for ever) and hands each event to `handle`.
  func wait(milliseconds: Int32, _ handle: (UInt64, DescriptorEvents) -> Void) {
    let count = csys_epoll_wait(epoll, events, Int32(Self.capacity), milliseconds)
    guard count > 0 else { return }
    for index in 0..<Int(count) {
      let event = events[index]
      if event.data == Self.wakeTag {
        var value: UInt64 = 0
        _ = read(wakeup, &value, 8)
      } else {
        handle(event.data, DescriptorEvents(rawValue: event.events))
      }
    }
  }
}
