/* Calls every function of selvedge.h, rightly and wrongly. Prints the weights' checksum of each kind of network,
   which is the same on every target; exit code 1 and a line for each promise that is not kept. */
#define _POSIX_C_SOURCE 200112L

#include <selvedge.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUTS = 16, CLASSES = 4, STEPS = 6 };

static int failures;
static int checks;

static void check(int holds, const char *what, int line) {
  checks++;
  if (holds) return;
  failures++;
  printf("line %d: not %s\n", line, what);
}
#define CHECK(condition) check((condition) != 0, #condition, __LINE__)

/* MARK: Networks */

/* Just as many bytes as are asked for, so that a sanitizer sees one that is too many. */
static void *buffer_of(size_t bytes) {
  void *buffer = NULL;
  if (posix_memalign(&buffer, SELVEDGE_ALIGNMENT, bytes) != 0) exit(1);
  memset(buffer, 0xA5, bytes);
  return buffer;
}

typedef struct network_kind {
  const char *name;
  uint32_t layer_count;
  selvedge_layer layers[4];
  uint32_t rows, columns, channels;
  uint32_t steps; /* of a sequence; 1 of a sample */
  int is_regression;
} network_kind;

static network_kind kind_of(const char *name) {
  network_kind kind;
  memset(&kind, 0, sizeof kind);
  kind.name = name;
  kind.rows = kind.columns = kind.steps = 1;
  kind.channels = INPUTS;
  kind.layer_count = 2;
  kind.layers[0] = selvedge_layer_dense(24, SELVEDGE_TANH);
  kind.layers[1] = selvedge_layer_output(CLASSES);
  if (strcmp(name, "deep") == 0) {
    kind.layer_count = 3;
    kind.layers[0] = selvedge_layer_lookahead(selvedge_layer_dense(20, SELVEDGE_RELU));
    kind.layers[1] = selvedge_layer_dense(12, SELVEDGE_SIGMOID);
    kind.layers[2] = selvedge_layer_output(CLASSES);
  } else if (strcmp(name, "readout") == 0) {
    kind.layers[1] = selvedge_layer_readout(CLASSES);
  } else if (strcmp(name, "regression") == 0) {
    kind.layers[1] = selvedge_layer_regression(2);
    kind.is_regression = 1;
  } else if (strcmp(name, "convolution") == 0) {
    kind.rows = kind.columns = 4;
    kind.channels = 1;
    kind.layer_count = 4;
    kind.layers[0] = selvedge_layer_convolution(3, 3, 3, 1, SELVEDGE_SAME, 1, SELVEDGE_TANH);
    kind.layers[1] = selvedge_layer_depthwise(3, 3, 1, SELVEDGE_SAME, 2, SELVEDGE_TANH);
    kind.layers[2] = selvedge_layer_normalise();
    kind.layers[3] = selvedge_layer_output(CLASSES);
  } else if (strcmp(name, "pools") == 0) {
    kind.rows = kind.columns = 4;
    kind.channels = 1;
    kind.layer_count = 4;
    kind.layers[0] = selvedge_layer_convolution(4, 3, 3, 1, SELVEDGE_SAME, 1, SELVEDGE_RELU);
    kind.layers[1] = selvedge_layer_max_pool(2);
    kind.layers[2] = selvedge_layer_average_pool(0);
    kind.layers[3] = selvedge_layer_output(CLASSES);
  } else if (strcmp(name, "oscillators") == 0) {
    kind.channels = 3;
    kind.steps = STEPS;
    kind.layer_count = 3;
    kind.layers[0] = selvedge_layer_oscillators(4, STEPS, SELVEDGE_MAGNITUDE);
    kind.layers[1] = selvedge_layer_dense(8, SELVEDGE_TANH);
    kind.layers[2] = selvedge_layer_output(CLASSES);
  } else if (strcmp(name, "legendre") == 0) {
    kind.channels = 3;
    kind.steps = STEPS;
    kind.layers[0] = selvedge_layer_legendre(4, STEPS);
  } else if (strcmp(name, "elman") == 0) {
    kind.channels = 3;
    kind.steps = STEPS;
    kind.layers[0] = selvedge_layer_elman(8, STEPS, 50, SELVEDGE_TRACE);
  } else if (strcmp(name, "gru") == 0) {
    kind.channels = 3;
    kind.steps = STEPS;
    kind.layers[0] = selvedge_layer_gru(8, STEPS, 0);
  }
  return kind;
}

static selvedge_config config_of(const network_kind *kind) {
  selvedge_config config = selvedge_config_init();
  config.layers = kind->layers;
  config.layer_count = kind->layer_count;
  config.rows = kind->rows;
  config.columns = kind->columns;
  config.channels = kind->channels;
  config.rates = selvedge_rates_init(0.02f, 0.05f);
  config.seed = 7;
  config.mean = 0.25f;
  config.deviation = 0.5f;
  return config;
}

static selvedge_network *create(const selvedge_config *config, void **buffer) {
  selvedge_network *network = NULL;
  size_t bytes = 0;
  CHECK(selvedge_bytes_needed(config, &bytes) == SELVEDGE_OK);
  *buffer = buffer_of(bytes);
  CHECK(selvedge_create(&network, *buffer, bytes, config) == SELVEDGE_OK);
  if (network == NULL) exit(1);
  return network;
}

static uint32_t crc_of(selvedge_network *network) {
  uint32_t crc = 0;
  CHECK(selvedge_weights_crc(network, &crc) == SELVEDGE_OK);
  return crc;
}

/* MARK: Samples */

static uint32_t state = 1;

static uint32_t next(void) {
  state = state * 1664525u + 1013904223u;
  return state >> 8;
}

/* A sample of class `label`: noise, and a quarter of the values raised. */
static uint32_t sample(float *values, uint32_t count) {
  uint32_t label = next() % CLASSES;
  for (uint32_t i = 0; i < count; i++) {
    values[i] = (float)(next() % 1024) / 1024.0f + (i % CLASSES == label ? 0.5f : 0.0f);
  }
  return label;
}

/* Trains on some samples in each way that there is for the kind; the number that were right in the end. */
static uint32_t train(selvedge_network *network, const network_kind *kind, int count) {
  float values[INPUTS * STEPS];
  uint32_t right = 0, per_step = kind->rows * kind->columns * kind->channels, all = per_step * kind->steps;
  for (int s = 0; s < count; s++) {
    uint32_t label = sample(values, all);
    if (kind->is_regression) {
      float targets[2];
      targets[0] = values[0] + values[1];
      targets[1] = values[2] * 3.0f;
      CHECK(selvedge_train_values(network, values, all, targets, 2) == 1);
    } else if (kind->steps > 1 && s % 2 == 0) {
      if (strcmp(kind->name, "elman") == 0 || strcmp(kind->name, "gru") == 0) {
        CHECK(selvedge_begin(network, &label, 1) == SELVEDGE_OK);
        for (uint32_t t = 0; t < kind->steps; t++) {
          CHECK(selvedge_learn(network, values + t * per_step, per_step) == SELVEDGE_OK);
        }
        CHECK(selvedge_step(network) == 1);
      } else {
        for (uint32_t t = 0; t < kind->steps; t++) {
          CHECK(selvedge_read(network, values + t * per_step, per_step) == SELVEDGE_OK);
        }
        CHECK(selvedge_train_sequence(network, label) == 1);
      }
    } else {
      CHECK(selvedge_train(network, values, all, label) == 1);
    }
    if (s == 99) CHECK(selvedge_choose_scales(network) == SELVEDGE_OK);
  }
  for (int s = 0; s < 100; s++) {
    uint32_t label = sample(values, all);
    selvedge_result found = selvedge_predict(network, values, all);
    CHECK(found >= 0);
    right += (uint32_t)found == label;
  }
  return right;
}

/* MARK: Storage */

typedef struct storage {
  unsigned char *bytes;
  size_t size, used, fails_at;
  uint32_t largest;
  selvedge_network *network;
} storage;

static selvedge_result keep(void *context, uint64_t offset, const void *bytes, uint32_t count) {
  storage *own = (storage *)context;
  CHECK(offset == own->used);
  if (own->network != NULL) {
    /* From within a callback the network is busy. */
    selvedge_error error = selvedge_error_init();
    CHECK(selvedge_step(own->network) == SELVEDGE_ERROR_BUSY);
    CHECK(selvedge_last_error(own->network, &error) == SELVEDGE_OK);
  }
  if (own->used + count > own->fails_at) return -5;
  CHECK(own->used + count <= own->size);
  memcpy(own->bytes + own->used, bytes, count);
  own->used += count;
  if (count > own->largest) own->largest = count;
  return SELVEDGE_OK;
}

static storage save(selvedge_network *network, uint32_t piece) {
  storage own;
  selvedge_info info = selvedge_info_init();
  memset(&own, 0, sizeof own);
  CHECK(selvedge_get_info(network, &info) == SELVEDGE_OK);
  own.size = own.fails_at = (size_t)info.model_bytes;
  own.bytes = (unsigned char *)buffer_of(own.size);
  own.network = network;
  CHECK(selvedge_save(network, keep, &own, piece) == SELVEDGE_OK);
  CHECK(own.used == own.size);
  CHECK(piece == 0 || own.largest <= piece);
  return own;
}

/* MARK: Tests */

/* Weights that stay in the model: less memory, the same network. */
static void reads_in_place(const void *model, size_t bytes, uint32_t crc) {
  selvedge_config config = selvedge_config_init();
  selvedge_info copied = selvedge_info_init(), used = selvedge_info_init();
  void *buffer;
  config.model = model;
  config.model_bytes = bytes;
  config.trains = 0;
  selvedge_network *network = create(&config, &buffer);
  CHECK(selvedge_get_info(network, &copied) == SELVEDGE_OK && copied.in_place_bytes == 0);
  free(buffer);
  config.in_place = 1;
  network = create(&config, &buffer);
  CHECK(selvedge_get_info(network, &used) == SELVEDGE_OK);
  CHECK(used.in_place_bytes > 0 && used.bytes + used.in_place_bytes == copied.bytes);
  CHECK(crc_of(network) == crc);
  CHECK(selvedge_load(network, model, bytes) == SELVEDGE_OK);
  free(buffer);
  /* The last layer learns on, the others stay where they are. */
  config.trains = 1;
  config.frozen_layers = (1u << (used.layers - 1)) - 1;
  network = create(&config, &buffer);
  CHECK(crc_of(network) == crc);
  CHECK(selvedge_freeze(network, 0, 0) == SELVEDGE_ERROR_STATE);
  CHECK(selvedge_freeze(network, 0, 1) == SELVEDGE_OK);
  free(buffer);
}

static void learns_and_comes_back(const char *name, uint8_t precision) {
  static const char *const precisions[] = {"float32", "float16", "int8"};
  network_kind kind = kind_of(name);
  for (uint32_t k = 0; k < kind.layer_count; k++) {
    uint8_t own = kind.layers[k].kind;
    int has_weights = own <= 4 || own == 10 || own == 11 || own == 13;
    if (has_weights) kind.layers[k] = selvedge_layer_stored(kind.layers[k], precision);
  }
  void *buffer, *other_buffer;
  selvedge_config config = config_of(&kind);
  selvedge_network *network = create(&config, &buffer);
  uint32_t fresh = crc_of(network);
  uint32_t right = train(network, &kind, 400);
  uint32_t crc = crc_of(network);
  printf("%s %s crc32 %08lx, %lu of 100 right\n", name, precisions[precision], (unsigned long)crc,
         (unsigned long)right);
  CHECK(crc != fresh);
  CHECK(kind.is_regression || right > 30);

  storage saved = save(network, 20);
  selvedge_config from_model = selvedge_config_init();
  from_model.model = saved.bytes;
  from_model.model_bytes = saved.size;
  from_model.rates = config.rates;
  selvedge_network *other = create(&from_model, &other_buffer);
  CHECK(crc_of(other) == crc);
  train(network, &kind, 20);
  CHECK(crc_of(network) != crc);
  CHECK(selvedge_load(network, saved.bytes, saved.size) == SELVEDGE_OK);
  CHECK(crc_of(network) == crc);
  reads_in_place(saved.bytes, saved.size, crc);
  /* Both go on alike. */
  state = 99;
  train(network, &kind, 20);
  state = 99;
  train(other, &kind, 20);
  CHECK(crc_of(network) == crc_of(other));
  CHECK(selvedge_destroy(network) == SELVEDGE_OK);
  CHECK(selvedge_destroy(other) == SELVEDGE_OK);
  free(saved.bytes);
  free(buffer);
  free(other_buffer);
}

/* Expects an error, that it is the latest one of the network, and that no weight has changed. */
static void refuses(selvedge_network *network, uint32_t before, selvedge_result found, selvedge_result expected,
                    int line) {
  selvedge_error error = selvedge_error_init();
  check(found == expected, selvedge_error_message(expected), line);
  check(selvedge_last_error(network, &error) == SELVEDGE_OK, "last error", line);
  check(error.code == expected, "the latest error", line);
  check(crc_of(network) == before, "unchanged", line);
}
#define REFUSES(call, expected)                                            \
  do {                                                                     \
    uint32_t before_ = crc_of(network);                                    \
    refuses(network, before_, (call), (expected), __LINE__);               \
  } while (0)

static void refuses_configurations(void) {
  network_kind kind = kind_of("dense");
  selvedge_config config = config_of(&kind);
  selvedge_error error = selvedge_error_init();
  selvedge_network *network = NULL;
  size_t bytes = 0;
  config.error = &error;
  CHECK(selvedge_bytes_needed(&config, &bytes) == SELVEDGE_OK && bytes > 0);
  unsigned char *buffer = (unsigned char *)buffer_of(bytes + 16);
  size_t untouched = 0;

#define WITH(member, value, expected)                                    \
  do {                                                                   \
    selvedge_config own = config;                                        \
    own.member = (value);                                                \
    CHECK(selvedge_create(&network, buffer, bytes, &own) == (expected)); \
    CHECK(network == NULL);                                              \
    CHECK(error.code == (expected));                                     \
  } while (0)
  WITH(layers, NULL, SELVEDGE_ERROR_ARGUMENT);
  WITH(layers, (const selvedge_layer *)((const char *)kind.layers + 1), SELVEDGE_ERROR_ARGUMENT);
  WITH(layer_count, 0, SELVEDGE_ERROR_ARGUMENT);
  WITH(layer_count, SELVEDGE_LAYERS_MAX + 1, SELVEDGE_ERROR_ARGUMENT);
  WITH(layer_count, UINT32_MAX, SELVEDGE_ERROR_ARGUMENT);
  WITH(layer_count, 1, SELVEDGE_ERROR_LAYER);
  WITH(channels, 0, SELVEDGE_ERROR_ARGUMENT);
  WITH(channels, UINT32_MAX, SELVEDGE_ERROR_ARGUMENT);
  WITH(rows, 0, SELVEDGE_ERROR_ARGUMENT);
  WITH(columns, UINT32_MAX, SELVEDGE_ERROR_ARGUMENT);
  WITH(batch, 0, SELVEDGE_ERROR_ARGUMENT);
  WITH(batch, 257, SELVEDGE_ERROR_ARGUMENT);
  WITH(batch, UINT32_MAX, SELVEDGE_ERROR_ARGUMENT);
  WITH(trains, 2, SELVEDGE_ERROR_ARGUMENT);
  WITH(rule, 6, SELVEDGE_ERROR_ARGUMENT);
  WITH(rule, 256, SELVEDGE_ERROR_ARGUMENT);
  WITH(rounding, 3, SELVEDGE_ERROR_ARGUMENT);
  WITH(deviation, 0.0f, SELVEDGE_ERROR_ARGUMENT);
  WITH(deviation, (float)NAN, SELVEDGE_ERROR_ARGUMENT);
  WITH(mean, (float)INFINITY, SELVEDGE_ERROR_ARGUMENT);
  WITH(target_deviation, -1.0f, SELVEDGE_ERROR_ARGUMENT);
  WITH(rates.hidden, (float)NAN, SELVEDGE_ERROR_NOT_FINITE);
  WITH(rates.recurrent, (float)INFINITY, SELVEDGE_ERROR_NOT_FINITE);
  WITH(in_place, 1, SELVEDGE_ERROR_ARGUMENT);
  WITH(saturation_limit, 1001, SELVEDGE_ERROR_ARGUMENT);
  WITH(channels, INPUTS + 1, SELVEDGE_ERROR_ARENA_TOO_SMALL);
  CHECK(error.wanted > error.had && error.had == (int64_t)bytes);
  CHECK(strcmp(selvedge_tensor_name(error.tensor), "no tensor") != 0);
  {
    selvedge_config own = config;
    own.error = (selvedge_error *)(void *)((char *)&error + 1);
    CHECK(selvedge_create(&network, buffer, bytes, &own) == SELVEDGE_ERROR_ARGUMENT);
    own.error = NULL;
    own.size--;
    CHECK(selvedge_create(&network, buffer, bytes, &own) == SELVEDGE_ERROR_ARGUMENT);
    own.size += 2;
    CHECK(selvedge_create(&network, buffer, bytes, &own) == SELVEDGE_ERROR_NOT_SUPPORTED);
    CHECK(selvedge_bytes_needed(&own, &bytes) == SELVEDGE_ERROR_NOT_SUPPORTED);
  }

  /* A layer that cannot be. */
#define WITH_LAYER(index, value, byte)                                              \
  do {                                                                              \
    network_kind other = kind;                                                      \
    selvedge_config own = config;                                                   \
    other.layers[index] = (value);                                                  \
    own.layers = other.layers;                                                      \
    CHECK(selvedge_create(&network, buffer, bytes, &own) == SELVEDGE_ERROR_LAYER);  \
    CHECK(error.layer == (index) && error.offset == (byte));                        \
  } while (0)
  selvedge_layer layer = kind.layers[0];
  layer.kind = 0;
  WITH_LAYER(0, layer, 0);
  layer.kind = 14;
  WITH_LAYER(0, layer, 0);
  layer = kind.layers[0];
  layer.activation = 4;
  WITH_LAYER(0, layer, 1);
  layer = kind.layers[0];
  layer.frozen = 2;
  WITH_LAYER(0, layer, 2);
  WITH_LAYER(0, selvedge_layer_stored(kind.layers[0], 3), 3);
  WITH_LAYER(0, selvedge_layer_stored(selvedge_layer_normalise(), SELVEDGE_INT8), 3);
  WITH_LAYER(0, selvedge_layer_dense(0, SELVEDGE_TANH), 4);
  WITH_LAYER(0, selvedge_layer_dense(UINT32_MAX, SELVEDGE_TANH), 4);
  WITH_LAYER(1, selvedge_layer_output(1), 4);
  WITH_LAYER(1, selvedge_layer_output(UINT32_MAX), 4);
  WITH_LAYER(0, selvedge_layer_legendre(129, 10), 4);
  layer = kind.layers[0];
  layer.rows = 3;
  WITH_LAYER(0, layer, 8);
  WITH_LAYER(0, selvedge_layer_convolution(2, 3, 3, 0, SELVEDGE_SAME, 1, SELVEDGE_TANH), 8);
  WITH_LAYER(0, selvedge_layer_max_pool(9), 8);
  WITH_LAYER(0, selvedge_layer_convolution(2, 3, 3, 1, 2, 1, SELVEDGE_TANH), 11);
  WITH_LAYER(0, selvedge_layer_elman(4, 10, 0, 0), 12);
  WITH_LAYER(0, selvedge_layer_elman(4, 10, 101, 0), 12);
  layer = kind.layers[0];
  layer.options = 3;
  WITH_LAYER(0, layer, 13);
  WITH_LAYER(0, selvedge_layer_gru(4, 0, 0), 14);
  WITH_LAYER(1, selvedge_layer_dense(4, SELVEDGE_TANH), 0);
  WITH_LAYER(0, selvedge_layer_output(4), 0);

  CHECK(selvedge_bytes_needed(NULL, &bytes) == SELVEDGE_ERROR_ARGUMENT);
  CHECK(selvedge_bytes_needed(&config, NULL) == SELVEDGE_ERROR_ARGUMENT);
  CHECK(selvedge_create(NULL, buffer, bytes, &config) == SELVEDGE_ERROR_ARGUMENT);
  CHECK(selvedge_create(&network, NULL, bytes, &config) == SELVEDGE_ERROR_ARGUMENT);
  CHECK(selvedge_create(&network, buffer, bytes, NULL) == SELVEDGE_ERROR_ARGUMENT);
  CHECK(selvedge_create(&network, buffer + 4, bytes, &config) == SELVEDGE_ERROR_ARGUMENT);
  for (size_t less = 1; less <= bytes; less += less < 32 ? 1 : 61) {
    CHECK(selvedge_create(&network, buffer, bytes - less, &config) == SELVEDGE_ERROR_ARENA_TOO_SMALL);
    CHECK(error.wanted == (int64_t)bytes && error.had == (int64_t)(bytes - less));
  }
  CHECK(network == NULL);
  for (size_t i = 0; i < bytes + 16; i++) untouched += buffer[i] == 0xA5;
  CHECK(untouched == bytes + 16);
  CHECK(selvedge_create(&network, buffer, bytes, &config) == SELVEDGE_OK);
  /* Nothing behind the bytes that were needed is touched. */
  CHECK(train(network, &kind, 10) <= 100);
  for (size_t i = bytes; i < bytes + 16; i++) CHECK(buffer[i] == 0xA5);
  free(buffer);
}

static void refuses_handles(void) {
  network_kind kind = kind_of("dense");
  selvedge_config config = config_of(&kind);
  void *buffer;
  selvedge_network *network = create(&config, &buffer);
  selvedge_error error = selvedge_error_init();
  float values[INPUTS] = {0};
  /* None, misaligned, never created, a copy, destroyed. */
  unsigned char *nothing = (unsigned char *)buffer_of(4096);
  selvedge_network *wrong[5];
  wrong[0] = NULL;
  wrong[1] = (selvedge_network *)(nothing + 8);
  wrong[2] = (selvedge_network *)nothing;
  wrong[3] = (selvedge_network *)(nothing + 2048);
  wrong[4] = network;
  memcpy(nothing + 2048, buffer, 512);
  CHECK(selvedge_destroy(network) == SELVEDGE_OK);
  for (int i = 0; i < 5; i++) {
    selvedge_network *n = wrong[i];
    selvedge_info info = selvedge_info_init();
    selvedge_counters counters = selvedge_counters_init();
    selvedge_saturation saturation = selvedge_saturation_init();
    uint32_t crc = 0, label = 0;
    const selvedge_result none = SELVEDGE_ERROR_HANDLE;
    CHECK(selvedge_destroy(n) == none);
    CHECK(selvedge_predict(n, values, INPUTS) == none);
    CHECK(selvedge_outputs(n, 0, values, CLASSES) == none);
    CHECK(selvedge_probabilities(n, 0, values, CLASSES) == none);
    CHECK(selvedge_train(n, values, INPUTS, 0) == none);
    CHECK(selvedge_train_values(n, values, INPUTS, values, 1) == none);
    CHECK(selvedge_train_batch(n, values, INPUTS, &label, 1) == none);
    CHECK(selvedge_add(n, values, INPUTS, 0) == none);
    CHECK(selvedge_add_values(n, values, INPUTS, values, 1) == none);
    CHECK(selvedge_add_unlabelled(n, values, INPUTS) == none);
    CHECK(selvedge_step(n) == none);
    CHECK(selvedge_predict_batch(n) == none);
    CHECK(selvedge_class(n, 0) == none);
    CHECK(selvedge_discard(n) == none);
    CHECK(selvedge_read(n, values, INPUTS) == none);
    CHECK(selvedge_predict_sequence(n) == none);
    CHECK(selvedge_predict_so_far(n) == none);
    CHECK(selvedge_train_sequence(n, 0) == none);
    CHECK(selvedge_train_sequence_values(n, values, 1) == none);
    CHECK(selvedge_begin(n, &label, 1) == none);
    CHECK(selvedge_begin_values(n, values, 1) == none);
    CHECK(selvedge_learn(n, values, 1) == none);
    CHECK(selvedge_memory(n, values, 1) == none);
    CHECK(selvedge_standardise_steps(n, values, values, 1) == none);
    CHECK(selvedge_standardise_memory(n, values, values, 1) == none);
    CHECK(selvedge_set_rates(n, selvedge_rates_init(0, 0)) == none);
    CHECK(selvedge_set_rule(n, 0) == none);
    CHECK(selvedge_freeze(n, 0, 1) == none);
    CHECK(selvedge_choose_scales(n) == none);
    CHECK(selvedge_get_info(n, &info) == none);
    CHECK(selvedge_get_counters(n, &counters) == none);
    CHECK(selvedge_reset_counters(n) == none);
    CHECK(selvedge_get_saturation(n, 0, &saturation) == none);
    CHECK(selvedge_weights_crc(n, &crc) == none);
    CHECK(selvedge_last_error(n, &error) == none);
    CHECK(selvedge_checkpoint_bytes(n, NULL, NULL) == none);
    CHECK(selvedge_checkpoint_save(n, NULL, NULL) == none);
    CHECK(selvedge_checkpoint_restore(n, NULL, NULL) == none);
    CHECK(selvedge_save(n, keep, NULL, 0) == none);
    CHECK(selvedge_load(n, nothing, 16) == none);
  }
  free(nothing);
  free(buffer);
}

static void refuses_samples(void) {
  network_kind kind = kind_of("dense");
  selvedge_config config = config_of(&kind);
  config.batch = 2;
  void *buffer;
  selvedge_network *network = create(&config, &buffer);
  selvedge_info info = selvedge_info_init();
  selvedge_saturation saturation = selvedge_saturation_init();
  float values[2 * INPUTS] = {0}, bad[2 * INPUTS] = {0};
  uint32_t labels[3] = {0, 1, 2};
  const float *misaligned = (const float *)((const char *)values + 1);
  bad[INPUTS + 3] = (float)NAN;

  REFUSES(selvedge_predict(network, NULL, INPUTS), SELVEDGE_ERROR_ARGUMENT);
  REFUSES(selvedge_predict(network, misaligned, INPUTS), SELVEDGE_ERROR_ARGUMENT);
  REFUSES(selvedge_predict(network, values, SIZE_MAX), SELVEDGE_ERROR_ARGUMENT);
  REFUSES(selvedge_predict(network, values, INPUTS - 1), SELVEDGE_ERROR_COUNT);
  REFUSES(selvedge_predict(network, values, 0), SELVEDGE_ERROR_COUNT);
  REFUSES(selvedge_predict(network, bad + INPUTS, INPUTS), SELVEDGE_ERROR_NOT_FINITE);
  REFUSES(selvedge_outputs(network, 0, values, CLASSES), SELVEDGE_ERROR_STATE);
  REFUSES(selvedge_class(network, 0), SELVEDGE_ERROR_STATE);
  REFUSES(selvedge_step(network), SELVEDGE_ERROR_STATE);
  REFUSES(selvedge_predict_batch(network), SELVEDGE_ERROR_STATE);
  REFUSES(selvedge_train(network, values, INPUTS, CLASSES), SELVEDGE_ERROR_LABEL);
  REFUSES(selvedge_train(network, values, INPUTS, UINT32_MAX), SELVEDGE_ERROR_LABEL);
  REFUSES(selvedge_train(network, values, INPUTS + 1, 0), SELVEDGE_ERROR_COUNT);
  REFUSES(selvedge_train(network, NULL, INPUTS, 0), SELVEDGE_ERROR_ARGUMENT);
  REFUSES(selvedge_train(network, bad + INPUTS, INPUTS, 0), SELVEDGE_ERROR_NOT_FINITE);
  REFUSES(selvedge_train_values(network, values, INPUTS, values, 1), SELVEDGE_ERROR_COUNT);
  REFUSES(selvedge_train_values(network, values, INPUTS, NULL, 1), SELVEDGE_ERROR_ARGUMENT);
  REFUSES(selvedge_add_values(network, values, INPUTS, values, CLASSES), SELVEDGE_ERROR_COUNT);
  REFUSES(selvedge_train_batch(network, values, INPUTS * 2, labels, 0), SELVEDGE_ERROR_ARGUMENT);
  REFUSES(selvedge_train_batch(network, values, INPUTS * 2, NULL, 2), SELVEDGE_ERROR_ARGUMENT);
  REFUSES(selvedge_train_batch(network, values, INPUTS * 2, labels, 1), SELVEDGE_ERROR_COUNT);
  REFUSES(selvedge_train_batch(network, values, INPUTS * 3, labels, 3), SELVEDGE_ERROR_FULL);
  REFUSES(selvedge_train_batch(network, values, INPUTS * 3, labels, SIZE_MAX / 64), SELVEDGE_ERROR_FULL);
  REFUSES(selvedge_train_batch(network, bad, INPUTS * 2, labels, 2), SELVEDGE_ERROR_NOT_FINITE);
  labels[1] = CLASSES;
  REFUSES(selvedge_train_batch(network, values, INPUTS * 2, labels, 2), SELVEDGE_ERROR_LABEL);
  REFUSES(selvedge_read(network, values, INPUTS), SELVEDGE_ERROR_STATE);
  REFUSES(selvedge_predict_sequence(network), SELVEDGE_ERROR_STATE);
  REFUSES(selvedge_predict_so_far(network), SELVEDGE_ERROR_STATE);
  REFUSES(selvedge_train_sequence(network, 0), SELVEDGE_ERROR_STATE);
  REFUSES(selvedge_train_sequence_values(network, values, 1), SELVEDGE_ERROR_COUNT);
  REFUSES(selvedge_begin(network, labels, 1), SELVEDGE_ERROR_STATE);
  REFUSES(selvedge_begin_values(network, values, CLASSES), SELVEDGE_ERROR_STATE);
  REFUSES(selvedge_learn(network, values, INPUTS), SELVEDGE_ERROR_STATE);
  REFUSES(selvedge_memory(network, values, 1), SELVEDGE_ERROR_STATE);
  REFUSES(selvedge_standardise_steps(network, values, values, 1), SELVEDGE_ERROR_STATE);
  REFUSES(selvedge_standardise_memory(network, values, values, 1), SELVEDGE_ERROR_STATE);
  REFUSES(selvedge_set_rates(network, selvedge_rates_init((float)NAN, 0)), SELVEDGE_ERROR_NOT_FINITE);
  REFUSES(selvedge_set_rule(network, 6), SELVEDGE_ERROR_ARGUMENT);
  REFUSES(selvedge_freeze(network, 2, 1), SELVEDGE_ERROR_LAYER);
  REFUSES(selvedge_freeze(network, UINT32_MAX, 1), SELVEDGE_ERROR_LAYER);
  REFUSES(selvedge_freeze(network, 0, 2), SELVEDGE_ERROR_ARGUMENT);
  REFUSES(selvedge_get_saturation(network, 0, &saturation), SELVEDGE_ERROR_ARGUMENT);
  REFUSES(selvedge_get_saturation(network, 9, &saturation), SELVEDGE_ERROR_LAYER);
  REFUSES(selvedge_get_saturation(network, 0, NULL), SELVEDGE_ERROR_ARGUMENT);
  REFUSES(selvedge_get_info(network, NULL), SELVEDGE_ERROR_ARGUMENT);
  REFUSES(selvedge_get_counters(network, NULL), SELVEDGE_ERROR_ARGUMENT);
  REFUSES(selvedge_weights_crc(network, NULL), SELVEDGE_ERROR_ARGUMENT);
  info.size = 4;
  REFUSES(selvedge_get_info(network, &info), SELVEDGE_ERROR_ARGUMENT);
  info = selvedge_info_init();
  CHECK(selvedge_last_error(network, NULL) == SELVEDGE_ERROR_ARGUMENT);

  /* What waits is neither lost nor mixed with what comes. */
  CHECK(selvedge_add(network, values, INPUTS, 1) == SELVEDGE_OK);
  REFUSES(selvedge_train(network, values, INPUTS, 1), SELVEDGE_ERROR_STATE);
  REFUSES(selvedge_predict(network, values, INPUTS), SELVEDGE_ERROR_STATE);
  CHECK(selvedge_add_unlabelled(network, values, INPUTS) == SELVEDGE_OK);
  REFUSES(selvedge_step(network), SELVEDGE_ERROR_STATE);
  REFUSES(selvedge_add(network, values, INPUTS, 1), SELVEDGE_ERROR_FULL);
  CHECK(selvedge_get_info(network, &info) == SELVEDGE_OK && info.waiting == 2);
  CHECK(info.inputs == INPUTS && info.outputs == CLASSES && info.layers == 2 && info.batch == 2);
  CHECK(selvedge_predict_batch(network) == 2);
  CHECK(selvedge_class(network, 1) >= 0);
  REFUSES(selvedge_class(network, 2), SELVEDGE_ERROR_ARGUMENT);
  REFUSES(selvedge_outputs(network, 0, values, CLASSES - 1), SELVEDGE_ERROR_COUNT);
  REFUSES(selvedge_outputs(network, 2, values, CLASSES), SELVEDGE_ERROR_ARGUMENT);
  REFUSES(selvedge_outputs(network, 0, NULL, CLASSES), SELVEDGE_ERROR_ARGUMENT);
  float probabilities[CLASSES], sum = 0;
  CHECK(selvedge_outputs(network, 1, probabilities, CLASSES) == SELVEDGE_OK);
  CHECK(selvedge_probabilities(network, 1, probabilities, CLASSES) == SELVEDGE_OK);
  for (int c = 0; c < CLASSES; c++) sum += probabilities[c];
  CHECK(fabsf(sum - 1) < 1e-5f);
  CHECK(selvedge_add(network, values, INPUTS, 1) == SELVEDGE_OK);
  CHECK(selvedge_discard(network) == SELVEDGE_OK);
  CHECK(selvedge_get_info(network, &info) == SELVEDGE_OK && info.waiting == 0);

  /* Counters, frozen layers and rules. */
  selvedge_counters counters = selvedge_counters_init();
  CHECK(selvedge_get_counters(network, &counters) == SELVEDGE_OK);
  CHECK(counters.samples == 0 && counters.steps == 0 && counters.refused > 40);
  labels[1] = 1;
  CHECK(selvedge_train_batch(network, values, INPUTS * 2, labels, 2) == 2);
  CHECK(selvedge_get_counters(network, &counters) == SELVEDGE_OK);
  CHECK(counters.samples == 2 && counters.steps == 1 && counters.correct <= 2);
  CHECK(counters.loss > 0 && counters.loss == counters.last_loss);
  CHECK(selvedge_reset_counters(network) == SELVEDGE_OK);
  CHECK(selvedge_get_counters(network, &counters) == SELVEDGE_OK);
  CHECK(counters.samples == 0 && counters.steps == 1 && counters.refused == 0);
  uint32_t before = crc_of(network);
  CHECK(selvedge_freeze(network, 0, 1) == SELVEDGE_OK);
  CHECK(selvedge_freeze(network, 1, 1) == SELVEDGE_OK);
  CHECK(selvedge_train(network, values, INPUTS, 1) == 1);
  CHECK(crc_of(network) == before);
  CHECK(selvedge_freeze(network, 1, 0) == SELVEDGE_OK);
  for (uint32_t rule = 0; rule <= 5; rule++) {
    before = crc_of(network);
    CHECK(selvedge_set_rule(network, rule) == SELVEDGE_OK);
    CHECK(selvedge_train(network, values, INPUTS, 1) == 1);
    CHECK(crc_of(network) != before);
  }
  CHECK(selvedge_set_rates(network, selvedge_rates_init(0, 0)) == SELVEDGE_OK);
  before = crc_of(network);
  CHECK(selvedge_train(network, values, INPUTS, 1) == 1);
  CHECK(crc_of(network) == before);
  free(buffer);
}

static void refuses_wrong_order(void) {
  /* A network that only predicts. */
  network_kind kind = kind_of("dense");
  selvedge_config config = config_of(&kind);
  config.trains = 0;
  void *buffer;
  selvedge_network *network = create(&config, &buffer);
  float values[3 * STEPS] = {0};
  uint32_t label = 0;
  float targets[2] = {0, 0};
  selvedge_info info = selvedge_info_init();
  CHECK(selvedge_predict(network, values, INPUTS) >= 0);
  REFUSES(selvedge_train(network, values, INPUTS, 0), SELVEDGE_ERROR_STATE);
  REFUSES(selvedge_add(network, values, INPUTS, 0), SELVEDGE_ERROR_STATE);
  REFUSES(selvedge_set_rule(network, SELVEDGE_RULE_DIRECT), SELVEDGE_ERROR_STATE);
  /* What was predicted is still there. */
  CHECK(selvedge_class(network, 0) >= 0);
  free(buffer);

  /* One that was created for a rule that takes less memory. */
  config = config_of(&kind);
  config.rule = SELVEDGE_RULE_DIRECT;
  network = create(&config, &buffer);
  REFUSES(selvedge_set_rule(network, SELVEDGE_RULE_READOUT), SELVEDGE_ERROR_STATE);
  CHECK(selvedge_set_rule(network, SELVEDGE_RULE_MASKED) == SELVEDGE_OK);
  free(buffer);

  /* Sequences. */
  kind = kind_of("oscillators");
  config = config_of(&kind);
  network = create(&config, &buffer);
  float outputs[16], factors[3] = {1, 1, 1};
  REFUSES(selvedge_train_sequence(network, 0), SELVEDGE_ERROR_STATE);
  REFUSES(selvedge_predict_sequence(network), SELVEDGE_ERROR_STATE);
  REFUSES(selvedge_predict_so_far(network), SELVEDGE_ERROR_STATE);
  REFUSES(selvedge_read(network, values, 4), SELVEDGE_ERROR_COUNT);
  REFUSES(selvedge_read(network, values, 0), SELVEDGE_ERROR_COUNT);
  REFUSES(selvedge_begin(network, &label, 1), SELVEDGE_ERROR_STATE);
  CHECK(selvedge_standardise_steps(network, values, factors, 3) == SELVEDGE_OK);
  REFUSES(selvedge_standardise_steps(network, values, factors, 2), SELVEDGE_ERROR_COUNT);
  factors[1] = (float)INFINITY;
  REFUSES(selvedge_standardise_steps(network, values, factors, 3), SELVEDGE_ERROR_NOT_FINITE);
  CHECK(selvedge_read(network, values, 6) == SELVEDGE_OK);
  REFUSES(selvedge_train(network, values, 3, 0), SELVEDGE_ERROR_STATE);
  REFUSES(selvedge_predict(network, values, 3), SELVEDGE_ERROR_STATE);
  REFUSES(selvedge_train_batch(network, values, 3, &label, 1), SELVEDGE_ERROR_STATE);
  REFUSES(selvedge_train_sequence(network, CLASSES), SELVEDGE_ERROR_LABEL);
  CHECK(selvedge_predict_so_far(network) >= 0);
  CHECK(selvedge_get_info(network, &info) == SELVEDGE_OK && info.steps_read == 2 && info.memory_outputs == 12);
  REFUSES(selvedge_memory(network, outputs, 11), SELVEDGE_ERROR_COUNT);
  CHECK(selvedge_memory(network, outputs, 12) == SELVEDGE_OK);
  CHECK(selvedge_standardise_memory(network, outputs, outputs, 12) == SELVEDGE_OK);
  CHECK(selvedge_predict_sequence(network) >= 0);
  free(buffer);

  kind = kind_of("gru");
  config = config_of(&kind);
  config.batch = 2;
  network = create(&config, &buffer);
  uint32_t labels[3] = {0, CLASSES, 1};
  REFUSES(selvedge_learn(network, values, 3), SELVEDGE_ERROR_STATE);
  REFUSES(selvedge_begin(network, labels, 2), SELVEDGE_ERROR_LABEL);
  REFUSES(selvedge_begin(network, labels, 0), SELVEDGE_ERROR_STATE);
  labels[1] = 1;
  REFUSES(selvedge_begin(network, labels, 3), SELVEDGE_ERROR_FULL);
  CHECK(selvedge_begin(network, labels, 2) == SELVEDGE_OK);
  REFUSES(selvedge_step(network), SELVEDGE_ERROR_STATE);
  REFUSES(selvedge_read(network, values, 3), SELVEDGE_ERROR_STATE);
  REFUSES(selvedge_learn(network, values, 9), SELVEDGE_ERROR_COUNT);
  CHECK(selvedge_learn(network, values, 6) == SELVEDGE_OK);
  CHECK(selvedge_learn(network, values, 3) == SELVEDGE_OK);
  REFUSES(selvedge_begin_values(network, values, CLASSES), SELVEDGE_ERROR_STATE);
  CHECK(selvedge_step(network) == 2);
  values[5] = (float)NAN;
  uint32_t before = crc_of(network);
  CHECK(selvedge_train(network, values, 9, 0) == SELVEDGE_ERROR_NOT_FINITE);
  CHECK(crc_of(network) == before);
  values[5] = 0;
  CHECK(selvedge_train(network, values, 9, 0) == 1);
  free(buffer);

  /* Values to learn. */
  kind = kind_of("regression");
  kind.layers[0] = selvedge_layer_elman(4, STEPS, 100, 0);
  kind.channels = 3;
  config = config_of(&kind);
  network = create(&config, &buffer);
  REFUSES(selvedge_train(network, values, 3, 0), SELVEDGE_ERROR_LABEL);
  REFUSES(selvedge_begin(network, labels, 1), SELVEDGE_ERROR_LABEL);
  REFUSES(selvedge_begin_values(network, targets, 1), SELVEDGE_ERROR_COUNT);
  REFUSES(selvedge_train_values(network, values, 3, targets, 1), SELVEDGE_ERROR_COUNT);
  CHECK(selvedge_begin_values(network, targets, 2) == SELVEDGE_OK);
  CHECK(selvedge_learn(network, values, 3) == SELVEDGE_OK);
  CHECK(selvedge_step(network) == 1);
  CHECK(selvedge_train_values(network, values, 3, targets, 2) == 1);
  CHECK(selvedge_read(network, values, 3) == SELVEDGE_OK);
  CHECK(selvedge_train_sequence_values(network, targets, 2) == 1);
  CHECK(selvedge_predict(network, values, 3) == 0);
  CHECK(selvedge_outputs(network, 0, targets, 2) == SELVEDGE_OK);
  CHECK(selvedge_probabilities(network, 0, targets, 2) == SELVEDGE_ERROR_STATE);
  targets[1] = (float)INFINITY;
  CHECK(selvedge_add_values(network, values, 3, targets, 2) == SELVEDGE_ERROR_NOT_FINITE);
  targets[1] = 0;
  CHECK(selvedge_add_values(network, values, 3, targets, 2) == SELVEDGE_OK);
  CHECK(selvedge_step(network) == 1);
  free(buffer);
}

static void refuses_bad_models(void) {
  network_kind kind = kind_of("dense");
  selvedge_config config = config_of(&kind);
  void *buffer, *other_buffer;
  selvedge_network *network = create(&config, &buffer);
  storage saved = save(network, 0);
  selvedge_error error = selvedge_error_init();
  REFUSES(selvedge_load(network, NULL, saved.size), SELVEDGE_ERROR_ARGUMENT);
  REFUSES(selvedge_load(network, saved.bytes, 0), SELVEDGE_ERROR_CORRUPT);
  REFUSES(selvedge_load(network, saved.bytes, saved.size - 1), SELVEDGE_ERROR_CORRUPT);
  for (size_t i = 0; i < saved.size; i += 7) {
    saved.bytes[i] ^= 4;
    selvedge_result result = selvedge_load(network, saved.bytes, saved.size);
    CHECK(result == SELVEDGE_ERROR_CORRUPT || (result == SELVEDGE_ERROR_NOT_SUPPORTED && i / 4 == 2));
    selvedge_config from_model = selvedge_config_init();
    size_t bytes = 0;
    from_model.model = saved.bytes;
    from_model.model_bytes = saved.size;
    from_model.error = &error;
    CHECK(selvedge_bytes_needed(&from_model, &bytes) == result && error.code == result);
    saved.bytes[i] ^= 4;
  }
  /* A model of another seed is another network: its projections differ. */
  config.seed = 8;
  selvedge_network *other = create(&config, &other_buffer);
  CHECK(selvedge_load(other, saved.bytes, saved.size) == SELVEDGE_ERROR_MODEL_DIFFERS);
  REFUSES(selvedge_save(network, NULL, NULL, 0), SELVEDGE_ERROR_ARGUMENT);
  for (size_t at = 0; at < saved.size; at += 97) {
    saved.used = 0;
    saved.fails_at = at;
    CHECK(selvedge_save(network, keep, &saved, 16) == SELVEDGE_ERROR_STORAGE);
    CHECK(selvedge_last_error(network, &error) == SELVEDGE_OK && error.had == -5);
  }
  free(saved.bytes);
  free(buffer);
  free(other_buffer);
}

static void notices_divergence(uint8_t precision) {
  network_kind kind = kind_of("dense");
  selvedge_config config = config_of(&kind);
  void *buffer;
  for (int k = 0; k < 2; k++) kind.layers[k] = selvedge_layer_stored(kind.layers[k], precision);
  config.layers = kind.layers;
  config.check_interval = 1;
  selvedge_network *network = create(&config, &buffer);
  float values[INPUTS];
  train(network, &kind, 50);
  uint32_t crc = crc_of(network);
  storage saved = save(network, 0);
  CHECK(selvedge_set_rates(network, selvedge_rates_init(1e6f, 3e38f)) == SELVEDGE_OK);
  selvedge_result result = SELVEDGE_OK;
  for (int s = 0; s < 1000 && result >= 0; s++) result = selvedge_train(network, values, INPUTS, sample(values, INPUTS));
  CHECK(result == SELVEDGE_ERROR_DIVERGED);
  CHECK(selvedge_predict(network, values, INPUTS) == SELVEDGE_ERROR_DIVERGED);
  CHECK(selvedge_train(network, values, INPUTS, 0) == SELVEDGE_ERROR_DIVERGED);
  saved.used = 0;
  CHECK(selvedge_save(network, keep, &saved, 0) == SELVEDGE_ERROR_DIVERGED);
  selvedge_counters counters = selvedge_counters_init();
  CHECK(selvedge_get_counters(network, &counters) == SELVEDGE_OK && counters.diverged == 1);
  CHECK(selvedge_load(network, saved.bytes, saved.size) == SELVEDGE_OK);
  CHECK(crc_of(network) == crc);
  CHECK(selvedge_set_rates(network, config.rates) == SELVEDGE_OK);
  CHECK(train(network, &kind, 50) > 30);
  selvedge_saturation saturation = selvedge_saturation_init();
  CHECK(selvedge_get_saturation(network, 0, &saturation) ==
        (precision == SELVEDGE_INT8 ? SELVEDGE_OK : SELVEDGE_ERROR_ARGUMENT));
  free(saved.bytes);
  free(buffer);
}

/* MARK: Checkpoints */

enum { BLOCK = 512, BLOCKS = 40 };

typedef struct flash_memory {
  unsigned char bytes[BLOCK * BLOCKS];
  long calls_left; /* until the power goes away; -1 never */
  long reads_left; /* until every 1 is read as a 0; -1 never */
} flash_memory;

static int has_power(flash_memory *own) {
  if (own->calls_left < 0) return 1;
  if (own->calls_left == 0) return 0;
  own->calls_left--;
  return 1;
}

static selvedge_result flash_read(void *context, uint64_t offset, void *bytes, uint32_t count) {
  flash_memory *own = (flash_memory *)context;
  CHECK(offset + count <= sizeof own->bytes);
  memcpy(bytes, own->bytes + offset, count);
  if (own->reads_left > 0) own->reads_left--;
  for (uint32_t i = 0; own->reads_left == 0 && i < count; i++) {
    unsigned char *byte = (unsigned char *)bytes + i;
    if (*byte == 1) *byte = 0;
  }
  return SELVEDGE_OK;
}

static selvedge_result flash_program(void *context, uint64_t offset, const void *bytes, uint32_t count) {
  flash_memory *own = (flash_memory *)context;
  CHECK(offset % 8 == 0 && count % 8 == 0 && offset / BLOCK == (offset + count - 1) / BLOCK);
  for (uint32_t i = 0; i < count; i++) {
    if (i % 64 == 0 && !has_power(own)) return -77;
    CHECK(own->bytes[offset + i] == 0xFF);
    own->bytes[offset + i] = ((const unsigned char *)bytes)[i];
  }
  return SELVEDGE_OK;
}

static selvedge_result flash_erase(void *context, uint32_t block) {
  flash_memory *own = (flash_memory *)context;
  if (!has_power(own)) return -77;
  CHECK(block < BLOCKS);
  memset(own->bytes + (size_t)block * BLOCK, 0xFF, BLOCK);
  return SELVEDGE_OK;
}

/* An empty flash that never fails. */
static selvedge_flash flash_of(flash_memory *memory) {
  static unsigned char scratch[256];
  selvedge_flash flash = selvedge_flash_init();
  memset(memory->bytes, 0xFF, sizeof memory->bytes);
  memory->calls_left = memory->reads_left = -1;
  flash.program_bytes = 8;
  flash.erase_bytes = BLOCK;
  flash.blocks = BLOCKS;
  flash.context = memory;
  flash.read = flash_read;
  flash.program = flash_program;
  flash.erase = flash_erase;
  flash.buffer = scratch;
  flash.buffer_bytes = sizeof scratch;
  return flash;
}

/* A flash that reads differently the second time moves no tensor of a network whose frozen layers are in place. */
static void trusts_no_second_reading(void) {
  static flash_memory memory;
  enum { GUARD = 8192 };
  network_kind kind = kind_of("dense");
  selvedge_config config = config_of(&kind), in_place = selvedge_config_init();
  selvedge_flash flash = flash_of(&memory);
  void *buffer;
  size_t bytes = 0;
  selvedge_network *network = create(&config, &buffer);
  CHECK(selvedge_freeze(network, 0, 1) == SELVEDGE_OK);
  storage saved = save(network, 0);
  /* The same network with another first layer is another where that is used in place. */
  CHECK(selvedge_freeze(network, 0, 0) == SELVEDGE_OK);
  train(network, &kind, 20);
  storage trained = save(network, 0);
  free(buffer);

  in_place.model = saved.bytes;
  in_place.model_bytes = saved.size;
  in_place.in_place = 1;
  CHECK(selvedge_bytes_needed(&in_place, &bytes) == SELVEDGE_OK);
  unsigned char *guarded = (unsigned char *)buffer_of(bytes + GUARD);
  memset(guarded + bytes, 0xA5, GUARD);
  CHECK(selvedge_create(&network, guarded, bytes, &in_place) == SELVEDGE_OK);
  CHECK(selvedge_load(network, trained.bytes, trained.size) == SELVEDGE_ERROR_MODEL_DIFFERS);
  CHECK(selvedge_checkpoint_save(network, &flash, NULL) == SELVEDGE_OK);
  int unstable = 0;
  selvedge_result result = SELVEDGE_ERROR_STORAGE;
  for (long reads = 1; result != SELVEDGE_OK; reads++) {
    memory.reads_left = reads;
    result = selvedge_checkpoint_restore(network, &flash, NULL);
    unstable += result == SELVEDGE_ERROR_STORAGE;
    for (size_t i = bytes; i < bytes + GUARD; i++) CHECK(guarded[i] == 0xA5);
  }
  CHECK(unstable > 0);
  free(guarded);
  free(saved.bytes);
  free(trained.bytes);
}

static void keeps_checkpoints(void) {
  static flash_memory memory;
  network_kind kind = kind_of("dense");
  selvedge_config config = config_of(&kind);
  void *buffer;
  selvedge_network *network = create(&config, &buffer);
  selvedge_error error = selvedge_error_init();
  selvedge_checkpoint checkpoint = selvedge_checkpoint_init();
  selvedge_flash flash = flash_of(&memory);
  size_t bytes = 0;

  CHECK(selvedge_checkpoint_bytes(network, &flash, &bytes) == SELVEDGE_OK && bytes > 1000);
  REFUSES(selvedge_checkpoint_bytes(network, &flash, NULL), SELVEDGE_ERROR_ARGUMENT);
  REFUSES(selvedge_checkpoint_restore(network, &flash, NULL), SELVEDGE_ERROR_EMPTY);
  REFUSES(selvedge_checkpoint_save(network, NULL, NULL), SELVEDGE_ERROR_ARGUMENT);
#define WITH_FLASH(member, value, expected)                                \
  do {                                                                     \
    selvedge_flash own = flash;                                            \
    own.member = (value);                                                  \
    REFUSES(selvedge_checkpoint_save(network, &own, NULL), (expected));    \
  } while (0)
  WITH_FLASH(size, 4, SELVEDGE_ERROR_ARGUMENT);
  WITH_FLASH(read, NULL, SELVEDGE_ERROR_ARGUMENT);
  WITH_FLASH(program, NULL, SELVEDGE_ERROR_ARGUMENT);
  WITH_FLASH(erase, NULL, SELVEDGE_ERROR_ARGUMENT);
  WITH_FLASH(buffer, NULL, SELVEDGE_ERROR_ARGUMENT);
  WITH_FLASH(buffer_bytes, 15, SELVEDGE_ERROR_ARGUMENT);
  WITH_FLASH(buffer_bytes, UINT64_MAX, SELVEDGE_ERROR_ARGUMENT);
  WITH_FLASH(slots, 1, SELVEDGE_ERROR_ARGUMENT);
  WITH_FLASH(slots, UINT32_MAX, SELVEDGE_ERROR_ARGUMENT);
  WITH_FLASH(blocks, 0, SELVEDGE_ERROR_ARGUMENT);
  WITH_FLASH(blocks, UINT32_MAX, SELVEDGE_ERROR_ARGUMENT);
  WITH_FLASH(program_bytes, 0, SELVEDGE_ERROR_ARGUMENT);
  WITH_FLASH(erase_bytes, 12, SELVEDGE_ERROR_ARGUMENT);
  WITH_FLASH(blocks, 2, SELVEDGE_ERROR_FLASH_TOO_SMALL);

  train(network, &kind, 20);
  uint32_t crc = crc_of(network);
  CHECK(selvedge_checkpoint_save(network, &flash, &checkpoint) == SELVEDGE_OK);
  CHECK(checkpoint.counter == 1 && checkpoint.slot == 0 && checkpoint.older == 0);
  train(network, &kind, 20);
  uint32_t later = crc_of(network);
  /* Power goes away at each erase and each 64 bytes of a program: the old or the new one, never neither. */
  int cuts = 0, whole = 0;
  for (long cut = 0; !whole; cut++, cuts++) {
    memory.calls_left = cut;
    selvedge_result result = selvedge_checkpoint_save(network, &flash, &checkpoint);
    CHECK(result == SELVEDGE_OK || result == SELVEDGE_ERROR_STORAGE);
    whole = result == SELVEDGE_OK;
    if (!whole) {
      CHECK(selvedge_last_error(network, &error) == SELVEDGE_OK && error.had == -77);
    }
    memory.calls_left = -1;
    void *other_buffer;
    config.seed = 7;
    selvedge_network *other = create(&config, &other_buffer);
    CHECK(selvedge_checkpoint_restore(other, &flash, NULL) == SELVEDGE_OK);
    CHECK(crc_of(other) == (whole ? later : crc));
    free(other_buffer);
  }
  CHECK(cuts > 20);

  /* Roll back from training that has run away. */
  CHECK(selvedge_set_rates(network, selvedge_rates_init(1e6f, 3e38f)) == SELVEDGE_OK);
  float values[INPUTS];
  selvedge_result result = SELVEDGE_OK;
  for (int s = 0; s < 1000 && result >= 0; s++) result = selvedge_train(network, values, INPUTS, sample(values, INPUTS));
  CHECK(result == SELVEDGE_ERROR_DIVERGED);
  CHECK(selvedge_checkpoint_save(network, &flash, NULL) == SELVEDGE_ERROR_DIVERGED);
  CHECK(selvedge_checkpoint_restore(network, &flash, &checkpoint) == SELVEDGE_OK);
  CHECK(crc_of(network) == later);
  CHECK(selvedge_predict(network, values, INPUTS) >= 0);

  config.seed = 8;
  void *other_buffer;
  selvedge_network *other = create(&config, &other_buffer);
  CHECK(selvedge_checkpoint_restore(other, &flash, NULL) == SELVEDGE_ERROR_MODEL_DIFFERS);
  free(other_buffer);
  memory.bytes[700] ^= 1;
  memory.bytes[BLOCK * BLOCKS / 2 + 700] ^= 1;
  REFUSES(selvedge_checkpoint_restore(network, &flash, NULL), SELVEDGE_ERROR_CORRUPT);
  free(buffer);
}

/* MARK: Adaptors */

/* A sensor of another gain and offset than the model was trained for. */
typedef struct field {
  float gain, offset;
  uint32_t fails_at;
  int one_class;
} field;

static selvedge_result give(void *context, uint32_t index, float *values) {
  field *own = context;
  if (index == own->fails_at && values != NULL) return -77;
  float straight[INPUTS];
  uint32_t before = state, label;
  state = index * 7919 + 17;
  do {
    label = sample(straight, INPUTS);
  } while (own->one_class && label != 0);
  state = before;
  for (uint32_t i = 0; values != NULL && i < INPUTS; i++) values[i] = straight[i] * own->gain + own->offset;
  return (selvedge_result)label;
}

static uint32_t recognised(selvedge_network *network, field *field) {
  uint32_t right = 0;
  for (uint32_t i = 1000; i < 1100; i++) {
    float values[INPUTS];
    selvedge_result label = give(field, i, values);
    if (selvedge_predict(network, values, INPUTS) == label) right++;
  }
  return right;
}

static void adapts(uint8_t precision) {
  network_kind kind = kind_of("dense");
  for (uint32_t k = 0; k < kind.layer_count; k++) kind.layers[k] = selvedge_layer_stored(kind.layers[k], precision);
  void *buffer, *other_buffer;
  selvedge_config config = config_of(&kind);
  selvedge_network *network = create(&config, &buffer);
  train(network, &kind, 600);
  storage saved = save(network, 0);
  uint32_t crc = crc_of(network);
  uint8_t *before = malloc(saved.size);
  if (before == NULL) exit(1);
  memcpy(before, saved.bytes, saved.size);

  field same = {1.0f, 0.0f, UINT32_MAX, 0}, other = {-0.5f, 2.0f, UINT32_MAX, 0};
  selvedge_adaptation adaptation = selvedge_adaptation_init();
  adaptation.model = saved.bytes;
  adaptation.model_bytes = saved.size;
  adaptation.samples = adaptation.labelled = 100;
  adaptation.values = INPUTS;
  adaptation.sample = give;
  adaptation.context = &same;
  adaptation.prompt_steps = 40;
  size_t most = 0, smallest = SIZE_MAX;
  for (uint32_t rung = 0; rung <= SELVEDGE_RUNG_FULL; rung++) {
    size_t bytes = 0;
    CHECK(selvedge_adapt_bytes(&adaptation, rung, &bytes) == SELVEDGE_OK && bytes > 0 && bytes % 16 == 0);
    if (bytes > most) most = bytes;
    if (bytes < smallest) smallest = bytes;
  }
  void *room = buffer_of(most);
  float moments[2 * 24];
  CHECK(selvedge_adapt_moments(&adaptation, room, most, moments, 48) == SELVEDGE_OK);
  CHECK(selvedge_adapt_moments(&adaptation, room, most, moments, 47) == SELVEDGE_ERROR_COUNT);
  adaptation.moments = moments;
  adaptation.moment_count = 48;

  adaptation.context = &other;
  selvedge_adapted adapted = selvedge_adapted_init();
  size_t size = saved.size + 8192;
  uint8_t *file = buffer_of(size);
  CHECK(selvedge_adapt(&adaptation, room, most, file, size, &adapted) == SELVEDGE_OK);
  CHECK(adapted.fitted == 0x7F && adapted.held_back == 20 && adapted.rung != SELVEDGE_RUNG_NONE);
  CHECK(memcmp(before, saved.bytes, saved.size) == 0);
  size_t bytes = 1;
  CHECK(selvedge_attach_bytes(network, file, adapted.bytes, &bytes) == SELVEDGE_OK);
  void *memory = buffer_of(bytes + 16);
  uint32_t plain = recognised(network, &other);
  if (bytes > 0) {
    REFUSES(selvedge_attach(network, file, adapted.bytes, memory, bytes - 16), SELVEDGE_ERROR_ARENA_TOO_SMALL);
  }
  CHECK(selvedge_attach(network, file, adapted.bytes, memory, bytes) == SELVEDGE_OK);
  uint32_t fitted = recognised(network, &other);
  CHECK(fitted > plain + 10);
  printf("adapted %lu: %lu, then %lu of 100 right\n", (unsigned long)adapted.rung, (unsigned long)plain,
         (unsigned long)fitted);
  CHECK(selvedge_detach(network) == SELVEDGE_OK);
  CHECK(selvedge_load(network, saved.bytes, saved.size) == SELVEDGE_OK);
  CHECK(crc_of(network) == crc && recognised(network, &other) == plain);

  /* Another model, damage, and what is too small. */
  config.seed = 8;
  selvedge_network *stranger = create(&config, &other_buffer);
  CHECK(selvedge_attach(stranger, file, adapted.bytes, memory, bytes) == SELVEDGE_ERROR_MODEL_DIFFERS);
  for (uint32_t i = 0; i < adapted.bytes; i++) {
    file[i] ^= 1;
    selvedge_result result = selvedge_attach(network, file, adapted.bytes, memory, bytes);
    CHECK(result == SELVEDGE_ERROR_CORRUPT || result == SELVEDGE_ERROR_NOT_SUPPORTED);
    file[i] ^= 1;
  }
  CHECK(selvedge_attach(network, file, adapted.bytes - 1, memory, bytes) == SELVEDGE_ERROR_CORRUPT);
  CHECK(selvedge_attach(network, NULL, 64, memory, bytes) == SELVEDGE_ERROR_ARGUMENT);
  CHECK(selvedge_adapt(&adaptation, room, smallest - 16, file, size, &adapted) == SELVEDGE_ERROR_ARENA_TOO_SMALL);
  CHECK(selvedge_adapt(&adaptation, room, most, file, 60, &adapted) == SELVEDGE_ERROR_COUNT);
  CHECK(selvedge_adapt(&adaptation, room, most, NULL, 60, &adapted) == SELVEDGE_ERROR_ARGUMENT);
  CHECK(selvedge_adapt(&adaptation, (char *)room + 4, most - 16, file, size, &adapted) == SELVEDGE_ERROR_ARGUMENT);

#define WITH_ADAPTATION(member, value, expected)                                        \
  do {                                                                                  \
    selvedge_adaptation own = adaptation;                                               \
    own.member = value;                                                                 \
    CHECK(selvedge_adapt(&own, room, most, file, size, &adapted) == (expected));        \
  } while (0)
  WITH_ADAPTATION(size, 4, SELVEDGE_ERROR_ARGUMENT);
  WITH_ADAPTATION(size, 4096, SELVEDGE_ERROR_NOT_SUPPORTED);
  WITH_ADAPTATION(model, NULL, SELVEDGE_ERROR_ARGUMENT);
  WITH_ADAPTATION(model_bytes, 100, SELVEDGE_ERROR_CORRUPT);
  WITH_ADAPTATION(sample, NULL, SELVEDGE_ERROR_ARGUMENT);
  WITH_ADAPTATION(labelled, 101, SELVEDGE_ERROR_ARGUMENT);
  WITH_ADAPTATION(values, INPUTS - 1, SELVEDGE_ERROR_COUNT);
  WITH_ADAPTATION(batch, 0, SELVEDGE_ERROR_ARGUMENT);
  WITH_ADAPTATION(rank, 65, SELVEDGE_ERROR_ARGUMENT);
  WITH_ADAPTATION(rungs, 0x80, SELVEDGE_ERROR_ARGUMENT);
  WITH_ADAPTATION(rows, 3, SELVEDGE_ERROR_ARGUMENT);
  other.fails_at = 3;
  WITH_ADAPTATION(batch, 16, SELVEDGE_ERROR_STORAGE);
  other.fails_at = UINT32_MAX;
  /* One class alone is no drift; without labels nothing but moments can be fitted. */
  other.one_class = 1;
  WITH_ADAPTATION(rungs, 1u << SELVEDGE_RUNG_MOMENTS, SELVEDGE_ERROR_STATE);
  other.one_class = 0;
  adaptation.labelled = 0;
  WITH_ADAPTATION(rungs, 1u << SELVEDGE_RUNG_SCALE, SELVEDGE_ERROR_STATE);
  CHECK(memcmp(before, saved.bytes, saved.size) == 0);

  free(before);
  free(memory);
  free(file);
  free(room);
  free(saved.bytes);
  free(buffer);
  free(other_buffer);
}

/* A model that nobody can look into: it wants its 12 values 3 steps later, and half as large. */
static selvedge_result black_box(void *context, uint32_t step, const float *numbers, uint32_t count, float *loss) {
  static const float wanted[] = {0.0f, 0.5f, -0.25f, 0.1f};
  int *calls = context;
  if (*calls >= 0 && (*calls)-- == 0) return -77;
  (void)step;
  CHECK(count == 4);
  *loss = 0.0f;
  for (uint32_t i = 0; i < count; i++) *loss += (numbers[i] - wanted[i]) * (numbers[i] - wanted[i]);
  return SELVEDGE_OK;
}

static void adapts_what_it_cannot_see_into(void) {
  static const float starts[] = {1.0f, 0.0f, -1.0f, 0.0f};
  float numbers[4] = {9, 9, 9, 9}, values[12], changed[12];
  int calls = 50;
  CHECK(selvedge_adapt_blackbox(1, 0, 1, starts, 2, 200, 1, black_box, &calls, numbers, 4) == SELVEDGE_ERROR_STORAGE);
  CHECK(selvedge_adapt_blackbox(1, 0, 1, starts, 2, 200, 1, black_box, &calls, numbers, 8) == SELVEDGE_ERROR_COUNT);
  CHECK(selvedge_adapt_blackbox(1, 0, 0, starts, 2, 200, 1, black_box, &calls, numbers, 4) == SELVEDGE_ERROR_ARGUMENT);
  CHECK(selvedge_adapt_blackbox(1, 0, 1, starts, 2, 200, 1, NULL, &calls, numbers, 4) == SELVEDGE_ERROR_ARGUMENT);
  CHECK(numbers[0] == 9 && numbers[3] == 9);
  calls = -1;
  CHECK(selvedge_adapt_blackbox(1, 0, 1, starts, 2, 300, 1, black_box, &calls, numbers, 4) == SELVEDGE_OK);
  float loss = 1.0f;
  CHECK(black_box(&calls, 0, numbers, 4, &loss) == SELVEDGE_OK && loss < 0.01f);
  for (int i = 0; i < 12; i++) values[i] = (float)i;
  CHECK(selvedge_prompt(1, 0, 1, numbers, 4, 0.0f, 1.0f, values, changed, 12) == SELVEDGE_OK);
  CHECK(fabsf(changed[2] - (0.75f * 5.0f + 0.1f)) < 0.7f);
  CHECK(selvedge_prompt(1, 0, 5, numbers, 4, 0.0f, 1.0f, values, changed, 12) == SELVEDGE_ERROR_COUNT);
  CHECK(selvedge_prompt(3, 4, 1, numbers, 4, 0.0f, 1.0f, values, changed, 12) == SELVEDGE_ERROR_COUNT);
  CHECK(selvedge_prompt(1, 0, 1, numbers, 4, 0.0f, 0.0f, values, changed, 12) == SELVEDGE_ERROR_ARGUMENT);
}

int main(void) {
  static const char *const kinds[] = {"dense", "deep", "readout", "regression", "convolution",
                                      "pools", "oscillators", "legendre", "elman", "gru"};
  CHECK(selvedge_version() == SELVEDGE_VERSION);
  for (selvedge_result result = -20; result <= 1; result++) CHECK(selvedge_error_message(result)[0] != 0);
  for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
    for (uint8_t precision = 0; precision < 3; precision++) learns_and_comes_back(kinds[k], precision);
  }
  refuses_configurations();
  refuses_handles();
  refuses_samples();
  refuses_wrong_order();
  refuses_bad_models();
  keeps_checkpoints();
  trusts_no_second_reading();
  for (uint8_t precision = 0; precision < 3; precision++) adapts(precision);
  adapts_what_it_cannot_see_into();
  for (uint8_t precision = 0; precision < 3; precision++) notices_divergence(precision);
  /* How many checks there were depends on the size of a pointer. */
  if (checks < 100000) failures++;
  printf("%d failures\n", failures);
  return failures != 0;
}
