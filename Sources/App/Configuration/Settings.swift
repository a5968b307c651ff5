/// A configuration, understood and checked.
public struct Settings: Sendable {
  /// The configured stores, as they come in the file.
  public internal(set) var stores: [StoreSettings] = []
  /// The configured pairs, as they come in the file.
  public internal(set) var pairs: [PairSettings] = []
  /// What holds for pairs that do not say otherwise, also for those given on the command line.
  public internal(set) var defaults = PairOptions()
  /// How much a run may take.
  public internal(set) var limits = LimitSettings(values: OptionValues())
  /// Where the log goes.
  public internal(set) var log = LogSettings(values: OptionValues())
  /// The state folder, as an absolute path; nil for the usual place.
  public internal(set) var state: String?
  /// The file it was read from; nil if there is none.
  public internal(set) var file: String?
  /// The environment with the `.env` file's variables below it: what stores look for credentials in. May hold secrets.
  public internal(set) var environment: [String: String] = [:]

  /// The configured store `name`.
  public func store(named name: String) -> StoreSettings? { stores.first { $0.name == name } }

  /// The configured pair `name`.
  public func pair(named name: String) -> PairSettings? { pairs.first { $0.name == name } }
}

/// A configured store.
public struct StoreSettings: Hashable, Sendable {
  /// The name, as in `name:prefix`.
  public let name: String
  /// What kind of store it is.
  public let type: StoreType
  /// Its settings, of `type.options`. Required ones are there.
  public let values: OptionValues
  /// The store that it lies over; nil for a kind that lies over none.
  public let over: StoreBase?
  /// Where it stands.
  public let origin: SettingOrigin
}

/// The store that another one lies over.
public indirect enum StoreBase: Hashable, Sendable {
  /// A configured store, or a folder in it. It is there, and does not lie over the one that names it.
  case named(String, EndPrefix)
  /// A store that is configured in place, and has the name of the one that lies over it.
  case settings(StoreSettings)
}

/// A configured pair. With several right ends, each is a pair of its own with the left one.
public struct PairSettings: Hashable, Sendable {
  /// The name, as in `--pair NAME`.
  public let name: String
  /// The left end; local paths are absolute.
  public let left: End
  /// The right ends, one at least; local paths are absolute.
  public let right: [End]
  /// How it is synced, with the defaults filled in.
  public let options: PairOptions
  /// Where it stands.
  public let origin: SettingOrigin
}
