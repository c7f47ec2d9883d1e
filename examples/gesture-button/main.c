/* Learns gestures from the stream of a motion sensor while a button says which one is shown. Every second of the
   stream is read step by step into a bank of oscillators and forgotten; the network learns from what they give.
   What was learned survives the loss of power. */
#include "board.h"

enum { OSCILLATORS = 6, MEMORY = IMU_VALUES * OSCILLATORS, UNITS = 24 };

/* All memory that learning takes, as selvedge_bytes_needed says; selvedge_create refuses less. */
static _Alignas(SELVEDGE_ALIGNMENT) unsigned char arena[5632];

/* The mean and the deviation of each number that the oscillators give, so that all of them count alike. */
typedef struct statistics {
  float seen;
  float mean[MEMORY];
  float variance[MEMORY];
} statistics;

static statistics seen;

static float square_root(float value) {
  float root = value > 1 ? value : 1;
  for (int i = 0; i < 20; i++) root = (root + value / root) / 2;
  return root;
}

/* Takes in what the oscillators give now, and lets the network read it standardised. */
static selvedge_result standardise(selvedge_network *network) {
  float outputs[MEMORY], factors[MEMORY];
  selvedge_result result = selvedge_memory(network, outputs, MEMORY);
  if (result < 0) return result;
  if (seen.seen < 100) seen.seen += 1;
  for (int i = 0; i < MEMORY; i++) {
    float weight = 1 / seen.seen, distance = outputs[i] - seen.mean[i];
    seen.mean[i] += weight * distance;
    seen.variance[i] = (1 - weight) * (seen.variance[i] + weight * distance * distance);
    factors[i] = seen.variance[i] > 1e-9f ? 1 / square_root(seen.variance[i]) : 0;
  }
  return selvedge_standardise_memory(network, seen.mean, factors, MEMORY);
}

static selvedge_result create(selvedge_network **network) {
  const selvedge_layer layers[] = {
      selvedge_layer_oscillators(OSCILLATORS, WINDOW, SELVEDGE_MAGNITUDE),
      selvedge_layer_dense(UNITS, SELVEDGE_TANH),
      selvedge_layer_output(GESTURES),
  };
  selvedge_config config = selvedge_config_init();
  config.layers = layers;
  config.layer_count = sizeof layers / sizeof layers[0];
  config.channels = IMU_VALUES;
  config.rates = selvedge_rates_init(0.02f, 0.05f);
  return selvedge_create(network, arena, sizeof arena, &config);
}

/* One second of the stream: learned from if the button is held all the time, otherwise recognised. */
static selvedge_result second(selvedge_network *network, int *learned, int *found) {
  float values[IMU_VALUES];
  selvedge_result result = SELVEDGE_OK;
  int button = board_button();
  *learned = 0;
  *found = -1;
  for (int step = 0; step < WINDOW; step++) {
    if (step > 0 && board_button() != button) button = -1;
    if (!board_read_imu(values)) return SELVEDGE_ERROR_STATE;
    result = selvedge_read(network, values, IMU_VALUES);
    if (result < 0) return result;
  }
  if (button < 0) {
    *found = (int)(result = selvedge_predict_sequence(network));
    return result;
  }
  result = standardise(network);
  if (result == SELVEDGE_OK) result = selvedge_train_sequence(network, (uint32_t)button);
  *learned = result > 0;
  return result;
}

int main(void) {
  selvedge_network *network = NULL;
  selvedge_flash flash = board_flash();
  selvedge_result result = create(&network);
  if (result == SELVEDGE_OK) {
    result = selvedge_checkpoint_restore(network, &flash, NULL);
    board_log(result == SELVEDGE_OK ? "goes on where it was" : "begins anew", 0);
    if (result == SELVEDGE_ERROR_EMPTY) result = SELVEDGE_OK;
  }

  int lessons = 0, recognised = 0, asked = 0, learned, found;
  while (result >= 0 && (result = second(network, &learned, &found)) >= 0) {
    if (learned) {
      lessons++;
      if (lessons % 20 == 0) {
        selvedge_counters counters = selvedge_counters_init();
        result = selvedge_checkpoint_save(network, &flash, NULL);
        selvedge_get_counters(network, &counters);
        board_log("lessons", (unsigned long)lessons);
        board_log("  right before they were learned, of 20", (unsigned long)counters.correct);
        selvedge_reset_counters(network);
      }
    } else if (found >= 0) {
      board_show(found);
      asked++;
      recognised += found == board_truth();
    }
    /* The weights are worth nothing: go back to the last checkpoint, and slower from there. */
    if (result == SELVEDGE_ERROR_DIVERGED) {
      result = selvedge_checkpoint_restore(network, &flash, NULL);
      selvedge_set_rates(network, selvedge_rates_init(0.005f, 0.01f));
    }
  }
  if (result != SELVEDGE_ERROR_STATE) {
    board_log(selvedge_error_message(result), (unsigned long)-result);
    return 1;
  }

  board_log("gestures shown without the button", (unsigned long)asked);
  board_log("  of those recognised", (unsigned long)recognised);
  uint32_t crc = 0, restored = 0;
  selvedge_checkpoint_save(network, &flash, NULL);
  selvedge_weights_crc(network, &crc);
  /* As after the loss of power: all of the memory is gone, the flash is not. */
  selvedge_destroy(network);
  for (size_t i = 0; i < sizeof arena; i++) arena[i] = 0;
  if (create(&network) < 0 || selvedge_checkpoint_restore(network, &flash, NULL) < 0) return 1;
  selvedge_weights_crc(network, &restored);
  board_log("power lost and back: weights the same", crc == restored);
  board_log("crc32 of what was learned", crc);
  return crc != restored;
}
