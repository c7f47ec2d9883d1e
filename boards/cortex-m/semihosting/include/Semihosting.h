// What semihosting offers beside the C library.
#ifndef SELVEDGE_SEMIHOSTING_H
#define SELVEDGE_SEMIHOSTING_H
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

/// The emulator's clock. Under qemu it counts nanoseconds of emulated time, and with `-icount shift=0` an
/// instruction takes one: then these are executed instructions, the same in every run. 0 on other machines.
uint64_t semihosting_elapsed(void);

#ifdef __cplusplus
}
#endif
#endif
