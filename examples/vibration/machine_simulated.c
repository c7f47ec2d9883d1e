/* Machines that are not there. Their vibrations are made up after the textbook: an unbalanced rotor shakes once a
   turn, a misaligned shaft twice, a bearing rings whenever a ball meets the crack; each machine has its own speed,
   housing and sensor. Nothing was recorded. Whole numbers alone, so that every machine makes the same ones. */
#include "machine.h"

static uint32_t state = 7;

uint32_t machine_chance(uint32_t below) {
  state = state * 1664525u + 1013904223u;
  return (state >> 8) % below;
}

/* A wave of parabolas, nearly a sine: a full turn is 65536, its height 4096. */
static int32_t wave(uint32_t at) {
  int32_t x = (int32_t)(at & 0x7FFF), y = (x * (32768 - x)) >> 16;
  return (at & 0x8000) ? -y : y;
}

void machine_listen(int machine, int fault, float values[WINDOW]) {
  const uint32_t turn = machine == 0 ? 1250 : 1750; /* of 65536 a sample: 24 and 34 turns a second */
  const int32_t hum = machine == 0 ? 30 : 90;       /* percent of the housing's own vibration */
  const int32_t gain = machine == 0 ? 100 : 60;     /* percent of the sensor */
  const uint32_t ball = machine == 0 ? 23 : 17;     /* samples between two rings of a bearing */
  uint32_t phase = machine_chance(65536), ring = machine_chance(ball);
  int32_t force = 60 + (int32_t)machine_chance(80), ringing = 0;
  for (uint32_t t = 0; t < WINDOW; t++) {
    uint32_t at = phase + t * (turn + machine_chance(40));
    int32_t value = wave(at) / 4 + hum * wave(5 * at) / 100;
    if (fault == 1) value += wave(at) * force / 100;
    if (fault == 2) value += wave(2 * at + 9000) * force / 100;
    if (fault == 3) {
      if ((t + ring) % ball == 0) ringing = 6000 * force / 100;
      value += ((t & 1) ? -ringing : ringing);
      ringing = ringing * 3 / 5;
    }
    value += (int32_t)machine_chance(1600) - 800;
    values[t] = (float)(value * gain / 100) / 4096.0f;
  }
}
