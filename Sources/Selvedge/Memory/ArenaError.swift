/// Why memory could not be had. Numbers only: the host turns them into a sentence.
public enum ArenaError: Error, Equatable, Sendable {
  /// The tensor `role` of `layer` asked for `asked` bytes, and `missing` bytes are lacking: an arena
  /// larger by just that many is enough for it and for all that was asked together with it.
  case exhausted(layer: Int, role: Tensor.Role, asked: Int, missing: Int)
  /// The memory begins `excess` bytes behind a multiple of 16.
  case misaligned(excess: Int)
  /// The plan has `bytes` of parameters in flash: the network must be made of a model.
  case flash(bytes: Int)
}
