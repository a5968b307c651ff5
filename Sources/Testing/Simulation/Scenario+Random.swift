import Catalog
import Primitives
import Sync

extension Scenario {
  private static let names = ["a", "A", "b", "d/a", "d/b", "d/e/a", "d/e/b", "f/a"]
  /// Names of files that are folders elsewhere.
  private static let folderNames = ["d", "f", "d/e"]
  private static let folders = ["d/", "d/e/", "f/", "g/"]

  /// The scenario of a seed.
  public static func random(seed: UInt64) -> Scenario {
    var generator = Generator(random: SeededRandom(seed: seed))
    return generator.scenario()
  }

  private struct Generator {
    var random: SeededRandom
    /// Names that something has just happened to: two things happen to one name more often than chance would have it.
    var recent: [String] = []
    var names = Scenario.names

    mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }
    mutating func chance(_ count: Int, of total: Int) -> Bool { below(total) < count }
    mutating func pick<Value>(_ values: [Value]) -> Value { values[below(values.count)] }
    mutating func side() -> Side { chance(1, of: 2) ? .left : .right }
    mutating func name() -> String {
      if !recent.isEmpty, chance(2, of: 5) { return pick(recent) }
      let name = chance(1, of: 16) ? pick(Scenario.folderNames) : pick(names)
      recent = recent.suffix(3) + [name]
      return name
    }

    mutating func scenario() -> Scenario {
      let pairs: [(StoreKind, StoreKind)] = [
        (.folder, .strict), (.folder, .bucket), (.folder, .bucket), (.folder, .checked), (.folder, .modest), (.folder, .folder),
        (.strict, .strict),
        (.modest, .folder), (.strict, .modest), (.folder, .azure), (.folder, .gcs), (.folder, .dropbox), (.gcs, .azure),
        (.dropbox, .gcs),
      ]
      let (left, right) = pick(pairs)
      if left == .dropbox || right == .dropbox { names.removeAll { $0 == "A" } }
      let setup = Setup(
        left: left, right: right, policy: pick(ConflictPolicy.allCases + [.keepBoth, .keepBoth]).rawValue,
        concurrency: pick([1, 2, 4]), pageSize: pick([1, 3, 1000]),
        retries: chance(2, of: 3))
      if chance(1, of: 20) { return comesAgain(setup) }
      var steps: [Step] = []
      for _ in 0..<below(6) + 1 { steps.append(.edit(side(), edit())) }
      if chance(3, of: 4) {
        // Both sides know each other before anything goes wrong.
        steps.append(.run(Run(seed: random.next() >> 16)))
        if chance(1, of: 6) { steps.append(.saveState) }
      }
      for _ in 0..<below(3) + 1 {
        for _ in 0..<below(6) { steps.append(.edit(side(), edit())) }
        if chance(1, of: 6) { steps.append(between()) }
        steps.append(.run(run(setup)))
      }
      return Scenario(setup: setup, steps: steps)
    }

    /// What was there once comes again, and the state is, or may be, older than its going: in a bucket it has its old version.
    mutating func comesAgain(_ setup: Setup) -> Scenario {
      var setup = setup
      setup.right = .bucket
      names = [pick(names), pick(names)]
      let isBackup = chance(1, of: 2)
      var steps: [Step] = [.edit(side(), .write(names[0])), .edit(side(), .write(names[1])), .run(Run(seed: random.next() >> 16))]
      if isBackup { steps.append(.saveState) }
      for _ in 0..<below(2) + 1 { steps.append(.edit(side(), edit())) }
      var run = Run(seed: random.next() >> 16)
      if !isBackup {
        let flush = Trouble.crashAtFlush(side(), powerLost: true)
        run.troubles.append(chance(1, of: 2) ? flush : .crashAtDisk(change: below(60) + 1, powerLost: true))
      }
      steps.append(.run(run))
      for _ in 0..<below(2) + 1 { steps.append(.edit(side(), chance(2, of: 3) ? .rewrite(pick(names)) : edit())) }
      if isBackup { steps.append(.restoreState) }
      steps.append(.run(chance(1, of: 2) ? Run(seed: random.next() >> 16) : self.run(setup)))
      return Scenario(setup: setup, steps: steps)
    }

    mutating func between() -> Step {
      switch below(8) {
      case 0: .loseState
      case 1: .saveState
      case 2, 3: .restoreState
      case 4: .undo(random.next() >> 32)
      case 5: .setClock(Int64(below(200_000)) - 100_000)
      default: .exclude([pick(["d/", "b", "*.conflict*", "f/a"])])
      }
    }

    mutating func edit() -> Edit {
      switch below(15) {
      case 0..<5: .write(name())
      case 5: .writeCommon(name(), below(2))
      case 6, 7: .delete(name())
      case 8, 9: .rename(name(), to: name())
      case 10: .touch(name())
      case 14: .rewrite(name())
      case 11: .makeFolder(pick(Scenario.folders))
      case 12: .renameFolder(pick(Scenario.folders), to: pick(["h/", "d/", "d/e/", "k/"]))
      default: .swap(name(), name())
      }
    }

    mutating func run(_ setup: Setup) -> Run {
      var run = Run(
        seed: random.next() >> 16, direction: chance(1, of: 12) ? pick([.copy, .mirror]) : .twoWay, rehash: chance(1, of: 12),
        troubles: [])
      // Most runs have one trouble, some none, some many.
      let count = pick([0, 1, 1, 1, 2, 3])
      for _ in 0..<count { run.troubles.append(trouble(setup)) }
      if chance(1, of: 3), let race = race(setup) { run.troubles.append(race) }
      return run
    }

    /// Somebody edits what the engine is about to change.
    mutating func race(_ setup: Setup) -> Trouble? {
      let side = side()
      let kind = BothSides(left: setup.left, right: setup.right)
      let place = chance(1, of: 8) ? .opposite : pick([RacePlace.source, .destination])
      let edit: RaceEdit =
        switch below(8) {
        case 0, 1, 2: .write
        case 3: .delete
        case 4: .touch
        case 5: .rewrite
        case 6: .rename(to: name())
        default: .replace(by: name())
        }
      let change = below(chance(1, of: 2) ? 3 : 12) + 1
      let edited = place == .opposite ? side.side.other : side.side
      return kind[edited].keepsApart ? .race(side, change: change, place, edit) : nil
    }

    mutating func trouble(_ setup: Setup) -> Trouble {
      let side = side()
      let kind = side == .left ? setup.left : setup.right
      let call = below(chance(1, of: 2) ? 16 : 40) + 1
      let rate = pick([50, 150, 400])
      switch below(20) {
      case 0, 1: return .crash(call: call, after: chance(1, of: 2), powerLost: chance(1, of: 2))
      case 2: return .crashAtDisk(change: below(60) + 1, powerLost: chance(2, of: 3))
      case 3: return .crashAtFlush(side, powerLost: chance(2, of: 3))
      case 4: return chance(1, of: 2) ? .crashAtFlush(side, powerLost: true) : .cancel(call: call)
      case 5, 6, 7, 8:
        return kind.keepsApart ? .meddle(call: call, side, edit()) : .crash(call: call, after: true, powerLost: false)
      case 9: return .setClock(call: call, seconds: Int64(below(20_000)) - 10_000)
      case 10: return .unreachable(side, rate: rate)
      case 11: return .lostAnswers(side, rate: rate)
      case 12: return kind.isStrict ? .late(side, rate: rate) : .lostAnswers(side, rate: rate)
      case 13: return .throttled(side, rate: rate)
      case 14: return .brokenBodies(side, rate: rate)
      case 15: return .shortBodies(side, rate: rate)
      case 16: return .slow(side, rate: rate)
      case 17:
        if !kind.isStrict { return .unreachable(side, rate: rate) }
        return chance(1, of: 2) ? .incompleteListings(side, rate: rate) : .oldListings(side, rate: rate)
      case 18: return .denied(side, pick(["d/", "a", "d/e/", "f/a"]))
      default: return chance(1, of: 2) ? .full(side, call: call) : .diskFull(call: call)
      }
    }
  }
}
