import Catalog
import Glibc
import ObjectStorage
import Primitives
import Testing

@testable import Sync

/// People edit both sides at random, runs fail, die, are cancelled and raced: nothing is ever lost, and in the end both sides agree.
///
/// `ISOBAR_WORLDS` sets how many worlds are tried, `ISOBAR_SEED` the first seed.
@Suite struct RandomWorldTests {
  @Test func `whatever people and accidents do, nothing is lost and both sides agree in the end`() async throws {
    let worlds = Self.number("ISOBAR_WORLDS") ?? 120
    let first = Self.number("ISOBAR_SEED") ?? 1
    for seed in first..<first + worlds {
      do {
        if let problem = try await Self.problem(seed) { Issue.record("\(problem)") }
      } catch { Issue.record("world \(seed): \(error)") }
    }
  }

  @Test func `what was written survives to be seen on both sides`() async throws {
    let worlds = Self.number("ISOBAR_WORLDS") ?? 40
    let first = Self.number("ISOBAR_SEED") ?? 1
    for seed in first..<first + worlds {
      do {
        let world = try RandomWorld(seed: seed)
        world.options.conflicts = .keepBoth
        for _ in 0..<8 { try? await world.edit(Bool.random(using: &world.random) ? .left : .right) }
        if let problem = try await Self.quiet(world) { Issue.record("world \(seed): \(problem)") }
        let old = try await Self.visible(world)
        for _ in 0..<6 { try? await world.edit(Bool.random(using: &world.random) ? .left : .right) }
        var fresh = try await Self.visible(world).subtracting(old)
        for _ in 0..<Int.random(in: 1...3, using: &world.random) {
          let (written, taken) = try await world.troubledRun()
          fresh.subtract(taken)
          fresh.formUnion(written)
        }
        if let problem = try await Self.quiet(world) { Issue.record("world \(seed): \(problem)") }
        let gone = fresh.subtracting(try await Self.visible(world))
        if !gone.isEmpty { Issue.record("world \(seed): out of sight: \(gone)\n\(world.history)") }
      } catch { Issue.record("world \(seed): \(error)") }
    }
  }

  @Test func `a mirror becomes equal, whatever was there and whatever happens, and loses nothing`() async throws {
    let worlds = Self.number("ISOBAR_WORLDS") ?? 40
    let first = Self.number("ISOBAR_SEED") ?? 1
    for seed in first..<first + worlds {
      do {
        let world = try RandomWorld(seed: seed)
        world.options.direction = .mirror
        for _ in 0..<Int.random(in: 1...3, using: &world.random) {
          for side in PairSide.allCases {
            for _ in 0..<Int.random(in: 0...5, using: &world.random) { try? await world.edit(side) }
          }
          let before = try await world.reachable()
          let (written, taken) = try await world.troubledRun()
          let lost = before.union(written).subtracting(taken).subtracting(try await world.reachable())
          if !lost.isEmpty { Issue.record("world \(seed): lost \(lost)\n\(world.history)") }
        }
        let source = try await world.files(.left)
        if let problem = try await Self.quiet(world) { Issue.record("world \(seed): \(problem)") }
        if try await world.files(.left) != source { Issue.record("world \(seed): the source was changed\n\(world.history)") }
      } catch { Issue.record("world \(seed): \(error)") }
    }
  }

  @Test func `three places that share a folder agree in the end, and nothing is lost`() async throws {
    let worlds = Self.number("ISOBAR_WORLDS") ?? 20
    let first = Self.number("ISOBAR_SEED") ?? 1
    for seed in first..<first + worlds {
      do {
        let one = try RandomWorld(seed: seed)
        let two = try RandomWorld(seed: seed + 1_000_007, left: one.stores.left)
        for world in [one, two] where world.options.conflicts == .manual { world.options.conflicts = .newest }
        for _ in 0..<Int.random(in: 1...3, using: &one.random) {
          for _ in 0..<5 {
            try? await one.edit(Bool.random(using: &one.random) ? .left : .right)
            try? await two.edit(.right)
          }
          for world in [one, two, one] {
            let before = try await one.reachable().union(two.reachable())
            let (written, taken) = try await world.troubledRun()
            let lost = before.union(written).subtracting(taken).subtracting(try await one.reachable()).subtracting(
              try await two.reachable())
            if !lost.isEmpty { Issue.record("world \(seed): lost \(lost)\n\(one.history)\n---\n\(two.history)") }
          }
        }
        let before = try await one.reachable().union(two.reachable())
        for world in [one, two, one, two, one] {
          if let problem = try await Self.quiet(world) {
            Issue.record("world \(seed): \(problem)\n---\n\(one.history)\n---\n\(two.history)")
          }
        }
        let (left, right) = (try await one.files(.left), try await two.files(.right))
        if left != right { Issue.record("world \(seed): not in step: \(left) and \(right)\n\(one.history)\n---\n\(two.history)") }
        let lost = before.subtracting(try await one.reachable()).subtracting(try await two.reachable())
        if !lost.isEmpty { Issue.record("world \(seed): lost at last \(lost)\n\(one.history)\n---\n\(two.history)") }
      } catch { Issue.record("world \(seed): \(error)") }
    }
  }

  private static func visible(_ world: RandomWorld) async throws -> Set<String> {
    Set(try await world.files(.left).values).union(try await world.files(.right).values)
  }

  private static func number(_ name: String) -> UInt64? { getenv(name).flatMap { UInt64(String(cString: $0)) } }

  /// What went wrong in the world of a seed.
  private static func problem(_ seed: UInt64) async throws -> String? {
    let world = try RandomWorld(seed: seed)
    let policy = world.options.conflicts
    world.note("world \(seed): \(world.stores.left.identity.kind)-\(world.stores.right.identity.kind), \(policy)")
    for _ in 0..<Int.random(in: 2...5, using: &world.random) {
      for side in PairSide.allCases {
        for _ in 0..<Int.random(in: 0...4, using: &world.random) { try? await world.edit(side) }
      }
      let before = try await world.reachable()
      switch Int.random(in: 0..<12, using: &world.random) {
      case 0: try await world.undo()
      case 1: world.loseState()
      case 2: world.options.direction = .copy
      case 3: world.options.direction = .mirror
      default: break
      }
      if world.options.direction != .twoWay { world.note("one way: \(world.options.direction)") }
      let (written, taken) = try await world.troubledRun()
      world.options.direction = .twoWay
      let lost = before.union(written).subtracting(taken).subtracting(try await world.reachable())
      if !lost.isEmpty { return "lost \(lost)\n\(world.history)" }
    }

    if policy == .manual { world.options.conflicts = .keepBoth }
    return try await quiet(world)
  }

  /// Syncs until there is nothing to do.
  /// - Returns: why both sides do not agree then, or what is lost.
  private static func quiet(_ world: RandomWorld) async throws -> String? {
    let before = try await world.reachable()
    for round in 1...12 {
      if world.hasLocal { try await Task.sleep(for: .milliseconds(25)) }
      let plan = try await world.withPair { try await $0.plan() }
      if plan.totals.operations.values.allSatisfy({ $0 == 0 }) { break }
      if round == 12 { return "no rest: \(plan.totals.operations)\n\(world.history)" }
      world.note("quiet run: \(plan.totals.operations.filter { $0.value > 0 })")
      let summary = try await world.withPair { try await $0.run() }
      for failure in summary.failures {
        world.note("    failed: \(failure)")
        // A file and a folder of one name cannot both be there: somebody has to rename the file.
        guard failure.code == StorageError.Code.alreadyExists.description else { continue }
        for side in PairSide.allCases {
          for file in try await world.files(side).keys.sorted() {
            let isInTheWay =
              file.bytes[...] == failure.key.withoutSlash || failure.key.isBelow(ObjectKey(trusted: file.bytes + [0x2F]))
            guard isInTheWay else { continue }
            let other = ObjectKey(trusted: file.bytes + Array(".renamed-\(side)".utf8))
            world.note("    \(side) renames \(file) out of the way")
            _ = try? await world.stores[side].move(file, to: other, CopyOptions())
          }
        }
      }
    }
    let (left, right) = (try await world.files(.left), try await world.files(.right))
    if left != right { return "not in step: \(left) and \(right)\n\(world.history)" }
    let lost = before.subtracting(try await world.reachable())
    return lost.isEmpty ? nil : "lost at last \(lost)\n\(world.history)"
  }
}
