/* A board that is not there. The motions are made up, of waves, noise and chance: four gestures as a person might
   make them, never twice with the same force, speed or phase. No person was recorded. Whole numbers alone, so that
   every machine makes the same ones. */
#include "board.h"

#include <stdio.h>
#include <string.h>

enum { LESSONS = 160, QUESTIONS = 60, BLOCK = 1024, BLOCKS = 16 };

static uint32_t state = 2026;
static long samples;
static int gesture;
static uint32_t phase, speed, force;
static unsigned char flash_bytes[BLOCK * BLOCKS];

static uint32_t chance(uint32_t below) {
  state = state * 1664525u + 1013904223u;
  return (state >> 8) % below;
}

/* A wave of parabolas, nearly a sine: a full turn is 65536, its height 4096. */
static int32_t wave(uint32_t at) {
  int32_t x = (int32_t)(at & 0x7FFF), y = (x * (32768 - x)) >> 16;
  return (at & 0x8000) ? -y : y;
}

int board_read_imu(float values[IMU_VALUES]) {
  if (samples >= (long)(LESSONS + QUESTIONS) * WINDOW) return 0;
  if (samples % WINDOW == 0) {
    gesture = (int)chance(GESTURES);
    phase = chance(65536);
    speed = 900 + chance(500);
    force = 60 + chance(80); /* percent */
  }
  uint32_t at = phase + (uint32_t)(samples % WINDOW) * speed;
  int32_t made[IMU_VALUES] = {0, 0, 4096, 0, 0, 0}; /* at rest: 1 g downwards */
  switch (gesture) {
    case 1: /* shaken from side to side */
      made[0] += 2 * wave(3 * at);
      break;
    case 2: /* a circle drawn in the air */
      made[0] += wave(2 * at);
      made[1] += wave(2 * at + 16384);
      break;
    case 3: /* the wrist turned to and fro */
      made[3] += 3 * wave(2 * at);
      made[2] -= wave(4 * at) / 3;
      break;
    default: /* carried about */
      made[1] += wave(at) / 4;
      break;
  }
  for (int i = 0; i < IMU_VALUES; i++) {
    int32_t noise = (int32_t)chance(1200) - 600;
    values[i] = (float)(made[i] * (int32_t)force / 100 + noise) / 4096.0f;
  }
  samples++;
  return 1;
}

int board_truth(void) { return gesture; }

int board_button(void) {
  /* The button is pressed for a whole second, and so before its first sample: look ahead at the same chance. */
  if (samples / WINDOW >= LESSONS) return -1;
  if (samples % WINDOW != 0) return gesture;
  uint32_t before = state;
  int next = (int)chance(GESTURES);
  state = before;
  return next;
}

void board_show(int shown) { (void)shown; }

void board_log(const char *text, unsigned long number) { printf("%s: %lu\n", text, number); }

/* MARK: Flash */

static selvedge_result read_flash(void *context, uint64_t offset, void *bytes, uint32_t count) {
  (void)context;
  memcpy(bytes, flash_bytes + offset, count);
  return SELVEDGE_OK;
}

static selvedge_result program_flash(void *context, uint64_t offset, const void *bytes, uint32_t count) {
  (void)context;
  memcpy(flash_bytes + offset, bytes, count);
  return SELVEDGE_OK;
}

static selvedge_result erase_flash(void *context, uint32_t block) {
  (void)context;
  memset(flash_bytes + (size_t)block * BLOCK, 0xFF, BLOCK);
  return SELVEDGE_OK;
}

selvedge_flash board_flash(void) {
  static unsigned char buffer[256];
  static int is_new = 1;
  selvedge_flash flash = selvedge_flash_init();
  if (is_new) memset(flash_bytes, 0xFF, sizeof flash_bytes);
  is_new = 0;
  flash.program_bytes = 16;
  flash.erase_bytes = BLOCK;
  flash.blocks = BLOCKS;
  flash.read = read_flash;
  flash.program = program_flash;
  flash.erase = erase_flash;
  flash.buffer = buffer;
  flash.buffer_bytes = sizeof buffer;
  return flash;
}
