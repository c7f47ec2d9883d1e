// Trains a saved network on samples in exactly the bytes that were planned: what `selvedge simulate` runs on
// the host, as the program of a board.
//
//     standard input    the model's length, 32 bits little-endian; the model, with its record of training;
//                       samples as `selvedge feed` writes them, those to train on in the order of the steps
//     standard output   bytes of the arena, samples trained and predicted with how many were right, and the
//                       CRC-32 of the weights

import CStandardLibrary
import ExampleSupport

let code = Run.all()
// A result that nobody could read is no result.
exit(Output.isWritten ? code : EXIT_FAILURE)
