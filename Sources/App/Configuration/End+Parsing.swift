import ObjectStorage
import Primitives

extension End {
  /// Reads an end.
  ///
  /// - `/path`, `./path`, `../path`, `path`: a path of this machine. A name with a colon in it needs the `./`.
  /// - `file:///path`: the same, percent-encoded.
  /// - `s3://bucket/prefix?endpoint=…&region=…`: a bucket. The prefix is taken as it is, as in other S3 tools, up to a `?`; the values of
  ///   the query are percent-decoded.
  /// - `gs://bucket/prefix?project=…`: a bucket of Google Cloud Storage, written in the same way.
  /// - `azure://account/container/prefix`: a container of Azure Blob Storage.
  /// - `dropbox://folder`: a folder of the Dropbox that somebody logged in to.
  /// - `name:prefix`: a place in a configured store. Whether there is such a store is not looked at.
  /// - `memory://name`: memory of this process.
  public static func parse(_ text: String) throws(EndError) -> End { try parse(Array(text.utf8)) }

  /// Reads an end given as bytes: paths and prefixes need not be UTF-8.
  public static func parse(_ bytes: [UInt8]) throws(EndError) -> End {
    guard !bytes.isEmpty else { throw EndError(message: "an end must not be empty: name a path, s3://bucket or STORE:PREFIX") }
    guard !bytes.contains(0) else { throw EndError(message: "an end must not contain a zero byte") }
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), !bytes[..<colon].contains(0x2F) else { return .local(path: bytes) }
    let name = String(decoding: bytes[..<colon], as: UTF8.self)
    let rest = bytes[(colon + 1)...]
    if rest.starts(with: [0x2F, 0x2F]) { return try url(scheme: name.lowercased(), rest.dropFirst(2)) }
    guard isStoreName(name) else {
      throw EndError(
        message:
          "“\(DisplayText.escape(bytes[..<colon]))” is no store's name (letters, digits, _ . -); write ./… for a path with a colon")
    }
    return .store(name: name, prefix: try prefix(rest))
  }

  /// Whether `text` can name a store: letters, digits, `_`, `.`, `-`, not beginning with the last two; at most 64 bytes.
  public static func isStoreName(_ text: String) -> Bool {
    guard let first = text.utf8.first, first != 0x2D, first != 0x2E, text.utf8.count <= 64 else { return false }
    return text.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x2E, 0x2D: true
      default: false
      }
    }
  }

  private static func url(scheme: String, _ rest: ArraySlice<UInt8>) throws(EndError) -> End {
    if let type = StoreType.allCases.first(where: { $0.scheme == scheme }) { return .service(try service(rest, type, scheme)) }
    switch scheme {
    case "file": return try file(rest)
    case "memory":
      let name = String(decoding: rest, as: UTF8.self)
      guard name.isEmpty || isStoreName(name) else { throw EndError(message: "memory:// takes a name of letters, digits, _ . -") }
      return .memory(name: name)
    case "http", "https":
      throw EndError(message: "a service is named by its bucket: s3://BUCKET/PREFIX?endpoint=\(scheme)://HOST")
    default:
      let known = StoreType.allCases.compactMap(\.scheme) + ["file", "memory"]
      let hint = Suggestion.closest(to: scheme, in: known).map { "; did you mean \($0)://?" } ?? ""
      let list = known.dropLast().map { "\($0)://" }.joined(separator: ", ") + " and memory://"
      throw EndError(message: "\(DisplayText.escape(scheme)):// is not known; known are \(list)\(hint)")
    }
  }

  private static func file(_ rest: ArraySlice<UInt8>) throws(EndError) -> End {
    let host = rest.prefix { $0 != 0x2F }
    guard host.isEmpty || host.elementsEqual("localhost".utf8) else {
      throw EndError(message: "file:// takes an absolute path of this machine: file:///PATH")
    }
    guard let path = PercentEncoding.decode(rest.dropFirst(host.count)), !path.isEmpty, !path.contains(0) else {
      throw EndError(message: "file:// takes an absolute path, percent-encoded: file:///PATH")
    }
    return .local(path: path)
  }

  private static func service(_ rest: ArraySlice<UInt8>, _ type: StoreType, _ scheme: String) throws(EndError) -> ServiceEnd {
    let body = rest.prefix { $0 != UInt8(ascii: "?") }
    guard !body.prefix(while: { $0 != 0x2F }).contains(UInt8(ascii: "@")) || type.containers == .none else {
      throw EndError(
        message:
          "credentials do not belong into a URL, where histories and logs keep them: use \(elsewhere(type)) or a store of the configuration"
      )
    }
    var names = body[...]
    func name() throws(EndError) -> String {
      let name = names.prefix { $0 != 0x2F }
      names = names.dropFirst(name.count)
      let isName = name.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        case UInt8(ascii: "$"): type == .azure
        default: false
        }
      }
      guard isName, (1...255).contains(name.count), !name.allSatisfy({ $0 == 0x2E }) else {
        let what = type == .azure ? "the names of an account and a container" : "a bucket's name"
        throw EndError(message: "\(scheme):// takes \(what) (letters, digits, - . _) and perhaps a prefix: \(type.urlForm)")
      }
      return String(decoding: name, as: UTF8.self)
    }
    var (account, container) = ("", "")
    if type.containers == .ofAccounts {
      account = try name()
      names = names.dropFirst()
    }
    if type.containers != .none { container = try name() }
    return ServiceEnd(
      type: type, account: account, container: container, prefix: try prefix(names),
      options: try options(rest.dropFirst(body.count + 1), type))
  }

  /// Where credentials may be, beside the configuration.
  private static func elsewhere(_ type: StoreType) -> String {
    switch type {
    case .gcs: "the environment (GOOGLE_APPLICATION_CREDENTIALS)"
    case .azure: "the environment (AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN…)"
    case .dropbox: "a login (isobar login dropbox), the environment (DROPBOX_REFRESH_TOKEN)"
    default: "a profile (?profile=NAME), the environment (AWS_ACCESS_KEY_ID…)"
    }
  }

  private static func prefix(_ bytes: ArraySlice<UInt8>) throws(EndError) -> EndPrefix {
    do { return try EndPrefix(bytes) } catch { throw EndError(message: error.description) }
  }

  private static func options(_ query: ArraySlice<UInt8>, _ type: StoreType) throws(EndError) -> OptionValues {
    var values = OptionValues()
    for part in query.split(separator: UInt8(ascii: "&")) {
      let name = String(decoding: part.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
      let spec = try option(name, type)
      guard part.count > name.utf8.count, let bytes = PercentEncoding.decode(part.dropFirst(name.utf8.count + 1)),
        let text = String(validating: bytes, as: UTF8.self)
      else { throw EndError(message: "“\(name)” must be followed by = and a percent-encoded value") }
      guard values[name] == nil else { throw EndError(message: "“\(name)” is there twice") }
      do {
        let paths = PathBase(folder: "/", home: nil)
        values.set(name, try spec.kind.value(of: text, isPlain: true, origin: .builtIn, keyPath: name, paths: paths))
      } catch {
        throw EndError(message: "\(name): \(error.message)")
      }
    }
    return values
  }

  private static func option(_ name: String, _ type: StoreType) throws(EndError) -> OptionSpec {
    let table = type.options
    let known = table.filter(\.inURL)
    if let spec = known.first(where: { $0.name == name }) { return spec }
    // Close spellings of secrets are refused with the same advice.
    let meant = table.first { $0.name == Suggestion.closest(to: name, in: table.map(\.name)) }
    if meant?.isSecret == true || meant?.name == "access_key_id" {
      throw EndError(
        message:
          "\(DisplayText.escape(name)) does not belong into a URL, where histories and logs keep it: use \(elsewhere(type)) or a "
          + "store of the configuration")
    }
    if let meant, meant.name == name {
      throw EndError(message: "\(name) cannot be in a URL: use a store of the configuration")
    }
    let hint = Suggestion.closest(to: name, in: known.map(\.name)).map { "did you mean “\($0)”?" }
    throw EndError(
      message:
        "unknown setting “\(DisplayText.escape(name))”; \(hint ?? "known are \(known.map(\.name).sorted().joined(separator: ", "))")"
    )
  }
}
