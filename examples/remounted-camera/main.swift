// A camera that was mounted again, 30 degrees turned: firmware fits the model in its flash to what it sees now.

import CStandardLibrary
import ExampleSupport

let code = StaticMemory.withBytes { Firmware.run(in: $0) }
// A result that nobody could read is no result.
exit(Output.isWritten ? code : EXIT_FAILURE)
