import CStandardLibrary
import CameraModel
import CortexM
import ExampleSupport
import Selvedge
import Semihosting

/// Keeps 200 labelled images, fits the model to them, and tries it on 500 more.
enum Firmware {
  /// What fitting may use.
  private static var arenaBytes: Int { 24_576 }
  private static var tests: Int { 500 }

  static func run(in bytes: UnsafeMutableRawBufferPointer) -> Int32 {
    do throws(Failure) {
      try adapt(in: bytes)
      return EXIT_SUCCESS
    } catch {
      error.explain()
      return EXIT_FAILURE
    }
  }

  /// The model in flash.
  private static var flash: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: camera_model(), count: camera_model_bytes())
  }

  private static func adapt(in bytes: UnsafeMutableRawBufferPointer) throws(Failure) {
    let before = CRC32.of(flash.bytes)
    let model: ModelFile
    do throws(ModelFileError) { model = try ModelFile(flash.bytes) } catch { throw .model }
    let parts = Parts(bytes)
    var camera = try Camera(parts.straight)
    var album = Album(in: parts.album)
    while album.count < Album.most {
      guard let label = try camera.next(into: parts.image) else {
        throw .images(album.count)
      }
      album.keep(parts.image, label: label)
    }

    let size = try fit(model, &album, parts)
    try test(model, UnsafeRawBufferPointer(rebasing: parts.file[..<size]), &camera, parts)
    let output = Output.standard
    output.text("adaptor of ", size, " bytes, ")
    output.checksum(
      CRC32.of(UnsafeRawBufferPointer(rebasing: parts.file[..<size]).bytes))
    output.text(CRC32.of(flash.bytes) == before ? "flash unchanged, " : "flash changed, ")
    output.checksum(before)
  }

  /// Fits what has room, and leaves the best one's file; its size.
  private static func fit(
    _ model: borrowing ModelFile, _ album: inout Album, _ parts: Parts
  ) throws(Failure) -> Int {
    var settings = AdaptationSettings()
    // A tenth of the search that the host does: the rest is worth less than a point here.
    (settings.promptSteps, settings.promptBatch, settings.promptStarts) = (150, 16, 1)
    settings.passes = 10
    let adaptation = Adaptation(copy model, form: .image(Camera.shape), settings: settings)
    var size = 0
    do throws(AdaptationError) {
      var arena = try Self.arena(parts.arena)
      let best = try adaptation.climb(0x7F, &album, in: &arena) {
        name($0)
        Output.standard.text($1.isMemory ? "no room\n" : "not fitted\n")
      } keep: {
        (network: inout Network, result: RungResult, isBest: Bool) throws(AdaptationError) in
        name(result.rung)
        Output.standard.text("", result.correct, " of ", result.heldBack, " held back, ")
        Output.standard.text("", result.bytes, " bytes\n")
        guard isBest else { return }
        let count = AdaptorFile.byteCount(of: network, rung: result.rung)
        guard count <= parts.file.count else { return }
        var room = UnsafeMutableRawBufferPointer(rebasing: parts.file[..<count]).mutableBytes
        AdaptorFile.write(
          network, rung: result.rung, form: adaptation.form,
          modelChecksum: adaptation.modelChecksum, into: &room)
        size = count
      }
      Output.standard.text("chosen: ")
      name(best.rung)
      Output.standard.text("\n")
    } catch {
      throw .adaptation
    }
    return size
  }

  private static func arena(
    _ bytes: UnsafeMutableRawBufferPointer
  ) throws(AdaptationError) -> Arena {
    do throws(ArenaError) { return try Arena(bytes) } catch { throw .memory(error) }
  }

  private static func name(_ rung: Rung) {
    let output = Output.standard
    switch rung {
    case .none: output.text("none      ")
    case .moments: output.text("moments   ")
    case .prompt: output.text("prompt    ")
    case .scale: output.text("scale     ")
    case .last: output.text("last      ")
    case .lowRank: output.text("low-rank  ")
    case .full: output.text("full      ")
    }
  }

  /// Tries the model as it is, and as it was fitted, on what the camera sees next.
  private static func test(
    _ model: borrowing ModelFile, _ bytes: UnsafeRawBufferPointer, _ camera: inout Camera,
    _ parts: Parts
  ) throws(Failure) {
    var layers = InlineArray<2, LayerDescription>(repeating: .output(2))
    guard model.layerCount == 2 else { throw .model }
    for k in 0..<2 { layers[k] = model.layer(k) }
    // The last layer may be one of the adaptor's.
    layers[0].isFrozen = true
    guard
      let plan = try? Plan(
        input: model.inputShape, layers: layers.span, batch: 1,
        purpose: .training(digest: 0), constants: .inFlash),
      var arena = try? Arena(parts.arena),
      var plain = try? Network(plan, of: copy model, in: &arena),
      var fitted = try? Network(plan, of: copy model, in: &arena),
      let file = try? AdaptorFile(bytes.bytes),
      (try? fitted.adapt(to: file, in: &arena)) != nil
    else { throw .memory }
    var (before, after, seen) = (0, 0, 0)
    while seen < tests, let label = try camera.next(into: parts.image) {
      do throws(NetworkError) {
        if try predict(&plain, parts.image.span) == label { before += 1 }
        if try predict(&fitted, parts.image.span) == label { after += 1 }
      } catch {
        throw .memory
      }
      seen += 1
    }
    let output = Output.standard
    output.text("as it was: ", before, " of ", seen, " recognised\n")
    output.text("fitted:    ", after, " of ", seen, " recognised\n")
  }

  private static func predict(
    _ network: inout Network, _ image: Span<Float>
  ) throws(NetworkError) -> Int {
    try network.add(image)
    try network.predict()
    return network.predictedClass(of: 0)
  }

  /// The memory of the program, shared out: each part begins at a multiple of 16.
  private struct Parts {
    let arena: UnsafeMutableRawBufferPointer
    let file: UnsafeMutableRawBufferPointer
    let album: UnsafeMutableRawBufferPointer
    let image: UnsafeMutableBufferPointer<Float>
    let straight: UnsafeMutableBufferPointer<Float>

    init(_ bytes: UnsafeMutableRawBufferPointer) {
      var first = 0
      func take(_ count: Int) -> UnsafeMutableRawBufferPointer {
        let part = UnsafeMutableRawBufferPointer(rebasing: bytes[first..<first + count])
        first += (count + 15) & ~15
        return part
      }
      arena = take(arenaBytes)
      file = take(1024)
      image = take(4 * Camera.pixels).bindMemory(to: Float.self)
      straight = take(4 * Camera.pixels).bindMemory(to: Float.self)
      album = take(Album.bytes)
    }
  }
}

extension AdaptationError {
  fileprivate var isMemory: Bool {
    switch self {
    case .memory, .model(.memory): true
    default: false
    }
  }
}
