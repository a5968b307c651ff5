import Arguments
import Catalog
import Configuration
import Glibc
import Primitives

/// What is remembered between runs, and the pairs in it that a command is about.
struct StateAccess {
  /// The state folder.
  let directory: StateDirectory
  /// The folder's pairs.
  let listings: [PairListing]

  /// Opens the folder that the call names.
  init(_ call: Call) throws {
    let named = call.arguments.argument("state")
    if let named, access(named.text, F_OK) != 0 {
      // A typing error must not make a folder.
      throw CommandError.usage("there is no state folder \(named.display): nothing was synced with it yet")
    }
    let path = try named?.bytes ?? SettingsFlags.load(call).state.map { Array($0.utf8) }
    directory = try StateDirectory.open(path ?? StateDirectory.defaultPath(environment: call.console.environment))
    listings = try directory.pairs()
  }

  /// The pairs that `--pair` means; all where it is not given.
  func selected(_ call: Call) throws -> [PairListing] {
    guard let wanted = call.arguments.argument("pair") else { return listings }
    return [try find(wanted, call)]
  }

  /// The one pair that `--pair` means; where it is not given, the only one there is.
  func one(_ call: Call) throws -> PairListing {
    if let wanted = call.arguments.argument("pair") { return try find(wanted, call) }
    if listings.count == 1 { return listings[0] }
    guard !listings.isEmpty else {
      throw CommandError.usage("nothing was synced yet with this state folder (\(directory.displayPath))")
    }
    throw CommandError.usage(
      "which pair? There are \(listings.count)", advice: "Name one with --pair: `isobar status` lists them with their ids.")
  }

  private func find(_ wanted: Argument, _ call: Call) throws -> PairListing {
    let text = wanted.text
    let named = listings.filter { memory(of: $0)?.name == text }
    let matches =
      named.count == 1
      ? named
      : listings.filter { listing in
        listing.id == text || (text.utf8.count >= 4 && listing.id.hasPrefix(text))
          || memory(of: listing)?.name == text
          || (listing.record.map { $0.left.displayName == text || $0.right.displayName == text } ?? false)
      }
    if matches.count == 1 { return matches[0] }
    throw CommandError.usage(
      matches.isEmpty ? "no pair '\(wanted.display)' is remembered here" : "'\(wanted.display)' means \(matches.count) pairs",
      advice: "`isobar status` lists the pairs with their ids.")
  }

  /// How a pair was named when it was synced; nil where that is not known.
  func memory(of listing: PairListing) -> PairMemory? {
    guard listing.record != nil, let catalog = try? look(listing) else { return nil }
    defer { catalog.close() }
    return PairMemory(catalog)
  }

  /// Opens a pair to look at it. Works while an engine is at work on it.
  func look(_ listing: PairListing) throws -> PairCatalog {
    try PairCatalog.openReadOnly(directory, id: listing.id, clock: .system)
  }
}

extension PairListing {
  /// The pair, if its record can be read.
  var record: PairRecord? { if case .known(let record, _, _, _, _) = content { record } else { nil } }

  /// Both ends, for people.
  var title: String { record.map { "\($0.left.displayName) ↔ \($0.right.displayName)" } ?? "pair \(id)" }
}
