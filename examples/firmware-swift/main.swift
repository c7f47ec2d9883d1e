// Firmware for a Cortex-M: learns from a stream of samples, and says what that took.

import CStandardLibrary
import ExampleSupport

let code = StaticMemory.withBytes { Firmware.run(in: $0) }
// A result that nobody could read is no result.
exit(Output.isWritten ? code : EXIT_FAILURE)
