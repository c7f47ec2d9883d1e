// Trains a network on labelled samples, in memory of a fixed size.

import CStandardLibrary

exit(StaticMemory.withBytes { Training.run(in: $0) })
