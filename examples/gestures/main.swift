// Learns gestures from a stream of sequences, in 16 KB.

import CStandardLibrary
import ExampleSupport

let code = StaticMemory.withBytes { Gestures.run(in: $0) }
// A result that nobody could read is no result.
exit(Output.isWritten ? code : EXIT_FAILURE)
