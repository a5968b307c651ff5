import AzureStorage
import Concurrency
import DropboxStorage
import GCSStorage
import Glibc
import HTTPClient
import HTTPMessages
import LocalStorage
import ObjectStorage
import Primitives
import S3Storage
import StoreTesting
import Testing

/// The page of what each store can do, made of what the stores say and of what the tests except.
@Suite struct ProviderTableTests {
  /// The stores as they are at the services themselves. None is asked anything.
  private static func stores() throws -> [(name: String, store: any ObjectStore)] {
    let nobody = Nobody()
    let azure = AzureConfiguration(
      account: try #require(AzureAccountName("account")), container: try #require(AzureContainerName("container")))
    return [
      ("a folder", try LocalStore.open(path: Array("/tmp".utf8), options: LocalOptions())),
      (
        "S3 (Amazon)",
        try S3Store(
          S3Configuration(bucket: try #require(BucketName("bucket")), region: "eu-central-1"), transport: nobody,
          credentials: CredentialsProvider(S3Credentials(accessKeyID: "k", secretAccessKey: Secret("s"))))
      ),
      ("Azure Blob Storage", AzureStore(azure, transport: nobody, credentials: AzureCredentialProvider(.anonymous))),
      (
        "Google Cloud Storage",
        GCSStore(
          GCSConfiguration(bucket: try #require(GCSBucketName("bucket"))), transport: nobody,
          tokens: GCSTokenProvider(AccessToken(Secret("t"))))
      ),
      (
        "Dropbox",
        DropboxStore(
          DropboxConfiguration(), transport: nobody,
          tokens: DropboxTokenProvider(DropboxCredentials(.accessToken(Secret("t"))), transport: nobody))
      ),
    ]
  }

  @Test func `the page of what each store can do says what the stores say`() async throws {
    let path = #filePath.replacing("Tests/ConformanceTests/ProviderTableTests.swift", with: "docs/providers/README.md")
    let page = read(path)
    let mark = "ISOBAR_RECORD=1 brings it up to date -->\n"
    let start = try #require(page.firstRange(of: mark)?.upperBound)
    let expected = page[..<start] + (try await table()) + exceptions()
    if getenv("ISOBAR_RECORD") != nil { write(path, String(expected)) }
    #expect(page == expected, "run the tests with ISOBAR_RECORD=1 to bring docs/providers/README.md up to date")
  }

  @Test func `every exception names a check that there is`() {
    let checks = Set(StoreConformance.checks.map { "\($0.guarantee) \($0.name)" })
    for subject in KnownExceptions.all {
      for exception in subject.exceptions {
        #expect(checks.contains("\(exception.guarantee) \(exception.check ?? "")"), "\(subject.name)")
      }
    }
  }

  private func table() async throws -> String {
    let stores = try Self.stores()
    var columns: [[(String, String)]] = []
    for (_, store) in stores {
      columns.append(rows(try await store.capabilities(), (store as? any RemoteStore)?.changeFeed != nil))
    }
    var text = "\n| |" + stores.map { " \($0.name) |" }.joined() + "\n|---|" + stores.map { _ in "---|" }.joined() + "\n"
    for row in columns[0].indices {
      text += "| \(columns[0][row].0) |" + columns.map { " \($0[row].1) |" }.joined() + "\n"
    }
    for (_, store) in stores { Task { await store.close() } }
    return text + "\nA service that speaks S3 but is not Amazon's is tried before it is used (`isobar doctor` shows the result).\n"
  }

  private func rows(_ can: StoreCapabilities, _ hasFeed: Bool) -> [(String, String)] {
    func yes(_ value: Bool) -> String { value ? "yes" : "–" }
    func firmly(_ support: StoreCapabilities.ConditionSupport) -> String {
      switch support {
      case .enforced: "in one step"
      case .checked: "looked at first"
      case .ignored: "–"
      }
    }
    func precision(_ nanoseconds: Int64?) -> String {
      switch nanoseconds {
      case nil: "–"
      case 1: "to the nanosecond"
      case 1_000_000_000: "to the second"
      case let other?: "to \(other) ns"
      }
    }
    func names(_ rules: NameRules) -> String {
      var words: [String] = []
      if rules.isUTF8 { words.append("UTF-8") }
      if !rules.forbidden.isEmpty { words.append("some bytes excluded") }
      if rules.trimsEnds || rules.trimsSpaces { words.append("no space or dot at ends") }
      if rules.isComposed { words.append("composed") }
      if rules.foldsCase { words.append("A and a are one") }
      return words.isEmpty ? "any bytes" : words.joined(separator: ", ")
    }
    return [
      ("writing only what is new", firmly(can.ifAbsent)), ("replacing only a known state", firmly(can.ifMatches)),
      ("deleting only a known state", firmly(can.conditionalDelete)), ("copies inside the store", yes(can.serverSideCopy)),
      ("renames in one step", yes(can.atomicMove)),
      ("differences of large files sent", yes(can.partCopy || can.directWrite)),
      ("modification times", precision(can.modifiedPrecision)),
      ("… shown by listings", yes(can.listsModified)), ("permissions", yes(can.mode)), ("user metadata", yes(can.userMetadata)),
      ("metadata changed in place", yes(can.updateMetadata)), ("storage classes", yes(can.storageClasses)),
      ("folders of their own", yes(can.realFolders)), ("tells of changes", yes(hasFeed)), ("names", names(can.names)),
      ("longest key, bytes", "\(can.maximumKeyLength)"),
      ("longest part of a key, bytes", can.maximumNameLength.map { "\($0)" } ?? "–"),
      ("deletes in one request", "\(can.deleteBatch)"),
    ]
  }

  private func exceptions() -> String {
    var text =
      "\n## Exceptions\n\nWhat a service, or a server that stands in for one, does not keep of the contract, by the numbers of its guarantees.\n"
    text += "\n| store | guarantee | what is not kept | why |\n|---|---|---|---|\n"
    for subject in KnownExceptions.all {
      for exception in subject.exceptions {
        let times = exception.isIntermittent ? " (at times)" : ""
        text += "| \(subject.name) | \(exception.guarantee) | \(exception.check ?? "all of it")\(times) | \(exception.reason) |\n"
      }
    }
    return text
  }

  private func read(_ path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 17)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }

  private func write(_ path: String, _ text: String) {
    guard let file = fopen(path, "w") else { return }
    defer { fclose(file) }
    _ = Array(text.utf8).withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
  }
}

/// Nobody is asked.
private struct Nobody: HTTPTransport {
  func send(_ request: HTTPRequest, into sink: HTTPSink) async throws -> HTTPResponse {
    throw HTTPError(.connectFailed, "nobody is there")
  }
  func close() async {}
}
