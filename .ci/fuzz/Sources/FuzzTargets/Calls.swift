import CSelvedge
import CStandardLibrary
import SelvedgeC

/// Memory for a network and for what is lent to a call: each of them a block of the heap, so that the address
/// sanitizer sees who goes beyond.
private final class Memory {
  let arena: UnsafeMutableRawPointer
  let floats: UnsafeMutablePointer<Float>
  let words: UnsafeMutablePointer<UInt32>
  static let count = 64

  init(_ bytes: Int) {
    var start: UnsafeMutableRawPointer?
    guard posix_memalign(&start, 16, max(bytes, 16)) == 0, let start else {
      fatalError("no memory")
    }
    arena = start
    floats = .allocate(capacity: Memory.count)
    floats.initialize(repeating: 0.25, count: Memory.count)
    words = .allocate(capacity: Memory.count)
    words.initialize(repeating: 0, count: Memory.count)
  }

  deinit {
    free(arena)
    floats.deallocate()
    words.deallocate()
  }
}

/// What a network is saved to: a file, and a flash whose driver fails now and then.
private final class Storage {
  var bytes: [UInt8] = []
  var limit = Int.max
  var flash = [UInt8](repeating: 0xFF, count: 4096)
  /// Calls of the driver until it fails.
  var callsToFault = Int.max

  static func at(_ context: UnsafeMutableRawPointer?) -> Storage {
    Unmanaged<Storage>.fromOpaque(context!).takeUnretainedValue()
  }

  /// Whether the driver does as it is told.
  func works() -> Bool {
    callsToFault -= 1
    return callsToFault >= 0
  }
}

extension FuzzTarget {
  /// Calls of the C interface in any order, with any arguments.
  static let calls = FuzzTarget(
    name: "calls",
    seeds: (0..<8).map { seed in
      (0..<200).map { UInt8(truncatingIfNeeded: $0 * (7 + 2 * seed) + seed) }
    }
  ) { input in
    var choices = Choices(input)
    var layers = configurationLayers(&choices)
    var config = selvedge_config_init()
    layers.withUnsafeMutableBufferPointer { layers in
      config.layers = UnsafePointer(layers.baseAddress)
      config.layer_count = UInt32(layers.count)
      config.channels = UInt32(choices.number(below: 6))
      (config.rows, config.columns) = choices.byte() & 1 == 0 ? (1, 1) : (4, 4)
      config.batch = UInt32(choices.number(below: 5))
      config.trains = UInt32(choices.byte() & 1 == 0 ? 1 : 0)
      config.rule = UInt32(choices.number(below: 8))
      config.rounding = UInt32(choices.number(below: 4))
      config.rates = selvedge_rates_init(choices.float() / 100, choices.float() / 100)
      config.check_interval = UInt32(choices.number(below: 4))
      config.saturation_limit = UInt32(choices.byte()) * 5
      if choices.byte() == 9 { config.size = UInt32(choices.byte()) }
      play(&config, &choices)
    }
  }

  private static func configurationLayers(_ choices: inout Choices) -> [selvedge_layer] {
    let relu = UInt8(SELVEDGE_RELU)
    let tanh = UInt8(SELVEDGE_TANH)
    let int8 = UInt8(SELVEDGE_INT8)
    switch choices.number(below: 8) {
    case 0: return [selvedge_layer_dense(3, tanh), selvedge_layer_output(2)]
    case 1:
      return [
        selvedge_layer_stored(selvedge_layer_dense(5, relu), int8),
        selvedge_layer_stored(selvedge_layer_output(3), int8),
      ]
    case 2: return [selvedge_layer_gru(3, 4, 0), selvedge_layer_output(2)]
    case 3:
      return [
        selvedge_layer_legendre(4, 8), selvedge_layer_dense(3, tanh), selvedge_layer_output(2),
      ]
    case 4: return [selvedge_layer_dense(4, tanh), selvedge_layer_regression(2)]
    case 5: return [selvedge_layer_convolution(3, 3, 3, 1, 0, 2, tanh), selvedge_layer_output(2)]
    case 6:
      return [selvedge_layer_elman(3, 4, 50, UInt8(SELVEDGE_TRACE)), selvedge_layer_regression(1)]
    default:
      return (0..<choices.number(below: 4)).map { _ in
        var layer = selvedge_layer_init(choices.byte(), choices.byte() % 5, UInt32(choices.byte()))
        layer.frozen = choices.byte() & 1
        layer.precision = choices.byte() % 4
        (layer.rows, layer.columns, layer.stride) = (choices.byte(), choices.byte(), choices.byte())
        (layer.padding, layer.extra) = (choices.byte() % 3, choices.byte())
        (layer.options, layer.steps) = (choices.byte(), UInt16(choices.byte()))
        return layer
      }
    }
  }

  private static func play(_ config: inout selvedge_config, _ choices: inout Choices) {
    var bytes = 0
    let sized = selvedge_bytes_needed_abi1(&config, &bytes)
    guard sized >= 0, bytes <= 1 << 16 else { return }
    let memory = Memory(bytes)
    var network: OpaquePointer?
    promise(
      bytes < 16 || selvedge_create_abi1(&network, memory.arena, bytes - 1, &config) < 0,
      "a byte too few was enough")
    promise(
      selvedge_create_abi1(&network, memory.arena + 4, bytes, &config) < 0,
      "a misaligned buffer was taken")
    promise(selvedge_create_abi1(&network, nil, bytes, &config) < 0, "no buffer was taken")
    let created = selvedge_create_abi1(&network, memory.arena, bytes, &config)
    promise(
      created >= 0 || created == SELVEDGE_ERROR_ARGUMENT || created == SELVEDGE_ERROR_NOT_FINITE,
      "bytes_needed says \(bytes), create says \(created)")
    let storage = Storage()
    for _ in 0..<48 where !choices.isAtEnd {
      var before: UInt32 = 0
      let isAlive = selvedge_weights_crc(network, &before) >= 0
      let result = call(network, memory, storage, &choices)
      promise(
        String(cString: selvedge_error_message(result)) != "", "an error without a sentence")
      var after: UInt32 = 0
      let isAliveStill = selvedge_weights_crc(network, &after) >= 0
      // A driver that fails at the second reading leaves initial weights.
      if result < 0 && result != SELVEDGE_ERROR_DIVERGED && result != SELVEDGE_ERROR_STORAGE {
        promise(
          isAlive == isAliveStill && before == after, "\(result), and the weights have changed")
      }
    }
    _ = selvedge_destroy(network)
    promise(selvedge_step(network) == SELVEDGE_ERROR_HANDLE, "a network goes on behind its end")
  }

  private static func call(
    _ network: OpaquePointer?, _ memory: Memory, _ storage: Storage, _ choices: inout Choices
  ) -> Int32 {
    let kind = choices.number(below: 36)
    let counts = [0, 1, 2, 3, 4, 5, 8, 10, 16, 32, 64, -1, Int.max, Int.max / 4 + 1]
    let count = counts[choices.number(below: counts.count)]
    var values: UnsafeMutablePointer<Float>? = memory.floats
    if choices.byte() == 7 { values = nil }
    if choices.byte() == 8 {
      values = UnsafeMutableRawPointer(bitPattern: UInt(bitPattern: memory.floats) + 1)?
        .assumingMemoryBound(to: Float.self)
    }
    for i in 0..<choices.number(below: 8) { memory.floats[i] = choices.float() }
    for i in 0..<choices.number(below: 4) { memory.words[i] = UInt32(choices.number(below: 4)) }
    let word = UInt32(choices.number(below: 5))
    let context = Unmanaged.passUnretained(storage).toOpaque()
    switch kind {
    case 0: return selvedge_predict(network, values, count)
    case 1: return selvedge_outputs(network, word, values, min(count, Memory.count))
    case 2: return selvedge_probabilities(network, word, values, min(count, Memory.count))
    case 3, 4: return selvedge_train(network, values, count, word)
    case 5: return selvedge_train_values(network, values, count, memory.floats, Int(word))
    case 6: return selvedge_train_batch(network, values, count, memory.words, Int(word))
    case 7: return selvedge_add(network, values, count, word)
    case 8: return selvedge_add_values(network, values, count, memory.floats, Int(word))
    case 9: return selvedge_add_unlabelled(network, values, count)
    case 10: return selvedge_step(network)
    case 11: return selvedge_predict_batch(network)
    case 12: return selvedge_class(network, word)
    case 13: return selvedge_discard(network)
    case 14: return selvedge_read(network, values, count)
    case 15: return selvedge_predict_sequence(network)
    case 16: return selvedge_predict_so_far(network)
    case 17: return selvedge_train_sequence(network, word)
    case 18: return selvedge_train_sequence_values(network, values, min(count, Memory.count))
    case 19: return selvedge_begin(network, memory.words, Int(word))
    case 20: return selvedge_begin_values(network, values, min(count, Memory.count))
    case 21: return selvedge_learn(network, values, count)
    case 22: return selvedge_memory(network, values, min(count, Memory.count))
    case 23: return selvedge_standardise_steps(network, memory.floats, values, Int(word))
    case 24: return selvedge_standardise_memory(network, memory.floats, values, Int(word))
    case 25:
      return selvedge_set_rates(network, selvedge_rates_init(choices.float(), choices.float()))
    case 26: return selvedge_set_rule(network, word + 2)
    case 27: return selvedge_freeze(network, word, UInt32(choices.number(below: 3)))
    case 28: return selvedge_choose_scales(network)
    case 29: return save(network, storage, context, &choices)
    case 30:
      var bytes = storage.bytes
      if choices.byte() & 3 == 1, !bytes.isEmpty { bytes[Int(choices.byte()) % bytes.count] ^= 4 }
      return bytes.withUnsafeBytes { selvedge_load(network, $0.baseAddress, $0.count) }
    case 31, 32, 33, 34: return checkpoint(network, storage, context, kind, &choices)
    default: return report(network, word)
    }
  }

  private static func checkpoint(
    _ network: OpaquePointer?, _ storage: Storage, _ context: UnsafeMutableRawPointer, _ kind: Int,
    _ choices: inout Choices
  ) -> Int32 {
    var flash = selvedge_flash_init()
    flash.slots = UInt32(choices.number(below: 5))
    flash.program_bytes = 1 << UInt32(choices.number(below: 5))
    (flash.erase_bytes, flash.blocks) = (512, 8)
    if choices.byte() == 5 { flash.blocks = UInt32(choices.byte()) }
    if choices.byte() == 5 { flash.read_bytes = UInt32(choices.byte()) }
    flash.context = context
    storage.callsToFault = choices.byte() & 3 == 1 ? choices.number(below: 64) : .max
    flash.read = { context, offset, bytes, count in
      let storage = Storage.at(context)
      let (offset, count) = (Int(offset), Int(count))
      guard storage.works(), offset + count <= storage.flash.count else { return -3 }
      storage.flash.withUnsafeBytes {
        bytes!.copyMemory(from: $0.baseAddress! + offset, byteCount: count)
      }
      return 0
    }
    flash.program = { context, offset, bytes, count in
      let storage = Storage.at(context)
      guard storage.works(), Int(offset) + Int(count) <= storage.flash.count else { return -4 }
      let bytes = UnsafeRawBufferPointer(start: bytes, count: Int(count))
      for i in bytes.indices { storage.flash[Int(offset) + i] &= bytes[i] }
      return 0
    }
    flash.erase = { context, block in
      let storage = Storage.at(context)
      guard storage.works(), 512 * Int(block) + 512 <= storage.flash.count else { return -5 }
      for i in 0..<512 { storage.flash[512 * Int(block) + i] = 0xFF }
      return 0
    }
    if choices.byte() & 1 == 0 { flash.sync = { Storage.at($0).works() ? 0 : -6 } }
    if choices.byte() == 6 { flash.program = nil }
    return withUnsafeTemporaryAllocation(byteCount: 64, alignment: 16) { buffer in
      flash.buffer = buffer.baseAddress
      flash.buffer_bytes = choices.byte() == 7 ? 3 : 64
      var checkpoint = selvedge_checkpoint_init()
      var bytes = 0
      switch kind {
      case 31: return selvedge_checkpoint_bytes(network, &flash, &bytes)
      case 32: return selvedge_checkpoint_restore(network, &flash, &checkpoint)
      case 33:
        if !storage.flash.isEmpty { storage.flash[Int(choices.byte()) * 16] ^= choices.byte() }
        return selvedge_checkpoint_restore(network, &flash, nil)
      default:
        let result = selvedge_checkpoint_save(network, &flash, &checkpoint)
        if result >= 0 {
          var again = selvedge_checkpoint_init()
          storage.callsToFault = .max
          let restored = selvedge_checkpoint_restore(network, &flash, &again)
          promise(
            restored >= 0 && again.counter == checkpoint.counter,
            "saved in slot \(checkpoint.slot), restored: \(restored) from \(again.slot)")
        }
        return result
      }
    }
  }

  private static func save(
    _ network: OpaquePointer?, _ storage: Storage, _ context: UnsafeMutableRawPointer,
    _ choices: inout Choices
  ) -> Int32 {
    storage.bytes = []
    storage.limit = choices.byte() & 3 == 0 ? Int(choices.byte()) : .max
    let write: selvedge_write = { context, offset, bytes, count in
      let storage = Storage.at(context)
      guard Int(offset) == storage.bytes.count, storage.bytes.count + Int(count) <= storage.limit
      else {
        return -5
      }
      storage.bytes += UnsafeRawBufferPointer(start: bytes, count: Int(count))
      return 0
    }
    return selvedge_save(network, write, context, UInt32(choices.byte()))
  }

  private static func report(_ network: OpaquePointer?, _ word: UInt32) -> Int32 {
    var info = selvedge_info_init()
    var counters = selvedge_counters_init()
    var saturation = selvedge_saturation_init()
    var error = selvedge_error_init()
    _ = selvedge_get_counters(network, &counters)
    _ = selvedge_get_saturation(network, word, &saturation)
    _ = selvedge_last_error(network, &error)
    _ = String(cString: selvedge_tensor_name(error.tensor))
    if word == 0 { _ = selvedge_reset_counters(network) }
    return selvedge_get_info(network, &info)
  }
}
