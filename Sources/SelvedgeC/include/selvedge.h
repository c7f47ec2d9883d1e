/*
 * Selvedge: networks that learn on the device, in memory that you give.
 *
 * A network lives in one buffer of yours. There is no heap, no global state, no printing, no clock and no errno.
 * C99 and C++98.
 *
 *   1. Describe it:     selvedge_config, from layers or from a model in flash
 *   2. Size it:         selvedge_bytes_needed
 *   3. Create it:       selvedge_create, in a buffer that begins at a multiple of SELVEDGE_ALIGNMENT
 *   4. Use it:          selvedge_predict, selvedge_train, selvedge_save ...
 *
 * For all functions, unless said otherwise:
 *   Result     SELVEDGE_OK or a number >= 0, or a SELVEDGE_ERROR_ code < 0; selvedge_last_error has details.
 *   On error   Nothing is written and nothing has changed, but what selvedge_last_error and the count of refused
 *              calls say. Null pointers, misaligned buffers, wrong counts, labels out of range, numbers that are
 *              not finite, calls in a wrong order, handles that were never created: an error, never a trap.
 *   Blocking   Never waits: runs to its end. Only a callback of yours can wait.
 *   Interrupts May be called from an interrupt handler, but a call on a network that is in the middle of another
 *              call is refused with SELVEDGE_ERROR_BUSY. Most of them compute for long: from a task is better.
 *   Threads    Different networks at the same time: yes. The same network: one caller at a time, your lock.
 *   Stack      At most SELVEDGE_STACK_BYTES, callbacks of yours not counted.
 */
#ifndef SELVEDGE_H
#define SELVEDGE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* MARK: Versions */

/* The library: major << 16 | minor << 8 | patch. */
#define SELVEDGE_VERSION 0x000100u
/* Calls and the layout of structs. A library of another ABI does not link: see selvedge_create below. */
#define SELVEDGE_ABI 1
/* Bytes of a model in flash, which live longer than either. */
#define SELVEDGE_FILE_VERSION 2

/* What the buffer of a network begins at a multiple of. */
#define SELVEDGE_ALIGNMENT 16
/* Layers that a network of this interface may have. */
#define SELVEDGE_LAYERS_MAX 32
/* Stack that a call takes at most. Most take less: Tests/C/stack.c measures them. */
#if UINTPTR_MAX > 0xFFFFFFFFu
#define SELVEDGE_STACK_BYTES 24576
#else
#define SELVEDGE_STACK_BYTES 12288
#endif

/* SELVEDGE_VERSION of the library that is linked. */
uint32_t selvedge_version(void);

/* MARK: Results */

/* A number >= 0, or one of the errors. */
typedef int32_t selvedge_result;

enum {
  SELVEDGE_OK = 0,
  SELVEDGE_ERROR_ARENA_TOO_SMALL = -1, /* the buffer has `had` bytes, `wanted` are needed */
  SELVEDGE_ERROR_ARGUMENT = -2,        /* a null or misaligned pointer, or a number out of range */
  SELVEDGE_ERROR_STATE = -3,           /* another call has to come before this one */
  SELVEDGE_ERROR_CORRUPT = -4,         /* not a model; `offset` says where */
  SELVEDGE_ERROR_STORAGE = -7,         /* a callback of yours failed; `had` is what it returned */
  SELVEDGE_ERROR_DIVERGED = -8,        /* training has run away: restore, roll back or create anew */
  SELVEDGE_ERROR_NOT_SUPPORTED = -9,   /* this build of the library cannot do that */
  SELVEDGE_ERROR_HANDLE = -10,         /* no network: never created, or destroyed */
  SELVEDGE_ERROR_BUSY = -11,           /* the network is in the middle of another call */
  SELVEDGE_ERROR_LAYER = -12,          /* `layer` cannot be there, or not be so; `offset` is its byte */
  SELVEDGE_ERROR_COUNT = -13,          /* `had` numbers were given, `wanted` are needed */
  SELVEDGE_ERROR_NOT_FINITE = -14,     /* number `offset` is infinite or not a number */
  SELVEDGE_ERROR_LABEL = -15,          /* label `had` of `wanted` classes */
  SELVEDGE_ERROR_FULL = -16,           /* `had` samples wait already, as many as a batch has */
  SELVEDGE_ERROR_MODEL_DIFFERS = -17,  /* a model or checkpoint of another network */
  SELVEDGE_ERROR_EMPTY = -18,          /* nothing was ever saved there */
  SELVEDGE_ERROR_WORN = -19,           /* what was programmed at `offset` reads back otherwise */
  SELVEDGE_ERROR_FLASH_TOO_SMALL = -20 /* a slot has `had` bytes, `wanted` are needed */
};

/* The sentence of a result, in English; never null. Needs no network. */
const char *selvedge_error_message(selvedge_result result);

/* What is known of an error beyond its code; what does not apply is -1. */
typedef struct selvedge_error {
  uint32_t size;        /* of this struct: selvedge_error_init */
  selvedge_result code; /* SELVEDGE_OK if no call was refused yet */
  int32_t layer;        /* from 0 */
  int32_t tensor;       /* for SELVEDGE_ERROR_ARENA_TOO_SMALL, the first that does not fit: selvedge_tensor_name */
  int64_t wanted;
  int64_t had;
  int64_t offset;
} selvedge_error;

static inline selvedge_error selvedge_error_init(void) {
  selvedge_error error = {(uint32_t)sizeof(selvedge_error), SELVEDGE_OK, -1, -1, -1, -1, -1};
  return error;
}

/* The name of a tensor in an error, such as "weights"; never null. */
const char *selvedge_tensor_name(int32_t tensor);

/* MARK: Layers */

enum { /* what a unit makes of its weighted sum */
  SELVEDGE_LINEAR = 0,
  SELVEDGE_TANH = 1,
  SELVEDGE_RELU = 2,
  SELVEDGE_SIGMOID = 3
};

enum { /* what weights are stored as; they exist once */
  SELVEDGE_FLOAT32 = 0,
  SELVEDGE_FLOAT16 = 1,
  SELVEDGE_INT8 = 2
};

enum { /* what lies beyond the edges of a map */
  SELVEDGE_SAME = 0, /* zeros */
  SELVEDGE_VALID = 1 /* nothing: windows lie within the map */
};

enum { /* options of memories and recurrent layers */
  SELVEDGE_MAGNITUDE = 1, /* oscillators give how far they swing, whatever the phase */
  SELVEDGE_FORGETTING = 2, /* oscillators forget by themselves, for a stream without end */
  SELVEDGE_TRACE = 8      /* a recurrent layer remembers how each weight has shaped its state */
};

/* A layer, as a model in flash has it: make it by a function below. */
typedef struct selvedge_layer {
  uint8_t kind;
  uint8_t activation;
  uint8_t frozen;
  uint8_t precision;
  uint32_t units;
  uint8_t rows;
  uint8_t columns;
  uint8_t stride;
  uint8_t padding;
  uint8_t extra; /* side of a pool, hundredths of a leak, otherwise 1 */
  uint8_t options;
  uint16_t steps;
} selvedge_layer;

static inline selvedge_layer selvedge_layer_init(uint8_t kind, uint8_t activation, uint32_t units) {
  selvedge_layer layer = {kind, activation, 0, 0, units, 1, 1, 1, 0, 1, 0, 0};
  return layer;
}

/* Fully connected, with a local loss. */
static inline selvedge_layer selvedge_layer_dense(uint32_t units, uint8_t activation) {
  return selvedge_layer_init(1, activation, units);
}

/* The last layer: a logit for each class. */
static inline selvedge_layer selvedge_layer_output(uint32_t classes) {
  return selvedge_layer_init(2, SELVEDGE_LINEAR, classes);
}

/* The last layer without weights: logits that the projection of the layer before gives. */
static inline selvedge_layer selvedge_layer_readout(uint32_t classes) {
  return selvedge_layer_init(12, SELVEDGE_LINEAR, classes);
}

/* The last layer of a network that learns values instead of classes. */
static inline selvedge_layer selvedge_layer_regression(uint32_t outputs) {
  return selvedge_layer_init(13, SELVEDGE_LINEAR, outputs);
}

/* A convolution of windows of rows x columns places; of each pool x pool places only the largest is kept. */
static inline selvedge_layer selvedge_layer_convolution(uint32_t channels, uint8_t rows, uint8_t columns,
                                                        uint8_t stride, uint8_t padding, uint8_t pool,
                                                        uint8_t activation) {
  selvedge_layer layer = selvedge_layer_init(3, activation, channels);
  layer.rows = rows;
  layer.columns = columns;
  layer.stride = stride;
  layer.padding = padding;
  layer.extra = pool;
  return layer;
}

/* A convolution of each channel by itself. */
static inline selvedge_layer selvedge_layer_depthwise(uint8_t rows, uint8_t columns, uint8_t stride,
                                                      uint8_t padding, uint8_t pool, uint8_t activation) {
  selvedge_layer layer = selvedge_layer_convolution(0, rows, columns, stride, padding, pool, activation);
  layer.kind = 4;
  return layer;
}

/* The largest of each window of side x side places, side by side. */
static inline selvedge_layer selvedge_layer_max_pool(uint8_t side) {
  selvedge_layer layer = selvedge_layer_init(5, SELVEDGE_LINEAR, 0);
  layer.rows = side;
  layer.columns = side;
  layer.stride = side;
  layer.padding = SELVEDGE_VALID;
  return layer;
}

/* The mean of each window of side x side places, side by side; of the whole map if side is 0. */
static inline selvedge_layer selvedge_layer_average_pool(uint8_t side) {
  selvedge_layer layer = selvedge_layer_max_pool(side);
  layer.kind = 6;
  return layer;
}

/* Every sample by itself to mean 0 and deviation 1. */
static inline selvedge_layer selvedge_layer_normalise(void) { return selvedge_layer_init(7, SELVEDGE_LINEAR, 0); }

/* A bank of oscillators for each value of a step, for sequences of up to `steps` steps; the first layer.
   Options: SELVEDGE_MAGNITUDE, SELVEDGE_FORGETTING or 0. */
static inline selvedge_layer selvedge_layer_oscillators(uint32_t number, uint16_t steps, uint8_t options) {
  selvedge_layer layer = selvedge_layer_init(8, SELVEDGE_LINEAR, number);
  layer.options = options;
  layer.steps = steps;
  return layer;
}

/* A memory of the last `steps` steps, `order` numbers (1 to 128) for each value of a step; the first layer. */
static inline selvedge_layer selvedge_layer_legendre(uint32_t order, uint16_t steps) {
  selvedge_layer layer = selvedge_layer_init(9, SELVEDGE_LINEAR, order);
  layer.steps = steps;
  return layer;
}

/* A recurrent layer that replaces `leak` hundredths (1 to 100) of its state at each step.
   Options: SELVEDGE_TRACE or 0. */
static inline selvedge_layer selvedge_layer_elman(uint32_t units, uint16_t steps, uint8_t leak, uint8_t options) {
  selvedge_layer layer = selvedge_layer_init(10, SELVEDGE_LINEAR, units);
  layer.extra = leak;
  layer.options = options;
  layer.steps = steps;
  return layer;
}

/* A gated recurrent layer. Options: SELVEDGE_TRACE or 0. */
static inline selvedge_layer selvedge_layer_gru(uint32_t units, uint16_t steps, uint8_t options) {
  selvedge_layer layer = selvedge_layer_init(11, SELVEDGE_LINEAR, units);
  layer.options = options;
  layer.steps = steps;
  return layer;
}

/* The same layer with its weights stored as SELVEDGE_FLOAT32, SELVEDGE_FLOAT16 or SELVEDGE_INT8. */
static inline selvedge_layer selvedge_layer_stored(selvedge_layer layer, uint8_t precision) {
  layer.precision = precision;
  return layer;
}

/* The same layer, which training leaves as it is. */
static inline selvedge_layer selvedge_layer_frozen(selvedge_layer layer) {
  layer.frozen = 1;
  return layer;
}

/* The same dense layer or convolution, learning from what the next layer sends back one step. */
static inline selvedge_layer selvedge_layer_lookahead(selvedge_layer layer) {
  layer.options = (uint8_t)(layer.options | 4);
  return layer;
}

/* MARK: Configuration */

enum { /* what hidden layers learn from */
  SELVEDGE_RULE_READOUT = 0,
  SELVEDGE_RULE_MASKED = 1,
  SELVEDGE_RULE_SQUARED = 2,
  SELVEDGE_RULE_ABSOLUTE = 3,
  SELVEDGE_RULE_DIRECT = 4,
  SELVEDGE_RULE_FROZEN = 5 /* hidden layers do not learn */
};

enum { /* how updates of int8 and float16 weights are rounded */
  SELVEDGE_ROUNDING_AUTOMATIC = 0, /* int8 stochastically, float16 to the nearest */
  SELVEDGE_ROUNDING_NEAREST = 1,
  SELVEDGE_ROUNDING_STOCHASTIC = 2
};

/* Step sizes. */
typedef struct selvedge_rates {
  float hidden;      /* of dense layers but the last */
  float output;      /* of the last layer */
  float convolution; /* of convolutions */
  float recurrent;   /* of recurrent layers, over a whole sequence */
} selvedge_rates;

/* Rates of hidden layers and the last; those of convolutions and recurrent layers are 40 and 10 times `hidden`. */
static inline selvedge_rates selvedge_rates_init(float hidden, float output) {
  selvedge_rates rates = {hidden, output, 40 * hidden, 10 * hidden};
  return rates;
}

/* What a network is to be. Begin with selvedge_config_init: later versions may have more members. Nothing of it is
   needed any more when selvedge_create has returned, but a model that is used in place. */
typedef struct selvedge_config {
  uint32_t size; /* of this struct */

  /* The network: layers from input to output, and what a sample looks like ... */
  uint32_t layer_count;
  const selvedge_layer *layers;
  uint32_t rows;     /* 1, or of a map */
  uint32_t columns;  /* 1, or of a map */
  uint32_t channels; /* values of a sample, of a step of a sequence, or of a place of a map */
  float mean;        /* raw values are read as (value - mean) / deviation */
  float deviation;
  float target_mean; /* the same for the values that a regression learns */
  float target_deviation;
  uint64_t seed; /* of initial weights, projections and rounding */

  /* ... or a model file in memory or flash, which says all of the above. */
  const void *model;
  uint64_t model_bytes;
  uint32_t in_place; /* 1: the weights of frozen layers, or of all if it only predicts, are read where they lie in the
                        model. It begins at a multiple of SELVEDGE_ALIGNMENT then, in memory that the processor can
                        read, and stays as it is for as long as the network is in use. 0: all are copied. */

  uint32_t frozen_layers; /* bit k: training leaves layer k as it is, whatever layer or model say */
  uint32_t batch;   /* samples that are trained on or predicted together, 1 to 256 */
  uint32_t trains;  /* 0: a network that only predicts, in less memory */
  uint32_t rule;    /* what hidden layers learn from */
  uint32_t rounding;
  selvedge_rates rates;

  /* Divergence. A loss that is not finite is noticed at once. */
  uint32_t check_interval;    /* training steps after which all weights are looked at; 0: never */
  uint32_t saturation_limit;  /* of 1000 int8 weights of a layer, how many may be at the end of their range */

  selvedge_error *error; /* where details of a refused selvedge_create go, or null */
} selvedge_config;

/* A network without layers yet: batch 1, training by SELVEDGE_RULE_READOUT, rates 0.003 and 0.005, seed 1, values as
   they are, weights checked every 256 steps, up to half of the int8 weights saturated. */
static inline selvedge_config selvedge_config_init(void) {
  selvedge_config config;
  config.size = (uint32_t)sizeof(selvedge_config);
  config.layer_count = 0;
  config.layers = NULL;
  config.rows = 1;
  config.columns = 1;
  config.channels = 0;
  config.mean = 0.0f;
  config.deviation = 1.0f;
  config.target_mean = 0.0f;
  config.target_deviation = 1.0f;
  config.seed = 1;
  config.model = NULL;
  config.model_bytes = 0;
  config.in_place = 0;
  config.frozen_layers = 0;
  config.batch = 1;
  config.trains = 1;
  config.rule = SELVEDGE_RULE_READOUT;
  config.rounding = SELVEDGE_ROUNDING_AUTOMATIC;
  config.rates = selvedge_rates_init(0.003f, 0.005f);
  config.check_interval = 256;
  config.saturation_limit = 500;
  config.error = NULL;
  return config;
}

/* MARK: Creating */

/* A network, in the buffer that it was created in. */
typedef struct selvedge_network selvedge_network;

/* A header of another ABI than the library's asks for functions that it does not have, and does not link. */
#define selvedge_bytes_needed selvedge_bytes_needed_abi1
#define selvedge_create selvedge_create_abi1

/* How many bytes a network takes, its handle included: exactly these. */
selvedge_result selvedge_bytes_needed(const selvedge_config *config, size_t *bytes);

/* Creates a network in a buffer of yours, which nothing else may use until selvedge_destroy. A network from layers
   has initial weights by its seed, one from a model has the model's. What was in the buffer does not matter.
   Errors: ARENA_TOO_SMALL, ARGUMENT, LAYER, CORRUPT, NOT_SUPPORTED; the buffer is then as it was. */
selvedge_result selvedge_create(selvedge_network **network, void *buffer, size_t bytes, const selvedge_config *config);

/* Ends a network: the buffer is yours again, and the handle is refused from now on. */
selvedge_result selvedge_destroy(selvedge_network *network);

/* MARK: Predicting */

/* Predicts one sample: its class, or 0 for a regression. `count` is that of its values; for a network that reads
   sequences, of one or more steps. Errors: COUNT, NOT_FINITE, STATE if samples wait or a sequence is open. */
selvedge_result selvedge_predict(selvedge_network *network, const float *values, size_t count);

/* Copies the outputs of sample `sample` of the latest prediction: logits, or the values of a regression in their own
   units. Errors: STATE if nothing was predicted since samples were added, ARGUMENT, COUNT. */
selvedge_result selvedge_outputs(selvedge_network *network, uint32_t sample, float *outputs, size_t count);

/* Copies the probabilities of all classes of a sample of the latest prediction. Errors as above. */
selvedge_result selvedge_probabilities(selvedge_network *network, uint32_t sample, float *probabilities, size_t count);

/* MARK: Training */

/* Trains on one sample with a label: add and step in one.
   Errors: COUNT, NOT_FINITE, LABEL, STATE if samples wait, if a sequence is open or if the network only predicts;
   DIVERGED (the step has been made then, and the network refuses to go on). */
selvedge_result selvedge_train(selvedge_network *network, const float *values, size_t count, uint32_t label);

/* The same for a regression, with the values to learn. */
selvedge_result selvedge_train_values(selvedge_network *network, const float *values, size_t count,
                                      const float *targets, size_t target_count);

/* Trains on a batch: `samples` samples, one after the other in `values`, of `count` values in all, with a label each.
   Errors as selvedge_train, and FULL; STATE for a network that reads sequences, whose samples are added one by one. All
   samples are checked before anything is kept. */
selvedge_result selvedge_train_batch(selvedge_network *network, const float *values, size_t count,
                                     const uint32_t *labels, size_t samples);

/* Adds a sample with a label to the batch that waits for selvedge_step. Errors: FULL and those of selvedge_train. */
selvedge_result selvedge_add(selvedge_network *network, const float *values, size_t count, uint32_t label);

/* The same for a regression. */
selvedge_result selvedge_add_values(selvedge_network *network, const float *values, size_t count,
                                    const float *targets, size_t target_count);

/* Adds a sample to predict. */
selvedge_result selvedge_add_unlabelled(selvedge_network *network, const float *values, size_t count);

/* Trains on the samples that wait, or on the sequences that were begun. How many they were; DIVERGED as above. */
selvedge_result selvedge_step(selvedge_network *network);

/* Predicts the samples that wait. How many they were. */
selvedge_result selvedge_predict_batch(selvedge_network *network);

/* The class of a sample of the latest prediction. */
selvedge_result selvedge_class(selvedge_network *network, uint32_t sample);

/* Forgets the samples that wait and the sequence that is open. */
selvedge_result selvedge_discard(selvedge_network *network);

/* MARK: Sequences, for networks that begin with a memory or a recurrent layer */

/* Reads one or more steps of a sequence. What is read is kept in the network, not the steps. */
selvedge_result selvedge_read(selvedge_network *network, const float *values, size_t count);

/* Ends the sequence that was read and predicts it: its class, or 0 for a regression. */
selvedge_result selvedge_predict_sequence(selvedge_network *network);

/* Predicts the sequence as if it ended here; it can be read on. */
selvedge_result selvedge_predict_so_far(selvedge_network *network);

/* Ends the sequence that was read and trains what stands behind a memory. */
selvedge_result selvedge_train_sequence(selvedge_network *network, uint32_t label);

/* The same for a regression. */
selvedge_result selvedge_train_sequence_values(selvedge_network *network, const float *targets, size_t target_count);

/* Recurrent layers learn at every step: begin sequences, one for each label and in step with each other, read each
   step by selvedge_learn (its values sequence by sequence), then end them by selvedge_step. */
selvedge_result selvedge_begin(selvedge_network *network, const uint32_t *labels, size_t sequences);

/* The same for a regression: targets of all sequences, one after the other. */
selvedge_result selvedge_begin_values(selvedge_network *network, const float *targets, size_t target_count);

/* One step of the sequences that were begun; fewer where the last ones have ended. */
selvedge_result selvedge_learn(selvedge_network *network, const float *values, size_t count);

/* Copies what the memory gives of the steps read so far, before it is standardised. */
selvedge_result selvedge_memory(selvedge_network *network, float *outputs, size_t count);

/* Lets the memory read (value - mean) * factor of each value of a step. */
selvedge_result selvedge_standardise_steps(selvedge_network *network, const float *means, const float *factors,
                                           size_t count);

/* Lets the memory give (output - mean) * factor of each of its outputs. */
selvedge_result selvedge_standardise_memory(selvedge_network *network, const float *means, const float *factors,
                                            size_t count);

/* MARK: Settings */

/* Other rates from now on; decay is yours. Errors: NOT_FINITE. */
selvedge_result selvedge_set_rates(selvedge_network *network, selvedge_rates rates);

/* Another rule from now on. Errors: ARGUMENT; STATE if the network was created for a rule that takes less memory
   (all others than SELVEDGE_RULE_READOUT do). */
selvedge_result selvedge_set_rule(selvedge_network *network, uint32_t rule);

/* Lets training change a layer (frozen 0) or not (1). Errors: LAYER; STATE where weights are used in place: then
   frozen_layers of another selvedge_create says it. */
selvedge_result selvedge_freeze(selvedge_network *network, uint32_t layer, uint32_t frozen);

/* Chooses the scales of all int8 layers anew, by what training has met; samples that wait are forgotten. Call it
   after the first hundred samples or so, then now and then. */
selvedge_result selvedge_choose_scales(selvedge_network *network);

/* MARK: What a network says */

/* What a network is. */
typedef struct selvedge_info {
  uint32_t size;
  uint32_t layers;
  uint32_t inputs;  /* values of a sample, or of a step of a sequence */
  uint32_t outputs; /* classes, or values of a regression */
  uint32_t batch;
  uint32_t learns_values;   /* 1: a regression */
  uint32_t reads_sequences; /* 1: begins with a memory or a recurrent layer */
  uint32_t memory_outputs;  /* numbers that selvedge_memory gives; 0 without a memory */
  uint32_t waiting;         /* samples added since the last step or prediction */
  uint32_t predicted;       /* samples of the latest prediction */
  uint64_t steps_read;      /* of the sequences that are open */
  uint64_t parameters;      /* weights and biases */
  uint64_t bytes;           /* of the buffer in use */
  uint64_t in_place_bytes;  /* of weights that are read where they lie in a model */
  uint64_t model_bytes;     /* that selvedge_save writes */
} selvedge_info;

static inline selvedge_info selvedge_info_init(void) {
  selvedge_info info = {(uint32_t)sizeof(selvedge_info), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  return info;
}

selvedge_result selvedge_get_info(selvedge_network *network, selvedge_info *info);

/* How training goes, since the network was created or the counters were set to 0. */
typedef struct selvedge_counters {
  uint32_t size;
  float loss;       /* mean of all training samples, each before it was learned: nats, or half squared errors */
  float last_loss;  /* mean of the latest step */
  uint32_t restored; /* times that a checkpoint or a model was loaded */
  uint64_t steps;   /* training steps that the network has ever made */
  uint64_t samples; /* trained on */
  uint64_t correct; /* of those, predicted right before they were learned */
  uint64_t refused; /* calls with an error */
  uint64_t diverged; /* times that training ran away */
} selvedge_counters;

static inline selvedge_counters selvedge_counters_init(void) {
  selvedge_counters counters = {(uint32_t)sizeof(selvedge_counters), 0.0f, 0.0f, 0, 0, 0, 0, 0, 0};
  return counters;
}

selvedge_result selvedge_get_counters(selvedge_network *network, selvedge_counters *counters);

/* Sets all counters but `steps` to 0. */
selvedge_result selvedge_reset_counters(selvedge_network *network);

/* How well the numbers of an int8 layer fit. */
typedef struct selvedge_saturation {
  uint32_t size;
  uint32_t weights; /* at either end of their range now */
  uint32_t inputs;  /* clipped since the scale was chosen */
  uint32_t deltas;  /* clipped since then */
} selvedge_saturation;

static inline selvedge_saturation selvedge_saturation_init(void) {
  selvedge_saturation saturation = {(uint32_t)sizeof(selvedge_saturation), 0, 0, 0};
  return saturation;
}

/* Errors: LAYER; ARGUMENT for a layer that is not int8. */
selvedge_result selvedge_get_saturation(selvedge_network *network, uint32_t layer, selvedge_saturation *saturation);

/* The CRC-32 of all parameters: equal on every target after equal training. */
selvedge_result selvedge_weights_crc(selvedge_network *network, uint32_t *crc);

/* Details of the latest error of a network; also while it is busy or has diverged. */
selvedge_result selvedge_last_error(selvedge_network *network, selvedge_error *error);

/* MARK: Storage */

/* Takes the next `count` bytes, which begin at byte `offset` of the model. SELVEDGE_OK, or any negative number to end
   the call with SELVEDGE_ERROR_STORAGE. */
typedef selvedge_result (*selvedge_write)(void *context, uint64_t offset, const void *bytes, uint32_t count);

/* Writes the whole network as a model file, in order, in pieces of at most `piece` bytes (0: as they come), without a
   second buffer. Errors: STORAGE, ARGUMENT, DIVERGED. What was written before an error is no model. */
selvedge_result selvedge_save(selvedge_network *network, selvedge_write write, void *context, uint32_t piece);

/* Takes the weights, scales, standardisation and count of steps of a model of the same network in memory or flash;
   samples that wait are forgotten, and a divergence is over. Errors: CORRUPT, MODEL_DIFFERS. */
selvedge_result selvedge_load(selvedge_network *network, const void *model, size_t bytes);

/* MARK: Checkpoints that survive the loss of power */

/* A flash, or a part of one, and how to drive it. Offsets count from the beginning of that part; no call crosses the
   border of a block. A callback returns SELVEDGE_OK, or a negative number of its own. Fill it after selvedge_flash_init
   and keep it as long as you like: nothing is kept of it between calls. */
typedef struct selvedge_flash {
  uint32_t size; /* of this struct */
  uint32_t slots; /* 2 to 32; used in turn, so more of them wear the flash less */

  /* Units, each a multiple of the one before; what is programmed has been erased. */
  uint32_t read_bytes;
  uint32_t program_bytes;
  uint32_t erase_bytes; /* of a block */
  uint32_t blocks;

  void *context; /* handed to the callbacks */
  selvedge_result (*read)(void *context, uint64_t offset, void *bytes, uint32_t count);
  selvedge_result (*program)(void *context, uint64_t offset, const void *bytes, uint32_t count);
  selvedge_result (*erase)(void *context, uint32_t block);
  selvedge_result (*sync)(void *context); /* returns when all will outlast the loss of power; may be null */

  void *buffer; /* for the time of a call: two program units or more, 512 bytes for speed */
  uint64_t buffer_bytes;
} selvedge_flash;

static inline selvedge_flash selvedge_flash_init(void) {
  selvedge_flash flash = {(uint32_t)sizeof(selvedge_flash), 2, 1, 1, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0};
  return flash;
}

/* What was saved or restored. */
typedef struct selvedge_checkpoint {
  uint32_t size;
  uint32_t slot;
  uint32_t counter; /* checkpoints that the flash has seen; goes round at 2^32 */
  uint32_t erases;  /* of the slot, as far as is known */
  uint32_t older;   /* 1: a slot that may have been newer is damaged */
  uint32_t bytes;   /* of the model */
} selvedge_checkpoint;

static inline selvedge_checkpoint selvedge_checkpoint_init(void) {
  selvedge_checkpoint checkpoint = {(uint32_t)sizeof(selvedge_checkpoint), 0, 0, 0, 0, 0};
  return checkpoint;
}

/* Bytes that a checkpoint of the network takes in its slot. */
selvedge_result selvedge_checkpoint_bytes(selvedge_network *network, const selvedge_flash *flash, size_t *bytes);

/* Saves the network in the slot after that of the newest checkpoint. Whenever power goes away, the newest whole
   checkpoint is the old one or the new one, never neither. `checkpoint` may be null.
   Waits as long as the callbacks do. Errors: STORAGE (`had` is what the callback returned), WORN, FLASH_TOO_SMALL,
   DIVERGED, ARGUMENT; the newest checkpoint is then still there. */
selvedge_result selvedge_checkpoint_save(selvedge_network *network, const selvedge_flash *flash,
                                         selvedge_checkpoint *checkpoint);

/* Takes the newest whole checkpoint, at start-up or to roll back: a divergence is over then. It is read twice, and
   checked before the network is touched. `checkpoint` may be null.
   Errors: EMPTY, CORRUPT, MODEL_DIFFERS, NOT_SUPPORTED; STORAGE: if `wanted` is 1, other bytes were read the second
   time, and the network has its initial weights. */
selvedge_result selvedge_checkpoint_restore(selvedge_network *network, const selvedge_flash *flash,
                                            selvedge_checkpoint *checkpoint);

/* MARK: Adapting to another sensor or place */

/* How a model is fitted to what a device sees where it works, from the least numbers to the most. The model lies in
   read-only memory and is never written. */
enum {
  SELVEDGE_RUNG_NONE = 0,     /* the model as it is */
  SELVEDGE_RUNG_MOMENTS = 1,  /* sums of each unit as they were in training: no label, but `moments` */
  SELVEDGE_RUNG_PROMPT = 2,   /* 8 numbers in front of an image, 4 in front of a sequence */
  SELVEDGE_RUNG_SCALE = 3,    /* a gain and an offset for each unit */
  SELVEDGE_RUNG_LAST = 4,     /* the last layer */
  SELVEDGE_RUNG_LOW_RANK = 5, /* scale, a narrow layer beside each dense one, and last */
  SELVEDGE_RUNG_FULL = 6      /* all weights */
};

/* A model, and samples from the field in an order by chance. Begin with selvedge_adaptation_init. */
typedef struct selvedge_adaptation {
  uint32_t size;
  uint32_t rungs; /* those to try: bit 1 << SELVEDGE_RUNG_... of each */

  const void *model; /* a model file at a multiple of SELVEDGE_ALIGNMENT */
  uint64_t model_bytes;

  uint32_t samples;  /* in all */
  uint32_t labelled; /* the first ones, which have labels; each fifth of them is held back to judge by */
  uint32_t values;   /* of every sample */
  void *context;     /* handed to `sample` */
  /* Writes the values of a sample, or none where `values` is null, and returns its label (any number >= 0 of one that
     has none); a negative number ends the call with SELVEDGE_ERROR_STORAGE. */
  selvedge_result (*sample)(void *context, uint32_t index, float *values);

  const float *moments; /* what selvedge_adapt_moments gave, for SELVEDGE_RUNG_MOMENTS; or null */
  uint64_t moment_count;

  /* What a prompt takes a sample for: an image, or with 1 row and 0 columns steps of channels. All 0: what the model
     reads. */
  uint32_t rows;
  uint32_t columns;
  uint32_t channels;

  uint32_t batch;        /* samples of a step, 1 to 256 */
  uint32_t passes;       /* over the labelled samples; 0: by their number */
  uint32_t rank;         /* width of the narrow layers, 1 to 64 */
  uint32_t prompt_steps; /* of a search for a prompt, from each of five starts */
  uint64_t seed;         /* of orders and searches */
} selvedge_adaptation;

/* All rungs, batch 16, rank 16, 300 steps, seed 1; model and samples are to be filled in. */
static inline selvedge_adaptation selvedge_adaptation_init(void) {
  selvedge_adaptation adaptation = {(uint32_t)sizeof(selvedge_adaptation), 0x7F, NULL, 0, 0, 0, 0, NULL, NULL, NULL, 0,
                                    0, 0, 0, 16, 0, 16, 300, 1};
  return adaptation;
}

/* What was chosen. */
typedef struct selvedge_adapted {
  uint32_t size;
  uint32_t rung;      /* SELVEDGE_RUNG_... */
  uint32_t fitted;    /* the rungs that were fitted, a bit each; the others had no room, no labels or no moments */
  uint32_t numbers;   /* that were fitted */
  uint32_t correct;   /* of the samples held back */
  uint32_t held_back;
  uint32_t bytes;     /* of the adaptor file */
  float loss;         /* mean cross-entropy of the samples held back, in nats */
} selvedge_adapted;

static inline selvedge_adapted selvedge_adapted_init(void) {
  selvedge_adapted adapted = {(uint32_t)sizeof(selvedge_adapted), 0, 0, 0, 0, 0, 0, 0.0f};
  return adapted;
}

/* Bytes of the buffer in which the rung takes place; exactly these. Errors: ARGUMENT, CORRUPT, NOT_SUPPORTED. */
selvedge_result selvedge_adapt_bytes(const selvedge_adaptation *adaptation, uint32_t rung, size_t *bytes);

/* Measures over samples like those of training what SELVEDGE_RUNG_MOMENTS needs to know, in a buffer of as many bytes as
   that rung takes: `count` numbers, two for each channel of each hidden layer. Errors: those of selvedge_adapt, COUNT. */
selvedge_result selvedge_adapt_moments(const selvedge_adaptation *adaptation, void *buffer, size_t bytes,
                                       float *moments, size_t count);

/* Fits the rungs that the buffer has room for, from the smallest to the largest, and writes the best one's adaptor file;
   a larger rung must be better to be chosen. Nothing of the buffer is needed afterwards. `adapted` has a size
   (selvedge_adapted_init). Errors: ARENA_TOO_SMALL if the buffer has no room for SELVEDGE_RUNG_NONE; COUNT if `file` has
   not enough for a rung that was best; STATE for samples of one class alone or without labels, if no other rung was
   asked for; LABEL, NOT_FINITE, STORAGE, CORRUPT, ARGUMENT, NOT_SUPPORTED. What `file` has is then no adaptor. */
selvedge_result selvedge_adapt(const selvedge_adaptation *adaptation, void *buffer, size_t bytes, void *file,
                               size_t file_bytes, selvedge_adapted *adapted);

/* Bytes of memory that a network needs for an adaptor file beside its own; exactly these. Errors: CORRUPT. */
selvedge_result selvedge_attach_bytes(selvedge_network *network, const void *file, size_t file_bytes, size_t *bytes);

/* Fits a network of the same model by an adaptor file, until selvedge_detach; `memory`, at a multiple of
   SELVEDGE_ALIGNMENT, is the network's until then. Layers that the rung trains must not lie in flash.
   Errors: MODEL_DIFFERS for an adaptor of another model, CORRUPT, STATE, ARENA_TOO_SMALL, NOT_SUPPORTED. */
selvedge_result selvedge_attach(selvedge_network *network, const void *file, size_t file_bytes, void *memory,
                                size_t bytes);

/* Takes the adaptor off. Weights that it replaced (LAST, LOW_RANK, FULL) come back by selvedge_load. */
selvedge_result selvedge_detach(selvedge_network *network);

/* A loss of a model that this library cannot see into, with a prompt of so many numbers in front of it (selvedge_prompt):
   over the samples of a step (the same ones twice), or of all if `step` is UINT32_MAX. Returns SELVEDGE_OK, or a negative
   number to end the call with SELVEDGE_ERROR_STORAGE. */
typedef selvedge_result (*selvedge_loss)(void *context, uint32_t step, const float *numbers, uint32_t count,
                                         float *loss);

/* Finds the prompt with the least loss: 8 numbers of an image, 4 of a sequence (`rows` 1, `columns` 0), from `starts`
   gains and offsets, two each. Only what the model gives is needed. Errors: ARGUMENT, COUNT, STORAGE; DIVERGED if the loss
   was never a number. The numbers are then as they were. */
selvedge_result selvedge_adapt_blackbox(uint32_t rows, uint32_t columns, uint32_t channels, const float *gains_offsets,
                                        uint32_t starts, uint32_t steps, uint64_t seed, selvedge_loss loss,
                                        void *context, float *numbers, size_t count);

/* A sample as a prompt changes it; gains are about `mean`, offsets in `deviation`s. Errors: ARGUMENT, COUNT. */
selvedge_result selvedge_prompt(uint32_t rows, uint32_t columns, uint32_t channels, const float *numbers, size_t count,
                                float mean, float deviation, const float *values, float *changed, size_t value_count);

#ifdef __cplusplus
}
#endif

#endif
