import Markup
import Testing

/// The objects of `--json`, which programs rely on, as recorded.
struct JSONGoldenTests {
  let folder = Folder()
  var left: String { folder.file("left") }
  var right: String { folder.file("right") }

  init() {
    folder.write("one", to: "left/one.txt")
    folder.write("two", to: "left/deep/two.txt")
    folder.write("kept", to: "right/three.txt")
  }

  func record(_ name: String, _ words: String..., code: Int32 = 0) async throws {
    let outcome = await isobar(
      words: words.map { Array($0.utf8) }, environment: ["ISOBAR_STATE": folder.file("state"), "HOME": folder.path])
    #expect(outcome.code == code, "\(outcome.errors)")
    expectGolden(String(decoding: steady(try outcome.json()).bytes(.pretty), as: UTF8.self) + "\n", "json/\(name).json")
  }

  /// What differs from run to run is replaced.
  func steady(_ value: JSONValue, key: String = "") -> JSONValue {
    switch value {
    case .object(let object): .object(JSONObject(object.members.map { .init($0.key, steady($0.value, key: $0.key)) }))
    case .array(let elements): .array(elements.map { steady($0) })
    case .number, .integer:
      ["seconds", "stateBytes"].contains(key) ? 0 : value
    case .string(let text):
      switch key {
      case "pair", "version", "started", "ended", "created", "deletedAt", "detected", "resolvedAt": .string("(\(key))")
      default: .string(plain(text))
      }
    default: value
    }
  }

  private func plain(_ text: String) -> String {
    guard let range = text.firstRange(of: folder.path) else { return text }
    return plain(text.replacingCharacters(in: range, with: "/FOLDER"))
  }

  @Test func `the objects are as recorded`() async throws {
    try await record("plan", "sync", left, right, "--dry-run", "--json")
    try await record("sync", "sync", left, right, "--json")
    try await record("nothing-to-do", "sync", left, right, "--json")
    folder.write("ours!", to: "left/one.txt")
    folder.write("theirs", to: "right/one.txt")
    folder.delete("left/deep/two.txt")
    try await record("conflict", "sync", left, right, "--conflict", "manual", "--json", code: 3)
    try await record("conflicts-list", "conflicts", "list", "--json", code: 3)
    try await record("status", "status", "--json", code: 3)
    try await record("history", "history", "--json")
    try await record("trash-list", "trash", "list", "--json")
    try await record("undo", "undo", "--json")
    try await record("check", "check", left, right, "--json", code: 1)
    try await record("du", "du", right, "--json")
    try await record("ls", "ls", "-R", right, "--json")
    try await record("doctor", "doctor", left, "--json")
    try await record("error", "sync", folder.file("nowhere"), right, "--json", code: 5)
  }
}

extension String {
  fileprivate func replacingCharacters(in range: Range<Index>, with text: String) -> String {
    String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
  }
}
