/*
 * Firmware for a Cortex-M, against selvedge.h: two networks, one in float32 and one in int8, learn from a stream of
 * samples on standard input, as `selvedge feed` writes it. It prints what firmware-swift prints.
 */
#include <CortexM.h>
#include <Semihosting.h>
#include <selvedge.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { inputs_max = 784, hidden_units = 24 };

/* All the memory of the program: the linker lays it out, nothing asks for more. */
static union {
  char bytes[80 * 1024];
  uint64_t words[SELVEDGE_ALIGNMENT / 8];
} float32_buffer __attribute__((aligned(SELVEDGE_ALIGNMENT))), int8_buffer __attribute__((aligned(SELVEDGE_ALIGNMENT)));
static uint8_t pixels[inputs_max];
static float values[inputs_max];

static void fail(const char *what) {
  fprintf(stderr, "firmware-cortex-m: %s\n", what);
  exit(EXIT_FAILURE);
}

/* Ends the program with the sentence of an error; hands on what is none. */
static selvedge_result check(selvedge_result result) {
  if (result < 0) fail(selvedge_error_message(result));
  return result;
}

/* The head of a stream, and of a sample; numbers are little-endian, as the core is. */
struct stream_header {
  char magic[8];
  uint32_t version, classes, values, steps, value_bytes;
};
struct sample_header {
  uint8_t label, purpose;
  uint16_t steps;
};

static struct stream_header read_header(void) {
  struct stream_header header;
  if (fread(&header, sizeof header, 1, stdin) != 1) fail("standard input is not a whole header");
  if (memcmp(header.magic, "SELVSTRM", 8) != 0 || header.version != 2) fail("this is no stream of version 2");
  if (header.values == 0 || header.values > inputs_max || header.steps != 1 || header.value_bytes != 1) {
    fail("samples are to be of one step of up to 784 bytes");
  }
  return header;
}

/* Reads the next sample into `values`: its label, or -1 behind the last. */
static int read_sample(const struct stream_header *stream) {
  struct sample_header sample;
  const size_t found = fread(&sample, 1, sizeof sample, stdin);
  if (found == 0 && !ferror(stdin)) return -1;
  if (found != sizeof sample || fread(pixels, 1, stream->values, stdin) != stream->values) {
    fail("the stream ends within a sample");
  }
  for (uint32_t i = 0; i < stream->values; i++) values[i] = pixels[i];
  return sample.label;
}

static selvedge_network *create(void *buffer, size_t bytes, const struct stream_header *stream, uint8_t precision) {
  const selvedge_layer layers[] = {
      selvedge_layer_stored(selvedge_layer_dense(hidden_units, SELVEDGE_TANH), precision),
      selvedge_layer_stored(selvedge_layer_output(stream->classes), precision),
  };
  selvedge_config config = selvedge_config_init();
  config.layers = layers;
  config.layer_count = sizeof layers / sizeof *layers;
  config.channels = stream->values;
  /* Mean and deviation of the pixels of Fashion-MNIST's training images. */
  config.mean = 72.94f;
  config.deviation = 90.02f;
  selvedge_network *network;
  check(selvedge_create(&network, buffer, bytes, &config));
  return network;
}

static void report(selvedge_network *network, const char *precision) {
  selvedge_counters counters = selvedge_counters_init();
  uint32_t crc;
  check(selvedge_get_counters(network, &counters));
  check(selvedge_weights_crc(network, &crc));
  printf("%s: %lu of %lu predicted right before they were learned\n", precision, (unsigned long)counters.correct,
         (unsigned long)counters.samples);
  printf("crc32 %08lx\n", (unsigned long)crc);
}

int main(void) {
  const struct stream_header stream = read_header();
  selvedge_network *wide = create(&float32_buffer, sizeof float32_buffer, &stream, SELVEDGE_FLOAT32);
  selvedge_network *narrow = create(&int8_buffer, sizeof int8_buffer, &stream, SELVEDGE_INT8);

  unsigned long samples = 0;
  for (int label; (label = read_sample(&stream)) >= 0;) {
    check(selvedge_train(wide, values, stream.values, (uint32_t)label));
    check(selvedge_train(narrow, values, stream.values, (uint32_t)label));
    samples++;
    /* Now that they have seen some data, scales of int8 can fit it. */
    if (samples == 100) check(selvedge_choose_scales(narrow));
  }
  if (samples == 0) fail("the stream ends behind its header");
  report(wide, "float32");
  report(narrow, "int8");
  if (cortex_m_stack_size() > 0) {
    fprintf(stderr, "stack: at most %lu bytes of %lu\n", (unsigned long)cortex_m_stack_used(),
            (unsigned long)cortex_m_stack_size());
  }
  return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
