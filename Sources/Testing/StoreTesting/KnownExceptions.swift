/// What the stores of the tests are known not to keep of the contract, each with the reason: the one place that says so. The tests hold the
/// stores against it, and `docs/providers/README.md` shows it.
public enum KnownExceptions {
  /// A store, by its name in that page.
  public struct Subject: Sendable {
    /// The name.
    public let name: String
    /// What it does not keep.
    public let exceptions: [ConformanceException]
  }

  /// All of them, in the order of the page.
  public static let all = [
    Subject(name: "S3: rclone's server", exceptions: s3RcloneServer), Subject(name: "S3: moto", exceptions: s3Moto),
    Subject(name: "Azure Blob Storage", exceptions: azure), Subject(name: "Google Cloud Storage", exceptions: gcs),
    Subject(name: "Google Cloud Storage: fake-gcs-server", exceptions: gcsFake),
    Subject(name: "Google Cloud Storage: gcp-storage-emulator", exceptions: gcsPython),
    Subject(name: "Dropbox", exceptions: dropbox),
  ]

  private static func several(_ reason: String, _ checks: [(Int, String)]) -> [ConformanceException] {
    checks.map { ConformanceException($0.0, $0.1, reason: reason) }
  }

  // MARK: S3

  /// `rclone serve s3`.
  public static let s3RcloneServer =
    several(
      "its objects are files: a folder's marker would become one",
      [
        (11, "an empty folder can be written, listed and deleted"), (11, "deleting a folder never deletes what is in it"),
        (11, "a folder and files in it live side by side"),
      ]) + [
      ConformanceException(7, "a file beside a folder of its name is kept or refused", reason: "its objects are files"),
      ConformanceException(
        13, "parts sent out of order and again make the object", reason: "it takes parts in order, and each once"),
      // Any client sees it, some reads in a thousand.
      ConformanceException(
        2, "readers beside a writer see whole contents only", isIntermittent: true,
        reason: "it overwrites files in place: at times a read gives the new content at the old length"),
    ]

  /// moto's server.
  public static let s3Moto = [
    ConformanceException(7, "newlines and control characters are kept", reason: "its paths end at a line feed")
  ]

  // MARK: Azure

  /// The service.
  public static let azure =
    [
      ConformanceException(7, "newlines and control characters are kept", reason: "the service allows no control characters"),
      ConformanceException(7, "quotes, brackets and backslashes are kept", reason: "the service takes a backslash for a slash"),
    ]
    + several(
      "the service keeps no dot at the end of a part of a name",
      [(7, "dots are kept"), (7, "names that begin alike are told apart")])

  // MARK: Google Cloud Storage

  /// The service.
  public static let gcs = [
    ConformanceException(7, "newlines and control characters are kept", reason: "the service allows no line ends in names")
  ]

  private static let gcsServers =
    gcs
    + several(
      "it compares no generation where it joins, copies or deletes",
      [
        (5, "copies keep the conditions on source and target"), (5, "moves keep the conditions on source and target"),
        (5, "deletes can name a state"), (5, "ifAbsent holds for objects in parts"),
        (13, "parts keep the condition until complete"), (15, "each target has its own outcome in the order asked"),
      ])

  /// fake-gcs-server.
  public static let gcsFake =
    gcsServers
    + several("it gives all folders with the first page", [(3, "one level folds what lies deeper into its folder")])

  /// gcp-storage-emulator.
  public static let gcsPython =
    gcsServers
    + several(
      "it compares no generation where it writes",
      [
        (5, "ifAbsent writes a new object and refuses one that is there"), (5, "ifMatches replaces only the named state"),
        (5, "of sixteen ifAbsent writers exactly one wins"), (5, "of sixteen ifMatches writers exactly one wins"),
      ])
    + several(
      "it does not say which generation it gives",
      [(4, "receipt, stat, read and listing agree on the version"), (5, "reads can name a state")])
    + several(
      "its objects are files: none lies beside a folder of its name",
      [
        (7, "a file beside a folder of its name is kept or refused"), (11, "a folder and files in it live side by side"),
        (11, "deleting a folder never deletes what is in it"),
      ])
    + [ConformanceException(12, "a copy can be given other metadata", reason: "its copies take over the source's metadata")]

  // MARK: Dropbox

  /// The service.
  public static let dropbox = [
    ConformanceException(7, "spaces are kept", reason: "no name ends in a space"),
    ConformanceException(
      7, "composed and decomposed spellings are two names", reason: "names are brought to Form C, so that others are refused"),
    ConformanceException(7, "upper and lower case are two names", reason: "names that differ in case alone are one"),
    ConformanceException(7, "newlines and control characters are kept", reason: "no name has a DEL"),
    ConformanceException(7, "quotes, brackets and backslashes are kept", reason: "no name has a backslash"),
    ConformanceException(7, "names that begin alike are told apart", reason: "no name ends in a space"),
  ]
}
