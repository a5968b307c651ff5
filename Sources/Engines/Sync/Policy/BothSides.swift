public import Catalog

/// One value for each end of a pair. In a one-way run the left end is the source.
public struct BothSides<Value> {
  public var left: Value
  public var right: Value

  public init(left: Value, right: Value) {
    self.left = left
    self.right = right
  }

  public subscript(side: PairSide) -> Value {
    get { side == .left ? left : right }
    set { if side == .left { left = newValue } else { right = newValue } }
  }
}

extension BothSides: Sendable where Value: Sendable {}
extension BothSides: Equatable where Value: Equatable {}
