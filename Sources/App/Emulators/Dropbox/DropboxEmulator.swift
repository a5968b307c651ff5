import Concurrency
import Crypto
import HTTPClient
public import HTTPMessages
public import HTTPServer
import Markup
import Primitives

/// Dropbox's HTTP API, version 2, for one account: all three hosts at once, told apart by the path alone.
///
/// It refuses what the service refuses, with the service's status and words. State changes and the conditions that they depend on are one
/// transaction. Old revisions are kept for ever.
public final class DropboxEmulator: Emulator {
  public static let kind = EmulatorKind.dropbox

  let options: EmulatorOptions
  let rules: DropboxRules
  let depot: EmulatorDepot
  /// Makes cursors checkable; kept, so that they outlive the process.
  let cursorKey: [UInt8]
  let news = DropboxNews()
  private let writers = Lock(0)
  private let turns = Lock(0)

  public convenience init(_ options: EmulatorOptions, depot: EmulatorDepot) throws {
    try self.init(options, rules: DropboxRules(), depot: depot)
  }

  /// An emulator with rules of its own.
  public init(_ options: EmulatorOptions, rules: DropboxRules, depot: EmulatorDepot) throws {
    self.options = options
    self.rules = rules
    self.depot = depot
    let name = Array("cursor key".utf8)
    cursorKey = try depot.table.transaction { rows in
      if let key = try rows.get("meta", name)?.stringValue.flatMap(Hex.decode) { return key }
      let key = Random.bytes(16)
      try rows.put("meta", name, .string(Hex.encode(key)))
      return key
    }
    for blob in try depot.table.transaction({ try sessions($0).sweep() }) { depot.blobs.remove(blob) }
  }

  /// The tokens for all clients, and the address for Isobar's configuration (`endpoint: ${DROPBOX_ENDPOINT}`). Other clients know no setting
  /// for the address, and are led here by a proxy that ends TLS (`scripts/services/tlsfront.sh`).
  public func environment(at endpoint: HTTPEndpoint) -> [EmulatorSetting] {
    var settings = [
      EmulatorSetting("DROPBOX_ENDPOINT", endpoint.description), EmulatorSetting("DROPBOX_ACCESS_TOKEN", rules.developerToken),
      EmulatorSetting("DROPBOX_APP_KEY", rules.appKey), EmulatorSetting("DROPBOX_APP_SECRET", rules.appSecret),
    ]
    if let token = rules.refreshToken { settings.append(EmulatorSetting("DROPBOX_REFRESH_TOKEN", token)) }
    return settings
  }

  public func refusal(status: Int, retryAfter: Int?) -> HTTPServerResponse {
    if status == 429 { return DropboxRefusal.busy("too_many_requests", retryAfter: retryAfter) }
    return .text("upstream connect error or disconnect/reset before headers", status: status)
  }

  public func close() async { depot.close() }

  /// Makes every cursor that was given invalid: their clients are told to begin anew (`reset`).
  public func expireCursors() throws {
    try depot.table.transaction { rows in
      let generation = try rows.get("meta", Self.generationKey)?.integerValue ?? 0
      try rows.put("meta", Self.generationKey, .integer(generation + 1))
    }
  }

  static let generationKey = Array("cursor generation".utf8)

  /// Seconds since 1970.
  var now: Int64 { options.clock.now().seconds }

  func tree(_ rows: EmulatorRows) -> DropboxTree { DropboxTree(rows: rows, now: now, rules: rules) }
  func sessions(_ rows: EmulatorRows) -> DropboxSessions { DropboxSessions(rows: rows, now: now) }
  func tokens(_ rows: EmulatorRows) -> DropboxTokens { DropboxTokens(rows: rows, now: now, rules: rules) }

  /// A number that differs from the last answer's.
  func nextTurn() -> Int {
    turns.withLock { turn in
      turn += 1
      return turn
    }
  }

  /// Runs a write, if no other one is under way or that does not matter.
  func asWriter<Result>(_ body: () async throws -> Result) async throws -> Result {
    let isFirst = writers.withLock { count in
      count += 1
      return count == 1
    }
    defer { writers.withLock { $0 -= 1 } }
    if rules.contention == .refused, !isFirst { throw DropboxRefusal.busy("too_many_write_operations", retryAfter: 1) }
    let result = try await body()
    news.announce()
    return result
  }
}
