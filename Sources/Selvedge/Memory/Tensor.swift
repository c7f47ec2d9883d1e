/// A row of the plan: where one tensor lies, how large it is, and when it lives.
public struct Tensor: Equatable, Sendable {
  /// What a tensor is to the layer that it belongs to.
  public enum Role: UInt8, Sendable {
    /// Weights [units, inputs], row-major.
    case weight
    /// Biases [units].
    case bias
    /// What the integers of an int8 layer stand for, 32 bytes.
    case scale
    /// The description of every layer, 16 bytes each, that the network steps through.
    case layers
    /// The labels of a batch [samples], 32 bits each.
    case labels
    /// The values that a batch is to give [samples, outputs], standardised, in place of labels.
    case targets
    /// The samples of a batch [samples, inputs], standardised; the input of layer 0.
    case input
    /// A layer's output [samples, units]: int8 if an int8 layer reads it, otherwise float32.
    case output
    /// What a local loss keeps of each sample's whole output [samples, numbers].
    case digest
    /// The deltas of one block of at most 64 units [samples, block]; before them, where the output is
    /// int8, the block's sums.
    case delta
    /// One sample's output as floats, where the output is int8 [units].
    case values
    /// What an int8 update is rounded with [inputs], 32 bits each.
    case noise
    /// The deltas of one block of an int8 layer in 16 bits [samples, block].
    case roundedDelta
    /// The weights by which a recurrent layer reads itself [gates * units, units], row-major.
    case stateWeight
    /// What those and the state stand for in int8, 32 bytes.
    case stateScale
    /// What a memory of sequences or a recurrent layer keeps from step to step.
    case memory
    /// What a block of places of a map is computed from [places, window].
    case patches
    /// Which place of its window was kept for each output of a pooled convolution [samples, outputs].
    case winners
    /// What is to be added to weights that many places of a map share, as floats; or the rows of a gradient that a
    /// step rule turns into changes.
    case gradient
    /// What a layer that looks ahead computes of the next one.
    case ahead
    /// The numbers of an adaptor.
    case correction
    /// What a step rule remembers of the gradients of every layer.
    case steps
    /// How many samples of each class a Gaussian head has counted [classes], 32 bits each.
    case classCounts
    /// The sums of each class's features [classes, features], 32 bits each.
    case classSums
    /// The sums of the features' products, a lower triangle, 32 bits each.
    case products
    /// Their covariance, then its factor, a lower triangle.
    case factor
    /// The weights [classes, features], or biases [classes], that a Gaussian head finds.
    case solution
    /// A sample as a Gaussian head counts it [features], 8 bits each.
    case features
    /// Old samples that are learned from again [samples, inputs], int8.
    case replay
  }

  /// How the bytes are counted.
  public enum Category: UInt8, Sendable {
    case weights, activations, scratch
    /// What is kept of a stream of samples.
    case stream
    /// Parameters that stay in a model in read-only memory: no bytes of the arena.
    case flash
  }

  /// What the tensor is to its layer.
  public let role: Role
  /// How its bytes are counted.
  public let category: Category
  /// Bytes from the beginning of the network's memory, in flash of the model's parameters; a multiple of 16.
  public let offset: Int
  /// Bytes in use.
  public let bytes: Int
  // In 16 bits, as a network has at most 65,536 layers: a layer has twenty tensors, which lie on the stack of firmware.
  private let ownLayer, firstStep, lastStep: UInt16

  /// - Precondition: `lives` is not empty, and neither it nor `layer` is beyond 65,536 layers.
  init(
    layer: Int, role: Role, category: Category, offset: Int, bytes: Int, lives: Range<Int>
  ) {
    ownLayer = UInt16(truncatingIfNeeded: layer)
    firstStep = UInt16(truncatingIfNeeded: lives.lowerBound)
    lastStep = UInt16(truncatingIfNeeded: lives.upperBound - 1)
    self.role = role
    self.category = category
    self.offset = offset
    self.bytes = bytes
  }

  /// The layer, from 0; tensors of the whole network belong to layer 0.
  public var layer: Int { Int(truncatingIfNeeded: ownLayer) }

  /// The steps of the forward sweep (step k runs layer k) during which the bytes must stay.
  public var lives: Range<Int> {
    Int(truncatingIfNeeded: firstStep)..<Int(truncatingIfNeeded: lastStep) + 1
  }

  /// Its elements, in memory that begins at `base`. Tensors of different types may share bytes one after the other, so
  /// each use binds them anew, which costs nothing.
  @inline(__always)
  func elements<Element: BitwiseCopyable>(
    as type: Element.Type, in base: UnsafeMutableRawPointer
  ) -> UnsafeMutableBufferPointer<Element> {
    let count = bytes / MemoryLayout<Element>.size
    return UnsafeMutableBufferPointer(
      start: (base + offset).bindMemory(to: type, capacity: count), count: count)
  }

  /// Bytes set aside: `bytes`, rounded up to a multiple of 16.
  public var reserved: Int { Arena.rounded(bytes) }

  /// Where the tensor lies, padding included.
  public var extent: Range<Int> { offset..<offset + reserved }
}
