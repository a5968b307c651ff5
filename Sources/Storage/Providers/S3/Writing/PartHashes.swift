import Concurrency
import Crypto
import ObjectStorage

/// The digests of the parts of one upload, where hashing many parts together is worth it: a group of them at a time, and the next
/// group while the parts of the last are being sent.
struct PartHashes {
  /// So many together are faster than one after the other.
  private static let fewest = 4

  private let upload: S3MultipartWrite
  private let payload: Payload
  private let plan: PartPlan
  /// How many parts are hashed at once; nil if each is hashed by itself, just before it is sent.
  private var width: Int?
  private var known: [Int: Digests] = [:]
  private var coming: (numbers: Range<Int>, digests: OneShot<[Digests]?>)?

  /// - Parameter isWhole: whether all parts will be asked for.
  init(_ upload: S3MultipartWrite, _ payload: Payload, _ plan: PartPlan, isWhole: Bool) {
    self.upload = upload
    self.payload = payload
    self.plan = plan
    let width = BodyPreparer.widthTogether(upload.integrity.hashes, partSize: plan.partSize)
    self.width = isWhole && payload.isAtHand && width >= Self.fewest ? width : nil
  }

  /// The digests of a part, as `BodyPreparer.secondReading` takes them; nil where it is to be hashed by itself. Parts are asked for
  /// in order; the hashing is done by child tasks in `tasks`, whose result is false: they sent nothing.
  mutating func digests(of number: Int, _ tasks: inout ThrowingTaskGroup<Bool, any Error>) async throws -> Digests? {
    if let digests = known.removeValue(forKey: number) { return digests }
    if coming == nil { begin(at: number, &tasks) }
    guard let group = coming, group.numbers.contains(number) else { return nil }
    coming = nil
    guard let found = try await group.digests.wait() else {
      width = nil
      return nil
    }
    for (number, digests) in zip(group.numbers, found) { known[number] = digests }
    begin(at: group.numbers.upperBound, &tasks)
    return known.removeValue(forKey: number)
  }

  private mutating func begin(at first: Int, _ tasks: inout ThrowingTaskGroup<Bool, any Error>) {
    // The last part may be shorter: it is hashed by itself.
    let whole = Int(plan.length / plan.partSize)
    guard let width, whole + 1 - first >= Self.fewest else { return }
    let numbers = first..<min(first + width, whole + 1)
    let digests = OneShot<[Digests]?>()
    coming = (numbers, digests)
    tasks.addTask { [upload, payload, plan] in
      do {
        digests.settle(.success(try await upload.hash(payload, together: numbers.map(plan.range))))
      } catch {
        digests.settle(.failure(error))
      }
      return false
    }
  }
}
