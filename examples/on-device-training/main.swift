// Trains a network on labelled samples, in memory of a fixed size.

import CStandardLibrary

let code = StaticMemory.withBytes { Training.run(in: $0) }
// A result that nobody could read is no result.
let isWritten = fflush(standard_output()) == 0 && ferror(standard_output()) == 0
exit(isWritten ? code : EXIT_FAILURE)
