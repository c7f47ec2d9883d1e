/* Two networks in two buffers on two threads: each learns what it learns alone. For a thread sanitizer. */
#include <selvedge.h>

#include <pthread.h>
#include <stdio.h>

enum { INPUTS = 12, CLASSES = 3 };

typedef struct learner {
  _Alignas(SELVEDGE_ALIGNMENT) unsigned char buffer[16384];
  uint8_t precision;
  uint32_t crc;
  selvedge_result result;
} learner;

static void *learn(void *context) {
  learner *own = (learner *)context;
  selvedge_layer layers[2];
  selvedge_network *network = NULL;
  selvedge_config config = selvedge_config_init();
  uint32_t state = 5;
  layers[0] = selvedge_layer_stored(selvedge_layer_dense(32, SELVEDGE_TANH), own->precision);
  layers[1] = selvedge_layer_stored(selvedge_layer_output(CLASSES), own->precision);
  config.layers = layers;
  config.layer_count = 2;
  config.channels = INPUTS;
  own->result = selvedge_create(&network, own->buffer, sizeof own->buffer, &config);
  for (int s = 0; s < 300 && own->result >= 0; s++) {
    float values[INPUTS];
    for (int i = 0; i < INPUTS; i++) {
      state = state * 1664525u + 1013904223u;
      values[i] = (float)(state >> 22) / 1024.0f;
    }
    own->result = selvedge_train(network, values, INPUTS, state % CLASSES);
    if (own->result >= 0) own->result = selvedge_predict(network, values, INPUTS);
    if (own->result >= 0 && s == 100) own->result = selvedge_choose_scales(network);
  }
  if (own->result >= 0) own->result = selvedge_weights_crc(network, &own->crc);
  return NULL;
}

int main(void) {
  static learner alone[2], together[2];
  int failures = 0;
  for (int i = 0; i < 2; i++) {
    alone[i].precision = together[i].precision = i == 0 ? SELVEDGE_FLOAT32 : SELVEDGE_INT8;
    learn(&alone[i]);
  }
  for (int round = 0; round < 4; round++) {
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) failures += pthread_create(&threads[i], NULL, learn, &together[i]) != 0;
    for (int i = 0; i < 2; i++) {
      failures += pthread_join(threads[i], NULL) != 0;
      failures += together[i].result < 0 || together[i].crc != alone[i].crc || alone[i].crc == 0;
    }
  }
  printf("crc32 %08lx and %08lx, %d failures\n", (unsigned long)alone[0].crc, (unsigned long)alone[1].crc, failures);
  return failures != 0;
}
