import Markup

/// A configuration before it is understood: the file's tree with variables expanded, the environment and flags laid over it.
struct SettingNode {
  struct Entry {
    var key: String
    var origin: SettingOrigin
    var value: SettingNode
  }

  indirect enum Content {
    case nothing
    /// `isPlain`: not in quotes, so it may mean a number or a truth value.
    case scalar(String, isPlain: Bool)
    case list([SettingNode])
    case map([Entry])
  }

  var content: Content
  var origin: SettingOrigin
  var keyPath: String

  init(_ content: Content, origin: SettingOrigin, keyPath: String) {
    self.content = content
    self.origin = origin
    self.keyPath = keyPath
  }

  /// The tree of a YAML file. Variables that cannot be expanded become problems.
  init(_ node: YAMLNode, file: String, keyPath: String = "", problems: ProblemList, _ lookUp: (String) -> String?) {
    self.init(.nothing, origin: .file(file, line: node.place.line, column: node.place.column), keyPath: keyPath)
    switch node.content {
    case .scalar(let scalar):
      if node.isNull { return }
      do {
        let text = try VariableExpansion.expand(scalar.text, lookUp)
        // A variable with nothing in it says nothing, as if the key were not there.
        let isPlain = scalar.style == .plain
        content = text.isEmpty && isPlain ? .nothing : .scalar(text, isPlain: isPlain)
      } catch {
        problems.add(origin, keyPath, "\(error)")
      }
    case .sequence(let elements):
      content = .list(
        elements.enumerated().map { index, element in
          SettingNode(element, file: file, keyPath: "\(keyPath)[\(index)]", problems: problems, lookUp)
        })
    case .mapping(let entries):
      content = .map(
        entries.map { entry in
          Entry(
            key: entry.key, origin: .file(file, line: entry.keyPlace.line, column: entry.keyPlace.column),
            value: SettingNode(
              entry.value, file: file, keyPath: Self.join(keyPath, entry.key), problems: problems, lookUp))
        })
    }
  }

  static func join(_ path: String, _ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  /// What it is, for a message.
  var kind: String {
    switch content {
    case .nothing: "nothing"
    case .scalar: "a text"
    case .list: "a list"
    case .map: "a mapping"
    }
  }

  var isNothing: Bool { if case .nothing = content { true } else { false } }

  /// The entries of a mapping; empty for nothing; nil for anything else.
  var entries: [Entry]? {
    switch content {
    case .nothing: []
    case .map(let entries): entries
    default: nil
    }
  }

  subscript(key: String) -> SettingNode? { entries?.first { $0.key == key }?.value }

  /// Puts `content` at the end of a path, making mappings on the way where there is nothing.
  mutating func set(_ path: ArraySlice<String>, _ content: Content, origin: SettingOrigin) {
    guard let key = path.first else {
      self.content = content
      self.origin = origin
      return
    }
    // What is in the way is wrong already; the reader of the tree says so.
    guard var entries else { return }
    if let index = entries.firstIndex(where: { $0.key == key }) {
      entries[index].value.set(path.dropFirst(), content, origin: origin)
    } else {
      var value = SettingNode(.nothing, origin: origin, keyPath: Self.join(keyPath, key))
      value.set(path.dropFirst(), content, origin: origin)
      entries.append(Entry(key: key, origin: origin, value: value))
    }
    self.content = .map(entries)
  }
}
