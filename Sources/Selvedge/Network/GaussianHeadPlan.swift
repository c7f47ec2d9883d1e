/// Where every byte of a Gaussian head goes, in rows like those of the network's own plan.
///
/// From the bottom: the sums that it lives by, then what it takes to make weights of them.
public struct GaussianHeadPlan: Equatable, Sendable {
  /// Numbers of a sample that the last layer of the network reads.
  public let features: Int
  /// Outputs of the last layer.
  public let classes: Int
  /// Features are kept as integers, this many binary digits behind the point.
  public let exponent: Int
  /// The largest magnitude of such an integer.
  let peak: Int
  /// How many samples each class had [classes], 32 bits each.
  let counts: Tensor
  /// The sums of each class [classes, features], 32 bits each.
  let sums: Tensor
  /// The sums of the features' products, the lower triangle of [features, features], 32 bits each.
  let products: Tensor
  /// The covariance, then its factor, the same triangle as floats.
  let factor: Tensor
  /// The weights that are found [classes, features]; before that a sample's features as floats.
  let weights: Tensor
  /// The biases that are found [classes].
  let biases: Tensor
  /// A sample's features as integers [features].
  let sample: Tensor

  /// Bytes that the head takes from an arena: exactly these.
  public var bytes: Int { sample.extent.upperBound }

  /// Samples of which the sums have room for certain: 133,144, and 524,287 behind units that give -1 to 1.
  public var sampleLimit: Int { Int(Int32.max) / (peak * peak) }

  /// The plan of a head for the network of a plan, which keeps all but its last layer as it is.
  ///
  /// - Throws: `GaussianHeadError.noOutputLayer`, if the network does not end in an output layer with weights;
  ///   `tooLarge`, if an arena cannot have so many bytes.
  public init(of plan: borrowing Plan) throws(GaussianHeadError) {
    var walk = Plan.Walk(plan)
    var (last, before) = (walk.next(plan), PlannedLayer?.none)
    while let layer = walk.next(plan) { (last, before) = (layer, last) }
    guard let last, last.description.kind == .output else { throw .noOutputLayer }
    features = last.inputs
    classes = last.outputs
    let isBounded = before?.givesOneAtMost == true
    exponent = isBounded ? 6 : 4
    peak = isBounded ? 1 << 6 : 127
    let numbers = Int64(widening: features) * Int64(widening: features + 1) / 2
    let all = numbers + Int64(widening: features + 2) * Int64(widening: classes + 1)
    guard all <= Int64(widening: .max / 16) else { throw .tooLarge(features: features) }
    var place = 0
    func row(_ role: Tensor.Role, _ bytes: Int) -> Tensor {
      let row = Tensor(
        layer: last.index, role: role, category: .stream, offset: place, bytes: bytes, lives: 0..<1)
      place = row.extent.upperBound
      return row
    }
    let triangle = Kernels.triangleCount(features) * 4
    counts = row(.classCounts, classes * 4)
    sums = row(.classSums, classes * features * 4)
    products = row(.products, triangle)
    factor = row(.factor, triangle)
    weights = row(.solution, classes * features * 4)
    biases = row(.solution, classes * 4)
    sample = row(.features, features)
  }

  /// Calls `body` with every row; offsets count from the head's first byte.
  public func forEachTensor(_ body: (Tensor) -> Void) {
    body(counts)
    body(sums)
    body(products)
    body(factor)
    body(weights)
    body(biases)
    body(sample)
  }
}

extension PlannedLayer {
  /// Whether no number that the layer gives is beyond -1 to 1.
  fileprivate var givesOneAtMost: Bool {
    description.kind.isRecurrent || description.kind.hasWeights && description.activation == .tanh
  }
}

/// Why a call on a Gaussian head was refused; nothing has changed then.
public enum GaussianHeadError: Error, Equatable, Sendable {
  /// The network does not end in an output layer, whose weights could be found.
  case noOutputLayer
  /// No arena has room for the products of so many features.
  case tooLarge(features: Int)
  /// The head is for a network whose last layer makes `classes` outputs of `features` numbers.
  case otherNetwork(features: Int, classes: Int)
  /// The network refuses the sample, or its new weights.
  case network(NetworkError)
  /// The sums have no room for more than so many samples.
  case full(Int)
  /// No sample of the class has been seen.
  case noSamples(class: Int)
  /// The features of a class never differ: there is no covariance.
  case noVariance
  /// A part of the mean variance that is to be added to all variances is not a number from 0 to 1.
  case shrinkage
  /// The covariance cannot be factored at this feature: more has to be added to the variances.
  case dependent(feature: Int)
}
