/* What the program needs of a board. Write these six for yours; board_simulated.c is one without hardware. */
#ifndef BOARD_H
#define BOARD_H

#include <selvedge.h>

enum { IMU_VALUES = 6, WINDOW = 50, GESTURES = 4 }; /* three axes of acceleration and of turning rate, 1 s at 50 Hz */

/* Waits for the next sample of the sensor, in g and in rad/s; 0 when there is none any more. */
int board_read_imu(float values[IMU_VALUES]);

/* Which button the user holds: a gesture from 0 to GESTURES - 1 that is being shown, or -1 for none. */
int board_button(void);

/* What the user did in truth, for the score of the simulation; -1 where nobody knows. */
int board_truth(void);

/* Shows what the device takes the gesture for. */
void board_show(int gesture);

/* Says something to whoever watches. */
void board_log(const char *text, unsigned long number);

/* A part of the flash that is ours. */
selvedge_flash board_flash(void);

#endif
