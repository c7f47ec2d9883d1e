/// A change of what a network reads, in a few numbers in front of it: where an image is read and how bright it is;
/// when a sequence is read and how strong it is.
///
/// Only what the network gives is needed to find them (``PromptSearch``), so it may be any network, and one that
/// nobody can look into.
public enum Prompt {
  /// What a sample is.
  public enum Form: Equatable, Sendable {
    /// Rows of columns of channels: eight numbers, those of a 2 x 3 affine warp, a gain, an offset.
    case image(Shape)
    /// Steps of channels: four numbers, a factor of time, a delay, a gain, an offset.
    case sequence(channels: Int)

    /// How many numbers there are. All are 0 where nothing changes.
    public var count: Int {
      if case .image = self { return 8 }
      return 4
    }

    /// Which of them, added to 1, multiplies the values; the offset is the one behind it.
    var gain: Int { count - 2 }
  }

  /// Changes a whole sample.
  ///
  /// - Parameters:
  ///   - numbers: Of the prompt, as many as the form says.
  ///   - standardisation: That of the network: gains are about its mean, offsets in its deviations.
  ///   - values: Raw values of a sample.
  ///   - changed: Room for as many.
  /// - Precondition: The counts are those of the form.
  public static func apply(
    _ numbers: Span<Float>, _ form: Form, _ standardisation: Standardisation,
    to values: Span<Float>, into changed: inout MutableSpan<Float>
  ) {
    precondition(numbers.count == form.count, "apply: not the numbers of the form")
    let (mean, deviation) = (standardisation.mean, standardisation.deviation)
    switch form {
    case .image(let shape):
      precondition(
        values.count == shape.count && changed.count == shape.count, "apply: not an image")
      Kernels.warp(values, shape, numbers, mean: mean, deviation: deviation, into: &changed)
    case .sequence(let channels):
      precondition(
        values.count % channels == 0 && changed.count == values.count, "apply: no whole steps")
      for step in 0..<values.count / channels {
        var own = changed.part(step * channels..<(step + 1) * channels)
        Kernels.warpStep(
          step, values, channels: channels, numbers, mean: mean, deviation: deviation, into: &own)
      }
    }
  }
}
