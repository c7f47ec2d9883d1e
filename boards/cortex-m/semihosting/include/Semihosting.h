// Semihosting is what newlib stands on here, and offers nothing beside the C library: importing it links it.
#ifndef SELVEDGE_SEMIHOSTING_H
#define SELVEDGE_SEMIHOSTING_H
#endif
