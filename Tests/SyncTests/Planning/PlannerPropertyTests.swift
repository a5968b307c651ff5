import Catalog
import Glibc
import ObjectStorage
import Primitives
import Testing

@testable import Sync

/// What holds for whatever trees: properties of the plans of random worlds, in which trees have much in common. Inspired by the
/// properties that Dropbox states for its planner (CanopyCheck, "Testing sync at Dropbox", 2020).
///
/// `ISOBAR_WORLDS` sets how many worlds are tried, `ISOBAR_SEED` the first seed.
@Suite struct PlannerPropertyTests {
  private func worlds(_ count: UInt64 = 1500, _ body: (ModelWorld, inout SeededRandom) async throws -> String?) async {
    func number(_ name: String) -> UInt64? { getenv(name).flatMap { UInt64(String(cString: $0)) } }
    let first = number("ISOBAR_SEED") ?? 1
    for seed in first..<first + (number("ISOBAR_WORLDS") ?? count) {
      var random = SeededRandom(seed: seed)
      let world = ModelWorld.random(using: &random)
      do {
        if let problem = try await body(world, &random) { Issue.record("world \(seed): \(problem)") }
      } catch { Issue.record("world \(seed): \(error)") }
    }
  }

  private func rest(_ world: inout ModelWorld, using random: inout SeededRandom) async throws -> Int? {
    for round in 0..<4 {
      let plan = try await world.plan()
      if plan.isEmpty { return round }
      try world.carryOut(plan, using: &random)
    }
    return nil
  }

  @Test func `a plan, carried out in any order, brings the sides in step, and the next plan is empty`() async {
    await worlds { start, random in
      var world = start
      guard let rounds = try await rest(&world, using: &random) else { return "there is always more to do" }
      // A folder may only be seen to be empty when what was in it is gone.
      if rounds > 2 { return "\(rounds) plans were needed" }
      return world.disagreement
    }
  }

  @Test func `the order in which a plan is carried out changes nothing`() async {
    await worlds { start, random in
      let plan = try await start.plan()
      var one = start
      var two = start
      try one.carryOut(plan, using: &random)
      try two.carryOut(plan, using: &random)
      return one.sides.left.contents == two.sides.left.contents && one.sides.right.contents == two.sides.right.contents
        && one.sides.left.folders == two.sides.left.folders && one.sides.right.folders == two.sides.right.folders
        ? nil : "two orders, two results"
    }
  }

  @Test func `the same trees give the same plan`() async {
    await worlds { start, _ in
      let plans = [try await start.plan(), try await start.plan()]
      var lines: [[String]] = []
      for plan in plans {
        var found: [String] = []
        for phase in 0..<SyncPlan.phases {
          let cursor = try plan.operations(phase: phase)
          while let operation = try cursor.next() {
            found.append("\(operation.kind) \(operation.key) \(operation.side) \(operation.from?.key.description ?? "")")
          }
        }
        lines.append(found)
      }
      return lines[0] == lines[1] ? nil : "\(lines)"
    }
  }

  @Test func `seen from the other end, the same becomes of the files`() async {
    await worlds { start, random in
      var one = start
      var other = start.swapped
      guard try await rest(&one, using: &random) != nil, try await rest(&other, using: &random) != nil else { return "no rest" }
      // Which version of a conflict keeps the name depends on the end; that both are there does not.
      let ours = one.sides.left.contents
      let theirs = other.sides.left.contents
      if ours.keys.contains(where: { $0.contains(".conflict") }) {
        return Set(ours.values) == Set(theirs.values) ? nil : "\(ours) and \(theirs)"
      }
      return ours == theirs ? nil : "\(ours) and \(theirs)"
    }
  }

  @Test func `what was written since the sides agreed is never lost`() async {
    await worlds { start, random in
      var world = start
      let edits = start.edits
      guard try await rest(&world, using: &random) != nil else { return "no rest" }
      let lost = edits.subtracting(world.contents)
      return lost.isEmpty ? nil : "lost \(lost.sorted())"
    }
  }

  @Test func `a filter that comes or goes deletes nothing`() async {
    await worlds { start, random in
      var world = start
      guard try await rest(&world, using: &random) != nil else { return "no rest" }
      let before = (world.sides.left.contents, world.sides.right.contents)
      var filter = Filter()
      filter.exclude = [try IgnorePattern(["a", "d/", "e/f/a", "*b"].randomElement(using: &random)!)].compactMap { $0 }
      for filter in [filter, Filter()] {
        let plan = try await world.plan(filter: filter)
        if plan.deletes.left + plan.deletes.right + plan.totals[.transfer] + plan.totals[.move] > 0 {
          return "the plan is \(plan.totals.operations)"
        }
        try world.carryOut(plan, using: &random)
      }
      return (world.sides.left.contents, world.sides.right.contents) == before ? nil : "files were changed"
    }
  }

  @Test func `a mirror makes the right side equal and never touches the left`() async {
    await worlds { start, random in
      var world = start
      let left = world.sides.left
      for _ in 0..<3 {
        for operation in try await world.operations(.mirror) {
          if operation.kind == .delete {
            let name = String(decoding: operation.key.bytes, as: UTF8.self)
            world.sides.right.files[name] = nil
            world.base[name] = nil
          } else if operation.kind == .compare || operation.kind == .conflict || operation.kind == .transfer {
            guard operation.side == .right else { return "\(operation.kind) on the left" }
            let name = String(decoding: operation.key.bytes, as: UTF8.self)
            guard let source = world.sides.left.files[name] else { return "nothing to send" }
            if world.sides.right.files[name]?.content != source.content { world.sides.right.put(source.content, at: name) }
            world.agree(on: name)
          } else {
            if operation.side == .left, ![.forget, .adoptFolder].contains(operation.kind) {
              return "\(operation.kind) on the left"
            }
            try world.carryOut(operation)
          }
        }
      }
      if world.sides.left != left { return "the left side was changed" }
      return world.sides.right.contents == left.contents ? nil : "they differ"
    }
  }
}
