import Configuration
import GCSStorage
import HTTPClient
import HTTPMessages
import LocalStorage
import ObjectStorage
import Primitives
import S3Storage
import Sync
import Testing

@testable import Composition

@Suite struct PlaceResolverTests {
  private func settings(_ text: String, _ environment: [String: String] = [:]) throws -> Settings {
    try SettingsLoader.parse(Array(text.utf8), file: "isobar.yaml", folder: "/conf", environment: environment)
  }

  private let stores = """
    stores:
      photos:
        type: s3
        bucket: pictures
        prefix: all
        endpoint: http://127.0.0.1:9000
        region: eu-1
        access_key_id: AK
        secret_access_key: SK
        storage_class: STANDARD_IA
        sse: kms
        kms_key_id: k1
        addressing: path
        part_size: 8M
        create_bucket: true
      disk:
        type: local
        path: data
        create: true
        symlinks: follow
        sync: every
    """

  private func bucket(_ place: Place) throws -> S3Place {
    guard case .s3(let bucket) = place else { throw Unexpected() }
    return bucket
  }

  private func folder(_ place: Place) throws -> FolderPlace {
    guard case .folder(let folder) = place else { throw Unexpected() }
    return folder
  }

  private struct Unexpected: Error {}

  @Test func `a URL sends no login of a Dropbox to another machine`() throws {
    let resolver = PlaceResolver(settings: try settings("", ["DROPBOX_ACCESS_TOKEN": "t"]))
    for text in ["https://evil.example", "http://evil.example:9000", "http://127.0.0.1.evil.example"] {
      #expect(throws: EndError.self) { try resolver.place(try End.parse("dropbox://x?endpoint=\(text)")) }
    }
    for text in ["dropbox://x", "dropbox://x?endpoint=http://127.0.0.1:9000"] {
      guard case .dropbox = try resolver.place(try End.parse(text)) else { throw Unexpected() }
    }
    #expect(throws: EndError.self) { try DropboxSignIn(appKey: "k", appSecret: nil, endpoint: "http://evil.example") }
  }

  @Test func `a bucket of Google Cloud Storage has all its settings, and an emulator gets no token`() throws {
    let text = """
      stores:
        cloud: {type: gcs, bucket: pictures, prefix: all, credentials: "{}", project: p-1, location: EU, storage_class: NEARLINE,
          user_project: p-2, parallel_threshold: 0, chunk_size: 8M, create_bucket: true}
      """
    let resolver = PlaceResolver(settings: try settings(text, ["STORAGE_EMULATOR_HOST": "127.0.0.1:9"]))
    guard case .gcs(let place) = try resolver.place(End.parse("cloud:2026/June")) else { throw Unexpected() }
    let configuration = place.configuration
    #expect(configuration.bucket.text == "pictures" && configuration.endpoint.description == "https://storage.googleapis.com")
    #expect(configuration.project == "p-1" && configuration.location == "EU" && configuration.userProject == "p-2")
    #expect(configuration.storageClass?.name == "NEARLINE" && configuration.chunkSize == 8 << 20)
    #expect(configuration.parallelThreshold == nil && !configuration.anonymous)
    #expect(place.credentials == Secret("{}") && place.options.createsContainer)
    let opened = try StoreBuilder(runtime: Runtime()).open(.gcs(place))
    #expect(opened.identity.displayName == "gs://pictures/all/2026/June" && opened.remote != nil)
    guard case .gcs(let emulated) = try resolver.place(End.parse("gs://b/x")) else { throw Unexpected() }
    #expect(emulated.configuration.anonymous && emulated.configuration.endpoint.description == "http://127.0.0.1:9")
    guard case .gcs(let google) = try PlaceResolver(settings: try settings("")).place(End.parse("gs://b/x")) else {
      throw Unexpected()
    }
    #expect(!google.configuration.anonymous && google.credentials == nil)
  }

  @Test func `a configured bucket has all its settings, and the end's prefix below its own`() throws {
    let resolver = PlaceResolver(
      settings: try settings(stores), connection: S3Connection(endpoint: "http://elsewhere", region: "us-west-2", profile: "other"))
    let place = try bucket(resolver.place(End.parse("photos:2026/June")))
    let configuration = place.configuration
    #expect(configuration.bucket.text == "pictures")
    #expect(configuration.endpoint?.description == "http://127.0.0.1:9000")
    #expect(configuration.region == "eu-1")
    #expect(configuration.storageClass?.name == "STANDARD_IA")
    #expect(configuration.encryption == .kms(keyID: "k1"))
    #expect(configuration.addressing == .path)
    #expect(configuration.partSize == 8 << 20)
    #expect(place.options.createsContainer)
    guard case .key(let key) = place.credentials else { throw Unexpected() }
    #expect(key.accessKeyID == "AK")
    #expect(key.secretAccessKey == Secret("SK"))
    let store = try StoreBuilder(runtime: Runtime()).open(.s3(place))
    #expect(store.identity.displayName == "s3://pictures/all/2026/June")
  }

  @Test func `a bucket named by a URL takes from the connection what the URL does not say`() throws {
    let environment = ["AWS_ENDPOINT_URL": "http://env:1", "AWS_REGION": "env-region", "AWS_CA_BUNDLE": "/ca.pem"]
    let resolver = PlaceResolver(settings: try settings("", environment), connection: S3Connection(region: "flag-region"))
    let plain = try bucket(resolver.place(End.parse("s3://b/x")))
    #expect(plain.configuration.endpoint?.description == "http://env:1")
    #expect(plain.configuration.region == "flag-region")
    #expect(plain.options.trust.caFile == "/ca.pem")
    guard case .chain = plain.credentials else { throw Unexpected() }
    let told = try bucket(resolver.place(End.parse("s3://b/x?endpoint=http%3A%2F%2Furl:2&region=url-region&profile=p")))
    #expect(told.configuration.endpoint?.description == "http://url:2")
    #expect(told.configuration.region == "url-region")
    guard case .profile("p") = told.credentials else { throw Unexpected() }
  }

  @Test func `the same place has the same identity, however its folder is named`() throws {
    let builder = StoreBuilder(runtime: Runtime())
    let name = try #require(BucketName("b"))
    let whole = try builder.open(.s3(S3Place(S3Configuration(bucket: name, prefix: "x/y"))))
    let parts = try builder.open(.s3(S3Place(S3Configuration(bucket: name, prefix: "x"), subfolder: Array("y".utf8))))
    #expect(whole.identity == parts.identity)
  }

  @Test func `folders are named from where they stand, with the store's options first`() throws {
    let resolver = PlaceResolver(settings: try settings(stores))
    let configured = try folder(resolver.place(End.parse("disk:sub"), symlinks: .links))
    #expect(configured.path == Array("/conf/data/sub".utf8))
    #expect(configured.options.create)
    #expect(configured.options.links == .follow)
    #expect(configured.options.durability == .everyWrite)
    let plain = try folder(resolver.place(End.parse("/somewhere"), symlinks: .links))
    #expect(plain.path == Array("/somewhere".utf8))
    #expect(!plain.options.create)
    #expect(plain.options.links == .asLinkFiles)
  }

  @Test func `a folder of a store in memory is a place of its own`() throws {
    let resolver = PlaceResolver(settings: try settings("stores: {scratch: {type: memory}}"))
    let builder = StoreBuilder(runtime: Runtime())
    #expect(try builder.open(resolver.place(End.parse("scratch:a/b"))).identity.displayName == "scratch/a/b")
    #expect(try builder.open(resolver.place(End.parse("scratch:"))).identity.displayName == "scratch")
  }

  @Test func `a store that is not configured is named with the nearest one`() throws {
    let resolver = PlaceResolver(settings: try settings(stores))
    let failure = #expect(throws: EndError.self) { try resolver.place(End.parse("photo:x")) }
    #expect(failure?.message.contains("did you mean photos:?") == true)
  }

  @Test func `what a pair says becomes the engine's options`() throws {
    let settings = try settings(
      """
      defaults:
        conflict: merge
        direction: mirror
        delete_guard: {count: 7, percent: 20}
        filters: {exclude: ["*.tmp"], max_size: 1K, newer_than: 1d}
        trash: {enabled: false, retention: 2d}
        rehash: 7d
        max_attempts: 3
      limits: {max_workers: 3, retries: 2, retry_delay: 1s, bandwidth: "1K:2K"}
      """)
    let now = Timestamp(seconds: 1_700_000_000)
    let options = try SyncOptions(settings.defaults, workers: settings.limits.maxWorkers, now: now)
    #expect(options.conflicts == .merge)
    #expect(options.direction == .mirror)
    #expect(options.deleteGuard == DeleteGuard(count: 7, percent: 20))
    #expect(options.filter.maximumSize == 1024)
    #expect(options.filter.notBefore == now - .seconds(86_400))
    #expect(options.filter.excludesName(try ObjectKey("a.tmp")))
    #expect(!options.keepTrash)
    #expect(!options.rehash)
    #expect([options.concurrency, options.quarantineAfter, options.ancestorLimit] == [3, 3, 1 << 20])
    let upkeep = PairUpkeep(settings.defaults)
    #expect(upkeep == PairUpkeep(trashRetention: .seconds(2 * 86_400), rehashEvery: .seconds(7 * 86_400)))
    let limits = Limits(settings.limits)
    #expect([limits.workers, limits.attempts] == [3, 3])
    #expect(limits.bandwidth == BandwidthTimetable(parsing: "1K:2K"))
    #expect(limits.retryDelay == .seconds(1))
  }
}
