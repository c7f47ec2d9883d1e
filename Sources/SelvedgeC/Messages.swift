// The names are those of selvedge.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CSelvedge

// Each sentence is a constant of its own, of which the linker keeps none if nobody asks for them.

@c @implementation
public func selvedge_error_message(_ result: Int32) -> UnsafePointer<CChar>! {
  let message: StaticString =
    switch Int(result) {
    case SELVEDGE_ERROR_ARENA_TOO_SMALL:
      "the buffer is too small: selvedge_bytes_needed says for what"
    case SELVEDGE_ERROR_ARGUMENT: "a null or misaligned pointer, or a number out of its range"
    case SELVEDGE_ERROR_STATE: "another call has to come first, or the network is not of that kind"
    case SELVEDGE_ERROR_CORRUPT: "these bytes are no whole model"
    case SELVEDGE_ERROR_STORAGE: "the storage callback failed"
    case SELVEDGE_ERROR_DIVERGED:
      "training has run away: load a model, or create the network anew with lower rates"
    case SELVEDGE_ERROR_NOT_SUPPORTED: "this build of the library cannot do that"
    case SELVEDGE_ERROR_HANDLE: "no network: it was never created here, or it was destroyed"
    case SELVEDGE_ERROR_BUSY: "the network is in the middle of another call"
    case SELVEDGE_ERROR_LAYER:
      "a layer is not possible, or not there: selvedge_last_error says which"
    case SELVEDGE_ERROR_COUNT: "another count of numbers is needed: selvedge_last_error says which"
    case SELVEDGE_ERROR_NOT_FINITE:
      "a number is infinite or not a number: selvedge_last_error says which"
    case SELVEDGE_ERROR_LABEL: "the label is not one of the classes"
    case SELVEDGE_ERROR_FULL: "the batch is full: call selvedge_step first"
    case SELVEDGE_ERROR_MODEL_DIFFERS: "the model is of another network"
    case SELVEDGE_ERROR_EMPTY: "nothing was ever saved there"
    case SELVEDGE_ERROR_WORN:
      "the flash does not keep what was programmed: it is worn out or broken"
    case SELVEDGE_ERROR_FLASH_TOO_SMALL: "a slot is too small for the network"
    default: result >= 0 ? "done" : "an unknown error"
    }
  return UnsafeRawPointer(message.utf8Start).assumingMemoryBound(to: CChar.self)
}

@c @implementation
public func selvedge_tensor_name(_ tensor: Int32) -> UnsafePointer<CChar>! {
  let name: StaticString =
    switch tensor {
    case 0: "weights"
    case 1: "biases"
    case 2: "scale"
    case 3: "layers"
    case 4: "labels"
    case 5: "targets"
    case 6: "input"
    case 7: "output"
    case 8: "digest"
    case 9: "delta"
    case 10: "values"
    case 11: "noise"
    case 12: "rounded delta"
    case 13: "state weights"
    case 14: "state scale"
    case 15: "memory"
    case 16: "patches"
    case 17: "winners"
    case 18: "gradient"
    case 19: "ahead"
    case 20: "adaptor"
    case 21: "step rule"
    default: "no tensor"
    }
  return UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
}
