import Age
import Crypto
import EncryptionLayer
import Glibc
import MemoryStorage
import ObjectStorage
import Primitives

// How many bytes a core encrypts and decrypts, as the store layer does it: pulled from memory, pushed into a sink that only counts.
// `swift run -c release EncryptionBenchmark [MIB] [ROUNDS] [NAMES]`; with NAMES also how long a listing of so many encrypted names takes,
// within memory and through a file. `openssl speed -bytes 65536 -evp chacha20-poly1305` says what the machine
// gives.

final class Counter: ByteSink, @unchecked Sendable {
  var count = 0
  func write(_ bytes: UnsafeRawBufferPointer) -> ByteSinkResult {
    count += bytes.count
    return .taken
  }
  func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }
  func restart() { count = 0 }
}

func seconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func run() async throws {
  let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
  let size = (arguments.first ?? 256) << 20
  let rounds = arguments.count > 1 ? arguments[1] : 5
  let plain = [UInt8](repeating: 0x5A, count: size)
  let identity = Identity.generate()
  guard let recipient = identity.recipient else { return }
  let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
  defer { buffer.deallocate() }
  for _ in 0..<rounds {
    var start = seconds()
    let file = try SealedFile(plainLength: Int64(size), recipients: [recipient])
    let source = file.source(0..<file.length) { MemorySource(plain[Int($0.lowerBound)..<Int($0.upperBound)]) }
    var sealed: [UInt8] = []
    sealed.reserveCapacity(Int(file.length))
    var copying = 0.0
    while case .bytes(let count) = try source.read(into: buffer) {
      let before = seconds()
      sealed.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      copying += seconds() - before
    }
    let encrypting = seconds() - start - copying

    start = seconds()
    let counter = Counter()
    let decryptor = FileDecryptor([identity], into: counter)
    for offset in stride(from: 0, to: sealed.count, by: buffer.count) {
      _ = try sealed[offset..<min(offset + buffer.count, sealed.count)].withUnsafeBytes { try decryptor.write($0) }
    }
    try await decryptor.finish()
    let decrypting = seconds() - start
    precondition(counter.count == size, "bytes were lost")

    start = seconds()
    let small = [UInt8](repeating: 1, count: 100)
    for _ in 0..<1000 { _ = try SealedFile.encrypt(small, for: [recipient]) }
    let each = (seconds() - start) * 1000
    func rate(_ seconds: Double) -> String { "\((Double(size) / seconds / 1e7).rounded() / 100) GB/s" }
    print("encrypt \(rate(encrypting))  decrypt \(rate(decrypting))  a small file \((each * 10).rounded() / 10) µs")
  }
}

/// What putting a listing of encrypted names in order costs.
func list(_ count: Int) async throws {
  let memory = MemoryStore()
  let identity = Identity.generate()
  for (label, limit) in [("in memory", 1 << 30), ("through a file", 8 << 20)] {
    let options = try EncryptionOptions(access: .keys(recipients: [], identities: [identity]), names: .encrypted, sortMemory: limit)
    let store = EncryptedStore(memory, options: options)
    if memory.objectCount == 0 {
      for index in 0..<count {
        let key = try ObjectKey("folder \(index / 500)/photos of the summer/image \(index).jpg")
        _ = try await store.write(.bytes([1]), to: key, WriteOptions())
      }
    }
    let start = seconds()
    let listing = store.list(.all, ListOptions())
    var found = 0
    while let page = try await listing.next() { found += page.entries.count }
    precondition(found == count, "names were lost")
    print("list \(count) encrypted names \(label): \(((seconds() - start) * 100).rounded() / 100) s")
  }
}

try await run()
if CommandLine.arguments.count > 3, let count = Int(CommandLine.arguments[3]) { try await list(count) }
