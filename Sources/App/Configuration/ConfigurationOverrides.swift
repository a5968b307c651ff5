import Primitives

/// What the flags of a command say, laid over file and environment.
public struct ConfigurationOverrides: Sendable {
  private struct Setting {
    let path: [String]
    let text: String
    let flag: String
  }

  private struct PairSetting {
    let name: String
    let texts: [String]
    let flag: String
  }

  private var settings: [Setting] = []
  private var pairSettings: [PairSetting] = []

  /// Nothing.
  public init() {}

  /// Sets one value by its path: `["limits", "max_workers"]`, `["state"]`.
  /// - Parameter flag: as typed, for messages: `--workers`.
  public mutating func set(_ path: [String], _ text: String, flag: String) {
    settings.append(Setting(path: path, text: text, flag: flag))
  }

  /// Sets an option of `PairOptions.table` for every pair of the run and for the defaults. Lists are added to what is configured.
  public mutating func setPairOption(_ name: String, _ texts: [String], flag: String) {
    pairSettings.append(PairSetting(name: name, texts: texts, flag: flag))
  }

  /// Sets an option of `PairOptions.table` for every pair of the run and for the defaults.
  public mutating func setPairOption(_ name: String, _ text: String, flag: String) { setPairOption(name, [text], flag: flag) }

  func apply(to root: inout SettingNode) {
    for setting in settings {
      root.set(setting.path[...], .scalar(setting.text, isPlain: true), origin: .flag(setting.flag))
    }
  }

  /// The pair options, read against the table.
  func pairValues(paths: PathBase, problems: ProblemList) -> [(name: String, value: OptionValue, origin: SettingOrigin)] {
    pairSettings.compactMap { setting in
      let origin = SettingOrigin.flag(setting.flag)
      guard let spec = PairOptions.table.first(where: { $0.name == setting.name }) else {
        preconditionFailure("\(setting.flag) sets “\(setting.name)”, which is no option of a pair")
      }
      if spec.kind == .list { return (spec.name, .list(setting.texts), origin) }
      do throws(OptionKind.Mismatch) {
        let value = try spec.kind.value(of: setting.texts.last ?? "", isPlain: true, origin: origin, keyPath: "", paths: paths)
        return (spec.name, value, origin)
      } catch {
        problems.add(origin, "", error.message)
        return nil
      }
    }
  }
}

extension PairOptions {
  /// Sets an option over what is there; a list is added to it.
  mutating func override(_ name: String, _ value: OptionValue, origin: SettingOrigin) {
    if case .list(let more) = value, let there = values.list(name) {
      set(name, .list(there + more), origin: origin)
    } else {
      set(name, value, origin: origin)
    }
  }
}
