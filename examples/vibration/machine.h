/* The machine that is listened to. Write these for your sensor; machine_simulated.c is one without hardware. */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdint.h>

enum { WINDOW = 128, FAULTS = 4 }; /* 0.1 s at 1280 samples a second; healthy, unbalance, misalignment, bearing */

/* A window of the accelerometer on the housing of machine `machine`, in g, which has fault `fault`. */
void machine_listen(int machine, int fault, float values[WINDOW]);

/* A number below `below`, by chance. */
uint32_t machine_chance(uint32_t below);

#endif
