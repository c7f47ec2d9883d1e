import ExampleSupport
import Selvedge

/// A camera of 28 x 28 pixels that is turned by 30 degrees: what a stream shows, as it sees it.
struct Camera {
  static var shape: Shape { Shape(rows: 28, columns: 28) }
  static var pixels: Int { 784 }

  private var stream: SampleStream
  private let straight: UnsafeMutableBufferPointer<Float>

  /// - Parameter room: For the pixels of an image.
  init(_ room: UnsafeMutableBufferPointer<Float>) throws(Failure) {
    straight = room
    let opened: SampleStream?
    do throws(StreamError) { opened = try SampleStream() } catch { throw .stream(error) }
    guard let opened else { throw .noStream }
    stream = opened
    guard stream.valuesPerStep == Self.pixels, stream.longest == 1 else {
      throw .shape(values: stream.valuesPerStep)
    }
  }

  /// The next image and its class, or nil behind the last.
  mutating func next(into image: UnsafeMutableBufferPointer<Float>) throws(Failure) -> Int? {
    let label: Int
    do throws(StreamError) {
      guard let sample = try stream.next() else { return nil }
      try stream.readStep(into: straight)
      label = sample.label
    } catch {
      throw .stream(error)
    }
    // A turn as a prompt has it: the rows of the matrix less the identity, no shift, no gain.
    let turn: InlineArray<8, Float> = [-0.133_974_6, -0.5, 0.5, -0.133_974_6, 0, 0, 0, 0]
    var span = image.mutableSpan
    Prompt.apply(turn.span, .image(Self.shape), .identity, to: straight.span, into: &span)
    return label
  }
}

/// The labelled images that a device has kept, a byte a pixel.
struct Album: FieldSamples {
  private let images: UnsafeMutableBufferPointer<UInt8>
  private let labels: UnsafeMutableBufferPointer<UInt8>
  private(set) var count = 0

  static var most: Int { 200 }
  /// Bytes that it takes.
  static var bytes: Int { most * (Camera.pixels + 1) }

  init(in memory: UnsafeMutableRawBufferPointer) {
    let all = memory.bindMemory(to: UInt8.self)
    images = UnsafeMutableBufferPointer(rebasing: all[..<(Self.most * Camera.pixels)])
    labels = UnsafeMutableBufferPointer(rebasing: all[(Self.most * Camera.pixels)..<Self.bytes])
  }

  mutating func keep(_ image: UnsafeMutableBufferPointer<Float>, label: Int) {
    for i in 0..<Camera.pixels {
      images[count * Camera.pixels + i] = UInt8(Int(max(0, min(image[i] + 0.5, 255))))
    }
    labels[count] = UInt8(truncatingIfNeeded: label)
    count += 1
  }

  // MARK: FieldSamples

  var labelledCount: Int { count }
  var longest: Int { Camera.pixels }

  mutating func copy(_ index: Int, into values: inout MutableSpan<Float>) -> Int {
    for i in 0..<Camera.pixels { values[i] = Float(images[index * Camera.pixels + i]) }
    return Camera.pixels
  }

  func label(of index: Int) -> Int { Int(labels[index]) }
}
