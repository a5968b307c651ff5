import Primitives

/// Makes `Settings` of a tree, and a list of all that is wrong.
struct SettingsReader {
  let problems: ProblemList
  let paths: PathBase

  static let sections = ["stores", "pairs", "defaults", "limits", "log", "state"]

  private var options: OptionReader { OptionReader(problems: problems, paths: paths) }

  func read(_ root: SettingNode, flags: ConfigurationOverrides) -> Settings {
    var settings = Settings()
    guard let entries = root.entries else {
      problems.add(root.origin, "", "must be a mapping of sections (\(Self.sections.joined(separator: ", "))), is \(root.kind)")
      return settings
    }
    for entry in entries where !Self.sections.contains(entry.key) { options.unknown(entry, known: Self.sections) }
    settings.stores = StoreBases(problems: problems, node: root["stores"]).checked(named(root["stores"]).compactMap(store))
    let overrides = flags.pairValues(paths: paths, problems: problems)
    let defaults = PairOptions(values: root["defaults"].map { options.read($0, PairOptions.table) } ?? OptionValues())
    settings.defaults = Self.overridden(defaults, overrides)
    settings.pairs = named(root["pairs"]).compactMap { pair($0, settings, defaults, overrides) }
    if let node = root["limits"] { settings.limits = LimitSettings(values: options.read(node, LimitSettings.table)) }
    if let node = root["log"] { settings.log = LogSettings(values: options.read(node, LogSettings.table)) }
    settings.state = state(root)
    return settings
  }

  private func state(_ root: SettingNode) -> String? {
    guard let node = root["state"], !node.isNothing else { return nil }
    guard case .scalar(let text, _) = node.content, !text.isEmpty, !text.utf8.contains(0) else {
      problems.add(node.origin, node.keyPath, "must be a path, is \(node.kind)")
      return nil
    }
    return paths.resolve(text)
  }

  /// The entries of a section whose keys are names.
  private func named(_ section: SettingNode?) -> [SettingNode.Entry] {
    guard let section else { return [] }
    guard let entries = section.entries else {
      problems.add(section.origin, section.keyPath, "must be a mapping of names to their settings, is \(section.kind)")
      return []
    }
    return entries.filter { entry in
      if End.isStoreName(entry.key) { return true }
      problems.add(entry.origin, entry.value.keyPath, "a name must be of letters, digits, _ . - and at most 64 characters")
      return false
    }
  }

  private func store(_ entry: SettingNode.Entry) -> StoreSettings? {
    guard !["s3", "gs", "file", "memory", "http", "https"].contains(entry.key) else {
      problems.add(entry.origin, entry.value.keyPath, "this name is the beginning of URLs: choose another")
      return nil
    }
    return settings(entry)
  }

  /// The store whose settings `entry` has.
  func settings(_ entry: SettingNode.Entry) -> StoreSettings? {
    guard entry.value.entries != nil else {
      problems.add(entry.value.origin, entry.value.keyPath, "must be a mapping of keys to values, is \(entry.value.kind)")
      return nil
    }
    let kinds = StoreType.allCases.map(\.rawValue)
    guard let typeNode = entry.value["type"], case .scalar(let text, _) = typeNode.content else {
      problems.add(entry.origin, entry.value.keyPath, "“type” is missing; it is one of \(kinds.joined(separator: ", "))")
      return nil
    }
    guard let type = StoreType(rawValue: text) else {
      let hint = Suggestion.closest(to: text, in: kinds).map { "; did you mean \($0)?" } ?? ""
      problems.add(typeNode.origin, typeNode.keyPath, "must be one of \(kinds.joined(separator: ", "))\(hint)")
      return nil
    }
    let over = type.liesOver ? base(entry) : nil
    let values = options.read(entry.value, type.options, others: type.liesOver ? ["type", "over"] : ["type"])
    for spec in type.options where spec.isRequired && values[spec.name] == nil {
      // A value that is there but wrong was told of already, also where it is a variable that is not set.
      if let node = entry.value[spec.name], !node.isNothing || problems.hasProblem(at: node.keyPath) { continue }

      problems.add(entry.origin, entry.value.keyPath, "“\(spec.name)” is missing: \(spec.kind.accepted)")
    }
    check(type, values, entry)
    if type.liesOver, over == nil { return nil }
    return StoreSettings(name: entry.key, type: type, values: values, over: over, origin: entry.origin)
  }

  /// What one setting needs of another.
  private func check(_ type: StoreType, _ values: OptionValues, _ entry: SettingNode.Entry) {
    if type == .encrypt { checkEncryption(values, entry) }
    if type == .gcs, values.flag("anonymous") == true, values["credentials"] != nil {
      problems.add(
        values.origin(of: "anonymous"), "\(entry.value.keyPath).anonymous", "cannot be true where there are credentials")
    }
    if type == .azure { checkAzure(values, entry) }
    if type == .dropbox, values["refresh_token"] != nil, values["app_key"] == nil {
      problems.add(
        values.origin(of: "refresh_token"), "\(entry.value.keyPath).refresh_token", "needs app_key beside it")
    }
    guard type == .s3 else { return }
    let (hasID, hasSecret) = (values["access_key_id"] != nil, values["secret_access_key"] != nil)
    if hasID != hasSecret {
      let given = hasID ? "access_key_id" : "secret_access_key"
      problems.add(
        values.origin(of: given), "\(entry.value.keyPath).\(given)",
        "needs \(hasID ? "secret_access_key" : "access_key_id") beside it")
    }
    if values.flag("anonymous") == true, hasID {
      problems.add(
        values.origin(of: "anonymous"), "\(entry.value.keyPath).anonymous", "cannot be true where there is an access key")
    }
    if values["kms_key_id"] != nil, values.text("sse") != "kms" {
      problems.add(values.origin(of: "kms_key_id"), "\(entry.value.keyPath).kms_key_id", "needs sse: kms")
    }
  }

  /// All that a way to sign in takes. Of several the first in the order of the settings is used.
  private func checkAzure(_ values: OptionValues, _ entry: SettingNode.Entry) {
    let ways = ["connection_string", "account_key", "sas_token", "client_secret"]
    if values.flag("anonymous") == true, ways.contains(where: { values[$0] != nil }) {
      problems.add(
        values.origin(of: "anonymous"), "\(entry.value.keyPath).anonymous", "cannot be true where there are credentials")
    }
    let application = ["tenant_id", "client_id", "client_secret"]
    guard values["client_secret"] != nil else { return }
    for missing in application where values[missing] == nil {
      problems.add(
        values.origin(of: "client_secret"), "\(entry.value.keyPath).client_secret", "needs \(missing) beside it")
    }
  }

  /// One key, and only one, opens a store.
  private func checkEncryption(_ values: OptionValues, _ entry: SettingNode.Entry) {
    let path = entry.value.keyPath
    if values["passphrase"] == nil {
      // A value that is there but wrong was told of already.
      let isTold = ["identity", "passphrase"].contains { problems.hasProblem(at: "\(path).\($0)") }
      if values["identity"] == nil, !isTold {
        problems.add(entry.origin, path, "“identity” is missing (or “passphrase”): what is written could not be read back")
      }
      return
    }
    for name in ["identity", "recipients"] where values[name] != nil {
      problems.add(values.origin(of: name), "\(path).\(name)", "cannot stand beside a passphrase, which opens the store alone")
    }
  }

  // MARK: Pairs

  private typealias Override = (name: String, value: OptionValue, origin: SettingOrigin)

  private static func overridden(_ options: PairOptions, _ overrides: [Override]) -> PairOptions {
    var options = options
    for (name, value, origin) in overrides { options.override(name, value, origin: origin) }
    return options
  }

  private func pair(
    _ entry: SettingNode.Entry, _ settings: Settings, _ defaults: PairOptions, _ overrides: [Override]
  ) -> PairSettings? {
    guard entry.value.entries != nil, !entry.value.isNothing else {
      problems.add(entry.value.origin, entry.value.keyPath, "must be a mapping with “left” and “right”, is \(entry.value.kind)")
      return nil
    }
    let own = PairOptions(values: options.read(entry.value, PairOptions.table, others: ["left", "right"]))
    let all = Self.overridden(own.filled(from: defaults), overrides)
    let left = ends(entry, "left", settings)
    let right = ends(entry, "right", settings)
    if left.count > 1, let node = entry.value["left"] {
      problems.add(node.origin, node.keyPath, "must be one end; lists are for “right”")
    }
    guard left.count == 1, !right.isEmpty else { return nil }
    for (index, end) in right.enumerated() where end == left[0] || right[..<index].contains(end) {
      problems.add(entry.origin, entry.value.keyPath, "\(end) is there twice")
    }
    return PairSettings(name: entry.key, left: left[0], right: right, options: all, origin: entry.origin)
  }

  private func ends(_ entry: SettingNode.Entry, _ key: String, _ settings: Settings) -> [End] {
    guard let node = entry.value[key], !node.isNothing else {
      problems.add(entry.origin, entry.value.keyPath, "“\(key)” is missing: a path, s3://BUCKET/PREFIX or STORE:PREFIX")
      return []
    }
    let nodes: [SettingNode]
    if case .list(let elements) = node.content { nodes = elements } else { nodes = [node] }
    if nodes.isEmpty { problems.add(node.origin, node.keyPath, "must name one end at least") }
    return nodes.compactMap { end($0, settings) }
  }

  private func end(_ node: SettingNode, _ settings: Settings) -> End? {
    guard case .scalar(let text, _) = node.content else {
      problems.add(node.origin, node.keyPath, "must be a path, s3://BUCKET/PREFIX or STORE:PREFIX, is \(node.kind)")
      return nil
    }
    do {
      let end = try End.parse(text)
      if case .store(let name, _) = end, !knownStores(settings).contains(name) {
        let hint = Suggestion.closest(to: name, in: knownStores(settings)).map { "; did you mean “\($0)”?" } ?? ""
        problems.add(node.origin, node.keyPath, "there is no store “\(name)”\(hint)")
        return nil
      }
      return end.resolved(folder: paths.folder, home: paths.home)
    } catch {
      problems.add(node.origin, node.keyPath, error.message)
      return nil
    }
  }

  private func knownStores(_ settings: Settings) -> [String] { settings.stores.map(\.name) }
}
