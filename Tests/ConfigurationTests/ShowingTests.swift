import Configuration
import Glibc
import Markup
import Primitives
import Testing

struct ShowingTests {
  private let text = """
    stores:
      photos:
        type: s3
        bucket: b
        access_key_id: AKIA
        secret_access_key: hunter2
        session_token: file:token
      disk: {type: local, path: "/a $$ 'b\\" #c"}
    pairs:
      p: {left: "./x: y", right: photos:a, filters: {exclude: ["*.tmp", "yes", "- a"]}, delete_guard: {percent: 12.5}}
    defaults: {rehash: 30d, trash: {enabled: false}}
    """

  @Test func `what is shown hides secrets`() throws {
    let settings = try configuration(text)
    for shown in [settings.redactedYAML, String(decoding: settings.redacted.bytes(.pretty), as: UTF8.self)] {
      #expect(!shown.contains("hunter2"))
      #expect(shown.contains("<redacted>") && shown.contains("file:/etc/isobar/token") && shown.contains("AKIA"))
    }
    let secret = try #require(settings.stores[0].values.secret("secret_access_key"))
    #expect(!"\(secret) \(String(reflecting: secret))".contains("hunter2"))
    var dumped = ""
    dump(secret, to: &dumped)
    #expect(!dumped.contains("hunter2"))
    #expect(settings.redacted["limits"]?["max_workers"]?.integerValue == 16)
    #expect(settings.redacted["pairs"]?["p"]?["delete_guard"]?["percent"]?.numberValue == 12.5)
  }

  @Test func `what is shown as YAML is the same configuration`() throws {
    let first = try configuration(text)
    let second = try configuration(first.redactedYAML)
    #expect(second.redacted == first.redacted)
    #expect(second.stores[1].values.text("path") == "/a $ 'b\" #c")
    #expect(second.pairs.map(\.left) == first.pairs.map(\.left) && second.pairs[0].options.exclude == ["*.tmp", "yes", "- a"])
  }

  @Test func `the template is valid as it is, and with everything taken in`() throws {
    let template = SettingsTemplate.text
    let settings = try configuration(template)
    #expect(settings.stores.isEmpty && settings.pairs.isEmpty && settings.defaults.values.names.isEmpty)
    // Every commented key taken in must be valid too, or the template would teach mistakes.
    let lines = template.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var text = ""
    // A passphrase stands instead of an identity.
    for line in lines where !line.contains("passphrase:") {
      if line == "stores: {}" || line == "pairs: {}" {
        text += line.dropLast(3) + "\n"
      } else if line.hasPrefix("#  ") {
        text += " " + line.dropFirst() + "\n"
      } else if line.hasPrefix("  # ") {
        text += "    " + line.dropFirst(4) + "\n"
      } else {
        text += line + "\n"
      }
    }
    let all = try configuration(
      text.replacing("sse: none", with: "sse: kms"))
    #expect(
      all.stores.map(\.name)
        == ["my-s3", "my-gcs", "my-azure", "my-dropbox", "my-local", "my-encrypt", "my-compress", "my-mock"])
    #expect(all.stores[0].values.names.count == StoreType.s3.options.count)
    #expect(all.pairs.count == 1)
    #expect(all.defaults.values.names.count == PairOptions.table.count)
    #expect(all.limits.values.names.count == LimitSettings.table.count)
    #expect(all.log.values.names.count == LogSettings.table.count)
  }

  @Test func `every default is of the kind its table names`() throws {
    for table in StoreType.allCases.map(\.options) + [PairOptions.table, LimitSettings.table, LogSettings.table] {
      #expect(Set(table.map(\.name)).count == table.count)
      for spec in table where spec.isSecret { #expect(!spec.inURL && spec.defaultText == nil) }
    }
    let defaults = PairOptions.table.filter { $0.defaultText != nil }
    let text = "defaults:\n" + defaults.map { "  \"\($0.name)\": x\n" }.joined()
    #expect(problems(text).count == defaults.count)
    for spec in defaults {
      var nested = spec.defaultText!
      for part in spec.name.split(separator: ".").reversed() { nested = "{\(part): \(nested)}" }
      #expect(problems("defaults: \(nested)") == [], "\(spec.name)")
    }
  }

  @Test func `the guide has the reference as the program has it`() throws {
    let file = #filePath.replacing("Tests/ConfigurationTests/ShowingTests.swift", with: "docs/configuration.md")
    let guide = read(file)
    let mark = "<!-- reference -->\n"
    let start = try #require(guide.firstRange(of: mark)?.upperBound)
    let expected = guide[..<start] + SettingsReference.markdown
    if getenv("ISOBAR_RECORD") != nil { write(file, String(expected)) }
    #expect(guide == expected, "run the tests with ISOBAR_RECORD=1 to bring docs/configuration.md up to date")
  }

  private func read(_ path: String) -> String {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 1 << 18)
    let count = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
    return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
  }

  private func write(_ path: String, _ text: String) {
    let descriptor = open(path, O_WRONLY | O_TRUNC)
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    #expect(bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) } == bytes.count)
  }
}

struct LoadingTests {
  let scratch = Scratch()

  private func load(_ explicit: String? = nil, _ environment: [String: String] = [:]) throws -> Settings {
    try SettingsLoader.load(explicit: explicit, workingDirectory: "\(scratch.path)/here", environment: environment)
  }

  @Test func `the file is the one named, the one here, or the user's own`() throws {
    for folder in ["here", "home", "home/.config", "home/.config/isobar", "xdg", "xdg/isobar"] { scratch.makeFolder(folder) }
    let environment = ["HOME": "\(scratch.path)/home"]
    #expect(try load(nil, environment).file == nil)
    scratch.write("home/.config/isobar/config.yaml", "state: home")
    #expect(try load(nil, environment).state == "\(scratch.path)/home/.config/isobar/home")
    scratch.write("xdg/isobar/config.yaml", "state: xdg")
    let withXDG = environment.merging(["XDG_CONFIG_HOME": "\(scratch.path)/xdg"]) { $1 }
    #expect(try load(nil, withXDG).state == "\(scratch.path)/xdg/isobar/xdg")
    scratch.write("here/isobar.yaml", "state: here")
    #expect(try load(nil, withXDG).file == "\(scratch.path)/here/isobar.yaml")
    scratch.write("other.yaml", "state: other")
    #expect(try load("../other.yaml", withXDG).state?.hasSuffix("/other") == true)
    #expect(try load(nil, ["ISOBAR_CONFIG": "\(scratch.path)/other.yaml"]).state == "\(scratch.path)/other")
    let error = #expect(throws: ConfigurationError.self) { try load("missing.yaml") }
    #expect(error?.description.contains("missing.yaml:1:1: the configuration cannot be read: No such file") == true)
    #expect(throws: ConfigurationError.self) { try load(scratch.path) }
  }

  @Test func `the .env beside the file gives variables, and never overrides the real environment`() throws {
    scratch.makeFolder("here")
    scratch.write("here/isobar.yaml", "state: ${A}\nlimits:\n  max_workers: ${B}")
    scratch.write("here/.env", "A=/from/env\nB=3\nISOBAR_LOG__LEVEL=error\nAWS_ACCESS_KEY_ID=k\n")
    let settings = try load(nil, ["B": "4"])
    #expect(settings.state == "/from/env" && settings.limits.maxWorkers == 4 && settings.log.level == .error)
    #expect(settings.environment["AWS_ACCESS_KEY_ID"] == "k" && settings.environment["B"] == "4")
    scratch.write("here/.env", "oops")
    let error = #expect(throws: ConfigurationError.self) { try load() }
    #expect(error?.description.contains(".env:1:1") == true)
  }

  @Test func `secrets come from files and commands when they are asked for`() throws {
    scratch.makeFolder("here")
    scratch.write("here/secret", "from a file\n")
    scratch.write("here/empty", "\n")
    func secret(_ text: String) throws -> SecretReference {
      scratch.write("here/isobar.yaml", "stores: {a: {type: s3, bucket: b, access_key_id: k, secret_access_key: \"\(text)\"}}")
      return try #require(try load().stores[0].values.secret("secret_access_key"))
    }
    #expect(try secret("file:secret").resolve().reveal() == "from a file")
    #expect(try secret("command:printf 'a b\\\\n\\\\n'").resolve().reveal() == "a b")
    for (text, part) in [
      ("file:nowhere", "cannot be read: No such file"), ("file:empty", "gives nothing"),
      ("command:echo hunter2; echo sorry >&2; exit 3", "ended with status 3: sorry"), ("command:true", "gives nothing"),
    ] {
      let reference = try secret(text)
      let error = #expect(throws: ConfigurationError.self) { try reference.resolve() }
      #expect(error?.description.contains(part) == true, "\(String(describing: error))")
      #expect(error?.description.contains("hunter2") == false)
      #expect(error?.description.contains("stores.a.secret_access_key") == true)
    }
  }
}
