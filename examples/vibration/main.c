/* Learns the faults of a machine by its vibration, with weights of 8 bits.

   In the factory a network learns the faults of one machine; its model goes into flash. In the field stands another
   machine, which sounds different: there the layers of the factory stay in flash and are read in place, and only the
   last layer, the part in memory, learns on from what a technician finds; or all of them do, in more memory. */
#include "machine.h"

#include <selvedge.h>

#include <stdio.h>
#include <string.h>

enum { OSCILLATORS = 24, UNITS = 24 };

/* Memory that the device has for learning; and a part of its flash, which is memory here too. */
static _Alignas(SELVEDGE_ALIGNMENT) unsigned char arena[2624];
static _Alignas(SELVEDGE_ALIGNMENT) unsigned char flash[4096];
static size_t flash_used;

static selvedge_result write_flash(void *context, uint64_t offset, const void *bytes, uint32_t count) {
  (void)context;
  if (count > sizeof flash - offset) return -1;
  memcpy(flash + offset, bytes, count);
  flash_used = (size_t)offset + count;
  return SELVEDGE_OK;
}

static selvedge_config describe(const selvedge_layer layers[3]) {
  selvedge_config config = selvedge_config_init();
  config.layers = layers;
  config.layer_count = 3;
  config.channels = 1;
  config.deviation = 0.5f;
  config.rates = selvedge_rates_init(0.02f, 0.04f);
  return config;
}

/* Learns `count` windows of a machine with faults that come by chance. */
static selvedge_result learn(selvedge_network *network, int machine, int count) {
  float values[WINDOW];
  selvedge_result result = SELVEDGE_OK;
  for (int i = 0; i < count && result >= 0; i++) {
    uint32_t fault = machine_chance(FAULTS);
    machine_listen(machine, (int)fault, values);
    result = selvedge_train(network, values, WINDOW, fault);
    /* Scales of 8 bits fit what has been met. */
    if (result >= 0 && (i == 50 || i % 400 == 399)) result = selvedge_choose_scales(network);
  }
  return result;
}

/* How many of 200 windows of a machine are told rightly. */
static selvedge_result test(selvedge_network *network, int machine) {
  float values[WINDOW];
  selvedge_result right = 0;
  for (int i = 0; i < 200; i++) {
    int fault = i % FAULTS;
    machine_listen(machine, fault, values);
    selvedge_result found = selvedge_predict(network, values, WINDOW);
    if (found < 0) return found;
    right += found == fault;
  }
  return right;
}

static int explain(const char *what, selvedge_result result) {
  printf("%s: %s\n", what, selvedge_error_message(result));
  return 1;
}

static void report(selvedge_network *network, const char *what) {
  selvedge_info info = selvedge_info_init();
  uint32_t crc = 0;
  selvedge_get_info(network, &info);
  selvedge_weights_crc(network, &crc);
  printf("%s: %lu bytes of weights in place, crc32 %08lx\n", what, (unsigned long)info.in_place_bytes,
         (unsigned long)crc);
}

/* Makes a network of the model in flash, in all of the memory, and lets it learn on.

   frozen_layers: bit k, layer k stays in flash as it is. */
static int learn_in_field(const char *what, uint32_t frozen_layers) {
  selvedge_network *network = NULL;
  selvedge_config config = selvedge_config_init();
  memset(arena, 0, sizeof arena);
  config.model = flash;
  config.model_bytes = flash_used;
  config.in_place = 1;
  config.frozen_layers = frozen_layers;
  config.rates = selvedge_rates_init(0.02f, 0.02f);
  selvedge_result result = selvedge_create(&network, arena, sizeof arena, &config);
  if (result < 0) return explain(what, result);
  report(network, what);
  for (int findings = 50; findings <= 400; findings *= 2) {
    result = learn(network, 1, findings);
    if (result < 0) return explain(what, result);
    printf("  after %d more findings: %ld of 200 right\n", findings, (long)test(network, 1));
  }
  report(network, what);
  return 0;
}

int main(void) {
  const selvedge_layer layers[3] = {
      selvedge_layer_oscillators(OSCILLATORS, WINDOW, SELVEDGE_MAGNITUDE),
      selvedge_layer_stored(selvedge_layer_dense(UNITS, SELVEDGE_TANH), SELVEDGE_INT8),
      selvedge_layer_stored(selvedge_layer_output(FAULTS), SELVEDGE_INT8),
  };
  selvedge_network *network = NULL;

  /* The factory. */
  selvedge_config config = describe(layers);
  selvedge_result result = selvedge_create(&network, arena, sizeof arena, &config);
  if (result >= 0) result = learn(network, 0, 2000);
  if (result < 0) return explain("factory", result);
  report(network, "factory");
  printf("  its own machine: %ld of 200 right\n", (long)test(network, 0));
  printf("  the machine in the field: %ld of 200 right\n", (long)test(network, 1));
  result = selvedge_save(network, write_flash, NULL, 256);
  selvedge_destroy(network);
  if (result < 0) return explain("saving the model", result);

  /* The field. */
  int failed = learn_in_field("field, last layer learns", 3);
  return failed ? failed : learn_in_field("field, all layers learn", 0);
}
