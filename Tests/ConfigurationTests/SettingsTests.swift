import Configuration
import Markup
import Primitives
import Testing

struct SettingsTests {
  private let whole = """
    state: state
    stores:
      photos:
        type: s3
        bucket: my-photos
        endpoint: "https://${HOST:-s3.example.com}"
        access_key_id: AKIA
        secret_access_key: ${SECRET}
        sse: kms
        kms_key_id: key
        part_size: 8M
      disk: {type: local, path: ~/disk, symlinks: links}
    defaults:
      conflict: newest
      filters: {exclude: ["*.tmp", .DS_Store]}
      trash: {retention: 90d}
    pairs:
      main:
        left: ~/Pictures
        right: [photos:2026, "disk:", "s3://other/x?region=eu-west-1"]
        conflict: left
        delete_guard: {count: 100, percent: 12.5%}
        filters: {exclude: "*.bak", max_size: 1G, newer_than: 30d, older_than: 2026-01-31}
        rehash: 30d
    limits: {max_workers: 4, bandwidth: "5M:20M", retry_delay: 1s}
    log: {level: debug, format: json, file: log/isobar.log}
    """

  @Test func `a whole configuration is read`() throws {
    let settings = try configuration(whole, ["SECRET": "hunter2"])
    #expect(settings.state == "/etc/isobar/state")
    let photos = try #require(settings.store(named: "photos"))
    #expect(photos.type == .s3)
    #expect(photos.values.text("endpoint") == "https://s3.example.com")
    #expect(photos.values.size("part_size") == 8 << 20)
    #expect(try photos.values.secret("secret_access_key")?.resolve().reveal() == "hunter2")
    #expect(settings.store(named: "disk")?.values.text("path") == "/home/ada/disk")
    let main = try #require(settings.pair(named: "main"))
    #expect(main.left == .local(path: Array("/home/ada/Pictures".utf8)))
    #expect(main.right.map(\.description) == ["photos:2026", "disk:", "s3://other/x?region=eu-west-1"])
    let options = main.options
    #expect(options.conflict == .left && options.deleteGuardCount == 100 && options.deleteGuardPercent == 12.5)
    #expect(options.exclude == ["*.bak"] && options.maximumSize == 1 << 30 && options.trashRetention == .seconds(90 * 86_400))
    #expect(options.newerThan == .ago(.seconds(30 * 86_400)) && options.rehash == .every(.seconds(30 * 86_400)))
    #expect(options.olderThan?.moment(now: Timestamp(seconds: 0)) == Timestamp(iso8601: "2026-01-31T00:00:00Z"))
    #expect(options.include == nil && options.symlinks == nil && options.trashEnabled == nil)
    #expect(settings.defaults.exclude == ["*.tmp", ".DS_Store"] && settings.defaults.conflict == .newest)
    #expect(settings.limits.maxWorkers == 4 && settings.limits.retryDelay == .seconds(1) && settings.limits.retries == 6)
    #expect(settings.limits.bandwidth == BandwidthTimetable(Bandwidth(up: ByteCount(5 << 20), down: ByteCount(20 << 20))))
    #expect(settings.log.level == .debug && settings.log.format == .json && settings.log.file == "/etc/isobar/log/isobar.log")
  }

  @Test func `no configuration is one too`() throws {
    for text in ["", "# nothing\n", "{}", "stores:\npairs: {}\ndefaults:\n"] {
      let settings = try configuration(text)
      #expect(settings.stores.isEmpty && settings.pairs.isEmpty && settings.state == nil)
      #expect(settings.limits.maxWorkers == 16 && settings.log.level == .info && settings.log.keep == 5)
    }
  }

  @Test func `a variable without a value leaves the key unset`() throws {
    let text = "stores:\n  a:\n    type: s3\n    bucket: b\n    region: ${REGION:-}\n"
    #expect(try configuration(text).stores[0].values["region"] == nil)
    #expect(try configuration(text, ["REGION": "x"]).stores[0].values.text("region") == "x")
  }

  @Test func `all that is wrong is told at once, with its place and what is accepted`() {
    let text = """
      stores:
        photos:
          type: s3
          buckett: x
          part_size: 1M
          anonymous: yes
          secret_access_key: hunter2
        tape: {type: tap}
        nothing: {bucket: x}
        s3: {type: local, path: /x}
        "bad name": {type: local, path: /x}
        disk: {type: local, path: [a]}
      pairs:
        main: {left: photo:x, conflict: newset, delete_guard: {percent: 101, cuont: 1}}
        other: {left: [/a, /b], right: "s3://u:hunter2@b"}
        same: {left: /a, right: [/a]}
      limits: {max_workers: many, bandwidth: fast}
      lgo: {}
      state: {a: b}
      log: [1]
      defaults: {filters: {include: [a, [b]]}, trash: {retention: soon}, rehash: sometimes}
      """
    let found = problems(text)
    let expected = [
      "isobar.yaml:2:3: stores.photos: “bucket” is missing: a text",
      "isobar.yaml:4:5: stores.photos.buckett: unknown key; did you mean “bucket”?",
      "isobar.yaml:5:16: stores.photos.part_size: must be a size such as 16M or 1.5GiB, at least 5M",
      "isobar.yaml:6:16: stores.photos.anonymous: must be true or false",
      "isobar.yaml:7:24: stores.photos.secret_access_key: needs access_key_id beside it",
      "isobar.yaml:8:16: stores.tape.type: must be one of s3, gcs, azure, dropbox, local, memory",
      "isobar.yaml:9:3: stores.nothing: “type” is missing; it is one of s3, gcs, azure, dropbox, local, memory",
      "isobar.yaml:10:3: stores.s3: this name is the beginning of URLs: choose another",
      "isobar.yaml:11:3: stores.bad name: a name must be of letters, digits, _ . - and at most 64 characters",
      "isobar.yaml:12:29: stores.disk.path: must be a path, is a list",
      "isobar.yaml:14:3: pairs.main: “right” is missing: a path, s3://BUCKET/PREFIX or STORE:PREFIX",
      "isobar.yaml:14:16: pairs.main.left: there is no store “photo”; did you mean “photos”?",
      "isobar.yaml:14:35: pairs.main.conflict: must be one of newest, largest, left, right, keep-both, merge, manual; did you mean newest?",
      "isobar.yaml:14:67: pairs.main.delete_guard.percent: must be a number from 0 to 100",
      "isobar.yaml:14:72: pairs.main.delete_guard.cuont: unknown key; did you mean “count”?",
      "isobar.yaml:15:17: pairs.other.left: must be one end; lists are for “right”",
      "isobar.yaml:15:34: pairs.other.right: credentials do not belong into a URL",
      "isobar.yaml:16:3: pairs.same: /a is there twice",
      "isobar.yaml:17:23: limits.max_workers: must be a whole number from 1 to 1024",
      "isobar.yaml:17:40: limits.bandwidth: must be bytes a second such as 10M, 5M:20M (up:down) or off",
      "isobar.yaml:18:1: lgo: unknown key; did you mean “log”?",
      "isobar.yaml:19:8: state: must be a path, is a mapping",
      "isobar.yaml:20:6: log: must be a mapping of keys to values, is a list",
      "isobar.yaml:21:35: defaults.filters.include[1]: must be a text, is a list",
      "isobar.yaml:21:61: defaults.trash.retention: must be a length of time such as 30s, 1h30m or 7d",
      "isobar.yaml:21:76: defaults.rehash: must be never, always, or a length of time such as 30d",
    ]
    #expect(found.count == expected.count, "\(found.joined(separator: "\n"))")
    for (line, beginning) in zip(found, expected) { #expect(line.hasPrefix(beginning), "\(line)\nis not\n\(beginning)") }
    #expect(!found.joined().contains("hunter2"))
  }

  @Test func `what is no YAML, or no mapping, is named with its place`() {
    #expect(problems("a: [").first?.hasPrefix("isobar.yaml:") == true)
    #expect(problems("- a\n").first?.contains("must be a mapping of sections") == true)
    #expect(
      problems("stores:\n  a:\n    type: s3\n    bucket: ${NONE}\n") == [
        "isobar.yaml:4:13: stores.a.bucket: the variable NONE is not set; set it, or give a default: ${NONE:-default}"
      ])
    // Braces mean something else between braces.
    #expect(problems("stores: {a: {type: s3, bucket: ${B}}}").first?.contains("write \"${B}\"") == true)
    #expect(problems("a: 1\na: 2\n").first?.hasPrefix("isobar.yaml:2:1") == true)
  }

  @Test func `the environment overrides the file, flags override both`() throws {
    let text =
      "stores: {my-s3: {type: s3, bucket: a}}\nlimits: {max_workers: 2}\ndefaults: {filters: {exclude: [a]}}\n"
      + "pairs: {p: {left: /l, right: \"my-s3:\", conflict: left}}\n"
    let environment = [
      "ISOBAR_LIMITS__MAX_WORKERS": "8", "ISOBAR_STORES__MY_S3__REGION": "eu", "ISOBAR_STORES__NEW__TYPE": "memory",
      "ISOBAR_DEFAULTS__TRASH__RETENTION": "1d", "ISOBAR_PAIRS__P__FILTERS__INCLUDE": "*.a\n*.b", "ISOBAR_STATE": "/s",
      "ISOBAR_LOG__LEVEL": "error", "ISOBAR_VECTORS": "/not/a/setting", "ISOBAR_LIMITS__RETRIES": "",
    ]
    var overrides = ConfigurationOverrides()
    overrides.set(["limits", "max_workers"], "3", flag: "--workers")
    overrides.setPairOption("conflict", "manual", flag: "--conflict")
    overrides.setPairOption("filters.exclude", ["x", "y"], flag: "--exclude")
    var settings = try configuration(text, environment)
    #expect(
      settings.limits.maxWorkers == 8 && settings.limits.retries == 6 && settings.state == "/s" && settings.log.level == .error)
    #expect(settings.store(named: "my-s3")?.values.text("region") == "eu")
    #expect(settings.store(named: "new")?.type == .memory)
    #expect(settings.pairs[0].options.trashRetention == .seconds(86_400))
    #expect(settings.pairs[0].options.include == ["*.a", "*.b"])
    #expect(settings.pairs[0].options.conflict == .left && settings.pairs[0].options.exclude == ["a"])
    settings = try configuration(text, environment, overrides: overrides)
    #expect(settings.limits.maxWorkers == 3)
    #expect(settings.pairs[0].options.conflict == .manual && settings.pairs[0].options.exclude == ["a", "x", "y"])
    #expect(settings.defaults.conflict == .manual && settings.defaults.exclude == ["a", "x", "y"])
    #expect(settings.defaults.values.origin(of: "conflict") == .flag("--conflict"))
  }

  @Test func `problems of the environment and of flags name them`() {
    var overrides = ConfigurationOverrides()
    overrides.set(["limits", "retries"], "-1", flag: "--retries")
    overrides.setPairOption("conflict", "mine", flag: "--conflict")
    let environment = [
      "ISOBAR_LIMITS__MAX_WORKRES": "1", "ISOBAR_LIMIT__RETRIES": "1", "ISOBAR_STORES__X": "1", "ISOBAR_LOG__LEVEL": "x",
    ]
    let found = problems("", environment, overrides: overrides)
    #expect(found.count == 6, "\(found)")
    func has(_ beginning: String, _ part: String) -> Bool { found.contains { $0.hasPrefix(beginning) && $0.contains(part) } }
    #expect(has("environment variable ISOBAR_LIMITS__MAX_WORKRES: limits.max_workres: unknown key", "did you mean “max_workers”?"))
    #expect(has("environment variable ISOBAR_LIMIT__RETRIES: sets nothing", "did you mean ISOBAR_LIMITS__"))
    #expect(has("environment variable ISOBAR_STORES__X: sets nothing", ""))
    #expect(has("environment variable ISOBAR_LOG__LEVEL: log.level: must be one of debug, info, warning, error", ""))
    #expect(has("--retries: limits.retries: must be a whole number from 0 to 100", ""))
    #expect(has("--conflict: must be one of newest", ""))
  }

  @Test func `no text makes the reader trap`() {
    let seed = freshSeed("settings")
    var random = SeededRandom(seed: seed)
    let pieces = [
      "stores", "pairs", "limits", "defaults", "log", "state", "type", "s3", "left", "right", "bucket", ": ", ":", "\n", "  ", "- ",
      "{",
      "}", "[", "]", ", ", "\"", "'", "${A}", "a", "filters", "exclude", "percent", "#", "|",
    ]
    for _ in 0..<6000 {
      let text = (0..<Int.random(in: 0...14, using: &random)).map { _ in pieces.randomElement(using: &random)! }.joined()
      _ = problems(text, ["A": pieces.randomElement(using: &random)!])
    }
  }
}
