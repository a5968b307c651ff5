import Catalog
import ObjectStorage
import Primitives

@testable import Sync

/// Two sides and what they last agreed on, as values. The production planner decides; the model does what it says, and objects to
/// what no plan may say.
struct ModelWorld {
  var sides: BothSides<ModelSide>
  var base: [String: BaseEntry] = [:]

  init(left: Bool = true, right: Bool) {
    sides = BothSides(left: ModelSide(isFolder: left), right: ModelSide(isFolder: right))
  }

  /// A plan that no plan may be.
  struct Wrong: Error, CustomStringConvertible {
    let description: String
    init(_ operation: Operation, _ why: String) {
      description = "\(operation.kind) of \(operation.key) on the \(operation.side) side: \(why)"
    }
  }

  /// The same world seen from the other end.
  var swapped: ModelWorld {
    var world = self
    world.sides = BothSides(left: sides.right, right: sides.left)
    world.base = base.mapValues { entry in
      var entry = entry
      (entry.left, entry.right) = (entry.right, entry.left)
      return entry
    }
    return world
  }

  /// Says that both sides agree on what is at a path.
  mutating func agree(on name: String) {
    if name.hasSuffix("/") { return base[name] = BaseEntry(key: try! ObjectKey(name), size: 0) }
    guard let entry = sides.left.entry(name) else { return base[name] = nil }
    base[name] = BaseEntry(
      key: entry.key, size: entry.size, modified: entry.modified, left: sides.left.state(name), right: sides.right.state(name))
  }

  /// What the engine would do.
  func plan(_ direction: SyncDirection = .twoWay, filter: Filter = Filter()) async throws -> SyncPlan {
    let cost = SyncPlan.RequestCost(isRemote: false, keepsTrash: true)
    let plan = SyncPlan(costs: BothSides(left: cost, right: cost))
    try await build(direction, filter) { try plan.append($0) }
    try plan.findMoves()
    return plan
  }

  /// The operations before renames are looked for.
  func operations(_ direction: SyncDirection = .twoWay, filter: Filter = Filter()) async throws -> [Operation] {
    var operations: [Operation] = []
    try await build(direction, filter) { operations.append($0) }
    return operations
  }

  private func build(_ direction: SyncDirection, _ filter: Filter, emit: (Operation) throws -> Void) async throws {
    let builder = PlanBuilder(
      planner: Planner(direction: direction), filter: filter,
      realFolders: BothSides(left: sides.left.isFolder, right: sides.right.isFolder))
    var known = base.values.sorted { $0.key < $1.key }[...]
    try await builder.run(
      left: TreeReader(listing: sides.left.listing, impliesFolders: !sides.left.isFolder),
      right: TreeReader(listing: sides.right.listing, impliesFolders: !sides.right.isFolder), base: { known.popFirst() },
      progress: { _ in }, emit: emit)
  }

  /// Carries out a plan, phase by phase, what is in a phase in any order.
  mutating func carryOut(_ plan: SyncPlan, using random: inout SeededRandom) throws {
    for phase in 0..<SyncPlan.phases {
      var operations: [Operation] = []
      let cursor = try plan.operations(phase: phase)
      while let operation = try cursor.next() { operations.append(operation) }
      // Folders that are deleted have an order: from the innermost out.
      if phase != Operation.Kind.deleteFolder.phase { operations.shuffle(using: &random) }
      for operation in operations { try carryOut(operation) }
    }
  }

  mutating func carryOut(_ operation: Operation) throws {
    let name = String(decoding: operation.key.bytes, as: UTF8.self)
    let side = operation.side
    switch operation.kind {
    case .move where !operation.partners.isEmpty: try exchange(operation)
    case .move: try move(operation, name)
    case .createFolder:
      sides[side].folders.insert(name)
      sides[side].makeParents(of: name)
      agree(on: name)
    case .transfer:
      try expect(operation, name, on: side.other)
      try expect(operation, name, on: side)
      guard let source = sides[side.other].files[name] else { throw Wrong(operation, "there is nothing to send") }
      sides[side].put(source.content, at: name)
      agree(on: name)
    case .compare, .conflict:
      for side in PairSide.allCases { try expect(operation, name, on: side) }
      guard let left = sides.left.files[name], let right = sides.right.files[name] else { throw Wrong(operation, "one is missing") }
      if operation.kind == .compare, left.content == right.content { return agree(on: name) }
      let aside = "\(name).conflict-\(right.content)"
      for side in PairSide.allCases where sides[side].files[aside] == nil { sides[side].put(right.content, at: aside) }
      sides.right.put(left.content, at: name)
      agree(on: aside)
      agree(on: name)
    case .verify: break
    case .delete:
      try expect(operation, name, on: side)
      guard sides[side.other].files[name] == nil else { throw Wrong(operation, "the other side has it") }
      guard operation.entry(side)?.version == base[name]?[side].version else { throw Wrong(operation, "it was never agreed on") }
      sides[side].files[name] = nil
      base[name] = nil
    case .deleteFolder:
      if sides[side].isFolder, sides[side].hasContent(name) { return }
      sides[side].folders.remove(name)
      base[name] = nil
    case .adoptFolder: agree(on: name)
    case .forget: base[name] = nil
    }
  }

  private mutating func move(_ operation: Operation, _ name: String) throws {
    let side = operation.side
    guard let from = operation.from, sides[side].files[name] == nil else { throw Wrong(operation, "the name is taken") }
    let old = String(decoding: from.key.bytes, as: UTF8.self)
    guard sides[side].entry(old)?.version == from.version else { throw Wrong(operation, "it is not what was seen") }
    sides[side].move(old, to: name)
    base[old] = nil
    if operation.carriesEdit, let edited = sides[side].files[name] { sides[side.other].put(edited.content, at: name) }
    agree(on: name)
  }

  private mutating func exchange(_ operation: Operation) throws {
    let side = operation.side
    let before = sides[side].files
    for step in operation.steps {
      guard let from = step.from, let file = before[String(decoding: from.key.bytes, as: UTF8.self)] else {
        throw Wrong(step, "what comes here is gone")
      }
      sides[side].files[String(decoding: step.key.bytes, as: UTF8.self)] = file
    }
    for step in operation.steps { agree(on: String(decoding: step.key.bytes, as: UTF8.self)) }
  }

  /// A plan acts on what is there.
  private func expect(_ operation: Operation, _ name: String, on side: PairSide) throws {
    guard sides[side].entry(name)?.version == operation.entry(side)?.version else {
      throw Wrong(operation, "the \(side) side holds something else than was seen")
    }
  }

  /// What keeps the sides from being in step; nil if nothing does.
  var disagreement: String? {
    if sides.left.contents != sides.right.contents { return "the sides differ: \(sides.left.contents), \(sides.right.contents)" }
    let known = Set(base.keys.filter { !$0.hasSuffix("/") })
    if known != Set(sides.left.files.keys) { return "the base has \(known.sorted())" }
    for name in known {
      for side in PairSide.allCases where base[name]?[side].version != sides[side].entry(name)?.version {
        return "the base is wrong about \(name) on the \(side) side"
      }
    }
    return nil
  }
}
