import Glibc

/// Whether the tests are built for speed; the larger sizes take long otherwise.
var optimised: Bool {
  #if DEBUG
    false
  #else
    true
  #endif
}

/// The memory of this process, in KiB.
func residentKiB() -> Int {
  let text = String(decoding: read("/proc/self/statm", limit: 200), as: UTF8.self)
  return (Int(text.split(separator: " ").dropFirst().first ?? "0") ?? 0) * 4
}

private func read(_ path: String, limit: Int) -> [UInt8] {
  let descriptor = open(path, O_RDONLY)
  defer { close(descriptor) }
  var bytes = [UInt8](repeating: 0, count: limit)
  let count = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, limit) }
  return Array(bytes.prefix(max(count, 0)))
}
