import Catalog
import ObjectStorage
import Testing

@testable import Sync

/// Every small world there is: three versions (or none) on each side and in the base.
@Suite struct PlannerTests {
  private static let versions: [Int?] = [nil, 0, 1, 2]
  private let key = try! ObjectKey("a")

  private func entry(_ version: Int?, _ side: String) -> ObjectEntry? {
    version.map { ObjectEntry(key: key, size: Int64($0 % 2), version: ObjectVersion("\(side)\($0)")) }
  }

  private func base(_ version: Int?) -> BaseEntry? {
    version.map {
      BaseEntry(
        key: key, size: Int64($0 % 2), left: SideState(version: ObjectVersion("l\($0)")),
        right: SideState(version: ObjectVersion("r\($0)")))
    }
  }

  private func observe(_ entry: ObjectEntry?) -> Observation { entry.map(Observation.present) ?? .absent }

  private func worlds(_ body: (_ left: Int?, _ right: Int?, _ base: Int?) throws -> Void) rethrows {
    for left in Self.versions { for right in Self.versions { for base in Self.versions { try body(left, right, base) } } }
  }

  private func plan(_ direction: SyncDirection, _ left: Int?, _ right: Int?, _ base: Int?) -> Sync.Operation? {
    Planner(direction: direction).file(
      key, left: observe(entry(left, "l")), right: observe(entry(right, "r")), base: self.base(base))
  }

  @Test func `only a version that both sides agreed on is ever deleted`() {
    for direction in [SyncDirection.twoWay, .copy] {
      worlds { left, right, base in
        guard let operation = plan(direction, left, right, base), operation.kind == .delete else { return }
        #expect(
          (operation.side == .left ? left : right) == base,
          "\(direction) left \(left as Any) right \(right as Any) base \(base as Any)")
        #expect((operation.side == .left ? right : left) == nil)
      }
    }
  }

  @Test func `without a base nothing is deleted and nothing is overwritten`() {
    worlds { left, right, base in
      guard base == nil, let operation = plan(.twoWay, left, right, nil) else { return }
      #expect(operation.kind != .delete && operation.kind != .forget)
      if operation.kind == .transfer { #expect(operation.entry(operation.side) == nil) }
    }
  }

  @Test func `swapping the sides swaps the plan`() {
    worlds { left, right, base in
      let one = plan(.twoWay, left, right, base)
      let other = plan(.twoWay, right, left, base)
      #expect(one?.kind == other?.kind)
      if one?.kind == .transfer || one?.kind == .delete { #expect(one?.side == other?.side.other) }
    }
  }

  @Test func `a plan exists exactly where the three trees differ`() {
    worlds { left, right, base in
      let inStep = left == base && right == base
      #expect((plan(.twoWay, left, right, base) == nil) == inStep)
    }
  }

  @Test func `a version changed on both sides is never replaced without a comparison`() {
    worlds { left, right, base in
      guard let left, let right, left != base, right != base else { return }
      let kind = plan(.twoWay, left, right, base)?.kind
      #expect(kind == .compare || kind == .conflict)
    }
  }

  @Test func `one way never changes the left side`() {
    for direction in [SyncDirection.copy, .mirror] {
      worlds { left, right, base in
        guard let operation = plan(direction, left, right, base), operation.kind != .forget else { return }
        #expect(operation.side == .right)
      }
    }
  }

  @Test func `what cannot be looked at is left alone`() {
    worlds { _, right, base in
      for direction in [SyncDirection.twoWay, .copy, .mirror] {
        #expect(
          Planner(direction: direction).file(key, left: .unknown, right: observe(entry(right, "r")), base: self.base(base)) == nil)
        #expect(
          Planner(direction: direction).file(key, left: observe(entry(right, "l")), right: .unknown, base: self.base(base)) == nil)
      }
    }
  }
}
