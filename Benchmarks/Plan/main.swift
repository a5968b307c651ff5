import Catalog
import Glibc
import ObjectStorage
import Primitives
import Sync

// What a run with nothing to do costs the engine itself: two listings made up on the spot, and a base tree on disk.
//   PlanBenchmark fill COUNT FOLDER    writes the base tree into a state folder
//   PlanBenchmark run COUNT FOLDER     runs; fails if there is anything to do

let arguments = CommandLine.arguments
guard arguments.count == 4, let count = Int(arguments[2]), ["fill", "run"].contains(arguments[1]) else {
  print("usage: PlanBenchmark fill|run COUNT FOLDER")
  exit(2)
}

let stores = ["left", "right"].map { side in
  ListedStore(identity: StoreIdentity(kind: "listed", displayName: side, stableID: "listed:\(side)"), count: count)
}
let pair = try PairRecord(
  id: "0123456789abcdef", left: PairEnd(stableID: "listed:left", displayName: "left"),
  right: PairEnd(stableID: "listed:right", displayName: "right"), created: Timestamp(seconds: 1_700_000_000))
let catalog = try PairCatalog.open(StateDirectory.open(Array(arguments[3].utf8)), pair: pair, clock: .system)

if arguments[1] == "fill" {
  var changes: [BaseChange] = []
  for index in 0..<count {
    if index % ListedStore.filesPerFolder == 0 {
      let folder = try ObjectKey(ListedStore.folder(index / ListedStore.filesPerFolder))
      changes.append(.set(BaseEntry(key: folder, size: 0)))
    }
    let state = SideState(version: ListedStore.version(index))
    changes.append(.set(BaseEntry(key: ListedStore.key(index), size: Int64(index % 100_000), left: state, right: state)))
    if changes.count >= 10_000 {
      try catalog.apply(changes)
      changes = []
    }
  }
  try catalog.apply(changes)
} else {
  let sync = PairSync(left: SyncEnd(store: stores[0]), right: SyncEnd(store: stores[1]), catalog: catalog, options: SyncOptions())
  let summary = try await sync.run()
  print("\(summary.paths) paths, \(summary.transferred) transferred, \(summary.deleted) deleted, \(summary.failed) failed")
  guard summary.paths >= count, summary.transferred + summary.deleted + summary.adopted + summary.failed == 0 else { exit(1) }
}
catalog.close()
