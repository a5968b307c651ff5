import Age
import Crypto
import Files
import Glibc
import Primitives

func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }

func secret(_ text: String) -> SecretBytes { SecretBytes(copying: Array(text.utf8)) }

func identity(_ text: String) throws -> Identity { try ascii(text).withUnsafeBytes { try Identity($0) } }

func bytes(_ count: Int, _ random: inout SeededRandom) -> [UInt8] {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(count + 8)
  while bytes.count < count { withUnsafeBytes(of: random.next()) { bytes.append(contentsOf: $0) } }
  return Array(bytes.prefix(count))
}

func contents(of path: String) -> [UInt8]? {
  guard let file = fopen(path, "r") else { return nil }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 1 << 16)
  while case let count = fread(&piece, 1, piece.count, file), count > 0 { bytes += piece[..<count] }
  return bytes
}

/// A folder of a test's own, removed with all that is in it.
final class Folder: Sendable {
  let path: String

  init() {
    path = "/tmp/isobar-age-tests-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    mkdir(path, 0o700)
  }

  deinit { _ = system("rm -rf '\(path)'") }

  @discardableResult
  func write(_ bytes: [UInt8], to name: String) -> String {
    let path = "\(path)/\(name)"
    guard let file = fopen(path, "w") else { return path }
    fwrite(bytes, 1, bytes.count, file)
    fchmod(fileno(file), 0o600)
    fclose(file)
    return path
  }

  func read(_ name: String) -> [UInt8]? { contents(of: "\(path)/\(name)") }
}

/// Runs a shell line; its status.
func shell(_ line: String) -> Int32 {
  (try? Subprocess.run(.shell(line), timeout: .seconds(60)))?.status ?? -1
}

/// Gives bytes in pieces of odd sizes, and pauses now and then.
final class StutteringSource: ByteSource, @unchecked Sendable {
  private let bytes: ArraySlice<UInt8>
  private var position: Int
  private var random: SeededRandom
  private var hasPaused = false

  init(_ bytes: ArraySlice<UInt8>, seed: UInt64) {
    self.bytes = bytes
    position = bytes.startIndex
    random = SeededRandom(seed: seed)
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> ByteSourceResult {
    if !hasPaused, random.next().isMultiple(of: 3) {
      hasPaused = true
      return .pause
    }
    hasPaused = false
    let count = min(buffer.count, bytes.endIndex - position, Int(random.next() % 90_000) + 1)
    if count == 0 { return .end }
    bytes[position..<position + count].withUnsafeBytes { buffer.copyMemory(from: $0) }
    position += count
    return .bytes(count)
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }
}

/// Takes bytes, and pauses now and then.
final class StutteringSink: ByteSink, @unchecked Sendable {
  private(set) var bytes: [UInt8] = []
  private var random: SeededRandom

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  func write(_ chunk: UnsafeRawBufferPointer) -> ByteSinkResult {
    if random.next().isMultiple(of: 3) { return .pause }
    bytes.append(contentsOf: chunk)
    return .taken
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }
  func restart() { bytes = [] }
}

/// Pulls a source empty, in pieces of `piece` bytes.
func collect(_ source: any ByteSource, piece: Int = 300_000) throws -> [UInt8] {
  var all: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: piece)
  while true {
    switch try buffer.withUnsafeMutableBytes({ try source.read(into: $0) }) {
    case .bytes(let count): all += buffer[..<count]
    case .pause: continue
    case .end: return all
    }
  }
}

/// Pushes bytes in pieces of random sizes, each again as long as the sink pauses.
func push(_ bytes: [UInt8], to sink: any ByteSink, _ random: inout SeededRandom, upTo size: Int = 200_000) throws {
  var rest = bytes[...]
  while !rest.isEmpty {
    let piece = rest.prefix(Int(random.next() % UInt64(size)) + 1)
    while try piece.withUnsafeBytes({ try sink.write($0) }) == .pause {}
    rest = rest.dropFirst(piece.count)
  }
}
