// Trains a network on labelled samples, in memory of a fixed size.

import CStandardLibrary
import ExampleSupport

let code = StaticMemory.withBytes { Training.run(in: $0) }
// A result that nobody could read is no result.
exit(Output.isWritten ? code : EXIT_FAILURE)
