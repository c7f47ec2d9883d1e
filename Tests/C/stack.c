/* How much stack calls take: each runs on a painted stack of its own. Exit code 1 if one takes more than the header
   says. */
#define _XOPEN_SOURCE 600

#include <selvedge.h>

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { STACK = 1 << 17, PAINT = 0xA5, VALUES = 64 };

static _Alignas(4096) unsigned char stack[STACK];
static _Alignas(SELVEDGE_ALIGNMENT) unsigned char buffer[1 << 16], model[1 << 16];
static size_t model_bytes;
static unsigned char flash_bytes[1 << 17];
static selvedge_network *network;
static selvedge_config config;
static selvedge_layer layers[3];
static float values[VALUES];
static selvedge_result result;

static selvedge_result write_model(void *context, uint64_t offset, const void *bytes, uint32_t count) {
  (void)context;
  memcpy(model + offset, bytes, count);
  model_bytes = (size_t)offset + count;
  return SELVEDGE_OK;
}

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
  memset(flash_bytes + (size_t)block * 4096, 0xFF, 4096);
  return SELVEDGE_OK;
}

static void *nothing(void *context) { return context; }

static void *create(void *context) {
  size_t bytes = 0;
  result = selvedge_bytes_needed(&config, &bytes);
  if (result >= 0) result = selvedge_create(&network, buffer, sizeof buffer, &config);
  return context;
}

static void *predict(void *context) {
  result = selvedge_predict(network, values, VALUES);
  return context;
}

static void *train(void *context) {
  result = selvedge_train(network, values, VALUES, 1);
  if (result >= 0) result = selvedge_choose_scales(network);
  return context;
}

static void *save(void *context) {
  result = selvedge_save(network, write_model, NULL, 0);
  if (result >= 0) result = selvedge_load(network, model, model_bytes);
  return context;
}

static void *checkpoint(void *context) {
  static unsigned char chunk[512];
  selvedge_flash flash = selvedge_flash_init();
  flash.program_bytes = 16;
  flash.erase_bytes = 4096;
  flash.blocks = sizeof flash_bytes / 4096;
  flash.read = read_flash;
  flash.program = program_flash;
  flash.erase = erase_flash;
  flash.buffer = chunk;
  flash.buffer_bytes = sizeof chunk;
  result = selvedge_checkpoint_save(network, &flash, NULL);
  if (result >= 0) result = selvedge_checkpoint_restore(network, &flash, NULL);
  return context;
}

/* Bytes of stack that a function takes. */
static long stack_of(void *(*function)(void *)) {
  pthread_t thread;
  pthread_attr_t attributes;
  size_t untouched = 0;
  memset(stack, PAINT, sizeof stack);
  result = SELVEDGE_OK;
  if (pthread_attr_init(&attributes) != 0 || pthread_attr_setstack(&attributes, stack, sizeof stack) != 0 ||
      pthread_create(&thread, &attributes, function, NULL) != 0 || pthread_join(thread, NULL) != 0 || result < 0) {
    return LONG_MAX;
  }
  while (untouched < sizeof stack && stack[untouched] == PAINT) untouched++;
  return (long)(sizeof stack - untouched);
}

int main(void) {
  static const struct {
    const char *name;
    void *(*function)(void *);
  } calls[] = {{"create", create}, {"predict", predict}, {"train", train}, {"save, load", save}, {"checkpoint", checkpoint}};
  static const char *const kinds[] = {"dense", "lookahead", "convolution", "oscillators", "gru"};
  long largest[5] = {0}, most = 0, thread = stack_of(nothing);
  for (int i = 0; i < VALUES; i++) values[i] = (float)(i % 7) / 7.0f;
  for (int kind = 0; kind < 5; kind++) {
    for (uint8_t precision = 0; precision < 3; precision++) {
      config = selvedge_config_init();
      layers[0] = selvedge_layer_dense(32, SELVEDGE_TANH);
      layers[1] = selvedge_layer_dense(16, SELVEDGE_TANH);
      layers[2] = selvedge_layer_output(3);
      config.channels = VALUES;
      if (kind == 1) layers[0] = selvedge_layer_lookahead(layers[0]);
      if (kind == 2) {
        layers[0] = selvedge_layer_lookahead(
            selvedge_layer_convolution(4, 3, 3, 1, SELVEDGE_SAME, 2, SELVEDGE_TANH));
        config.rows = config.columns = 8;
        config.channels = 1;
      }
      if (kind == 3) layers[0] = selvedge_layer_oscillators(8, 16, SELVEDGE_MAGNITUDE);
      if (kind == 4) layers[0] = selvedge_layer_gru(8, 16, SELVEDGE_TRACE);
      if (kind >= 3) config.channels = 4;
      for (int k = 0; k < 3; k++) {
        if (layers[k].kind != 8) layers[k] = selvedge_layer_stored(layers[k], precision);
      }
      config.layers = layers;
      config.layer_count = 3;
      for (int call = 0; call < 5; call++) {
        long bytes = stack_of(calls[call].function);
        if (bytes == LONG_MAX) {
          printf("%s fails with %s: %s\n", calls[call].name, kinds[kind], selvedge_error_message(result));
          return 1;
        }
        if (bytes - thread > largest[call]) largest[call] = bytes - thread;
      }
    }
  }
  for (int call = 0; call < 5; call++) {
    printf("stack of %s: %ld bytes\n", calls[call].name, largest[call]);
    if (largest[call] > most) most = largest[call];
  }
  return most > SELVEDGE_STACK_BYTES;
}
