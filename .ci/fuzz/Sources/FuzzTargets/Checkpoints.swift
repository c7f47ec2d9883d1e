import Selvedge
import Simulator

private let geometries = [
  BlockGeometry(readBytes: 1, programBytes: 1, eraseBytes: 512, blocks: 2),
  BlockGeometry(readBytes: 2, programBytes: 8, eraseBytes: 256, blocks: 6),
  BlockGeometry(readBytes: 1, programBytes: 64, eraseBytes: 1024, blocks: 2),
  BlockGeometry(readBytes: 16, programBytes: 32, eraseBytes: 128, blocks: 13),
]

extension FuzzTarget {
  /// The first bytes say which flash and which faults; the rest is what lies in it.
  static let checkpoint = FuzzTarget(name: "checkpoint", seeds: seeds) { input in
    var choices = Choices(input)
    let geometry = geometries[choices.number(below: geometries.count)]
    let slots = min(2 + choices.number(below: 2), geometry.blocks)
    let (forges, cut, hasCache) = (
      choices.byte() & 1 == 1, choices.number(below: 256) * 4, choices.byte() & 1 == 1
    )
    var flash = SimulatedFlash(geometry, seed: UInt64(cut), hasCache: hasCache)
    var image = choices.rest
    if forges { forge(&image, geometry, slots) }
    for (i, byte) in image.prefix(flash.bytes.count).enumerated() { flash.flip(~byte, at: i) }
    let sketch = sketches[0]
    guard
      let saved = smallDevice(sketch.input, sketch.layers, batch: 1, purpose: .inference, seed: 3),
      let found = smallDevice(sketch.input, sketch.layers, batch: 1, purpose: .inference, seed: 3)
    else { return }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 160, alignment: 16)
    defer { buffer.deallocate() }
    guard var store = try? CheckpointStore(flash, slots: slots, buffer: buffer) else { return }

    // What is there is restored, or refused and nothing has changed.
    let initial = SavedModel.bytes(of: found.network)
    var old: [UInt8]?
    do throws(CheckpointError) {
      try store.restore(&found.network)
      old = SavedModel.bytes(of: found.network)
      promise(found.network.isFinite, "a network that was restored is finite")
    } catch {
      promise(SavedModel.bytes(of: found.network) == initial, "\(error) and something has changed")
    }
    for slot in 0..<slots { _ = try? store.state(ofSlot: slot) }

    // A save without power to its end leaves the old or the new one.
    saved.network.steps = 77
    let new = SavedModel.bytes(of: saved.network)
    store.device.endOfPower = cut
    let isSaved = (try? store.save(saved.network)) != nil
    store.device.restart()
    do throws(CheckpointError) {
      try store.restore(&found.network)
      let bytes = SavedModel.bytes(of: found.network)
      promise(bytes == new || bytes == old && !isSaved, "neither the old nor the new one")
    } catch {
      promise(old == nil && !isSaved, "neither the old nor the new one: \(error)")
    }
    // And with power it succeeds.
    do throws(CheckpointError) {
      try store.save(saved.network)
      try store.restore(&found.network)
      promise(SavedModel.bytes(of: found.network) == new, "another network was restored")
    } catch {
      promise(false, "a sound flash, and \(error)")
    }
    promise(store.device.misuses == 0, "the flash was misused")
  }

  /// Makes the checksums of all slots right that can be right.
  private static func forge(_ image: inout [UInt8], _ geometry: BlockGeometry, _ slots: Int) {
    let slotBytes = geometry.blocks / slots * geometry.eraseBytes
    let payload = max(64, geometry.programBytes)
    for start in stride(from: 0, to: image.count, by: slotBytes)
    where start + payload <= image.count {
      let size = number(image, at: start + 24, size: 8)
      if size <= UInt64(image.count - start - payload) {
        let bytes = Array(image[start + payload..<start + payload + Int(size)])
        put(UInt64(CRC32.of(bytes.span.bytes)), size: 4, at: start + 32, in: &image)
      }
      let header = Array(image[start..<start + 60])
      put(UInt64(CRC32.of(header.span.bytes)), size: 4, at: start + 60, in: &image)
    }
  }

  private static var seeds: [[UInt8]] {
    let sketch = sketches[0]
    var seeds: [[UInt8]] = []
    for (number, geometry) in geometries.enumerated() {
      guard
        let device = smallDevice(
          sketch.input, sketch.layers, batch: 1, purpose: .inference, seed: 3)
      else { continue }
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 160, alignment: 16)
      defer { buffer.deallocate() }
      for saves in 0..<3 {
        guard
          var store = try? CheckpointStore(SimulatedFlash(geometry), slots: 2, buffer: buffer)
        else { continue }
        for step in 0..<saves {
          device.network.steps = UInt64(step)
          _ = try? store.save(device.network)
        }
        let image = saves == 0 ? [] : store.device.bytes
        seeds.append([UInt8(number), 0, 1, UInt8(saves * 60), UInt8(saves)] + image)
      }
    }
    return seeds
  }
}
