// Sixteen int8 numbers at once, and what int8 training does with them, one line an operation.
//
// All of it is integer arithmetic, so every form gives the same bits. Numbers lie in -127 ... 127:
// two products of such then fit 16 bits, which the NEON and SSE forms rely on.
#ifndef SELVEDGE_CBYTES_H
#define SELVEDGE_CBYTES_H
#include "lanes.h"
#if defined(__ARM_NEON)
#include <arm_neon.h>
#elif defined(__ARM_FEATURE_SIMD32)
#include <arm_acle.h>
/// Cortex-M with the DSP extension: no vectors, but two numbers of 16 bits or four of 8 in a word.
#define HALFWORD_PAIRS 1
#endif

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpsabi"

typedef int8_t bytes16 __attribute__((ext_vector_type(16)));
typedef int8_t bytes8 __attribute__((ext_vector_type(8)));
typedef int16_t shorts16 __attribute__((ext_vector_type(16)));
typedef int16_t shorts8 __attribute__((ext_vector_type(8)));
typedef int32_t ints16 __attribute__((ext_vector_type(16)));
typedef int32_t ints8 __attribute__((ext_vector_type(8)));
typedef int32_t ints4 __attribute__((ext_vector_type(4)));
typedef bytes16 bytes16_in_memory __attribute__((aligned(1), may_alias));
typedef bytes8 bytes8_in_memory __attribute__((aligned(1), may_alias));
typedef shorts8 shorts8_in_memory __attribute__((aligned(2), may_alias));
typedef ints16 ints16_in_memory __attribute__((aligned(4), may_alias));

LANES bytes16 bytes_load(const int8_t *p) { return *(const bytes16_in_memory *)p; }
LANES void bytes_store(int8_t *p, bytes16 v) { *(bytes16_in_memory *)p = v; }
/// The first `count` of sixteen, at least one, the rest zero; reads nothing behind them.
LANES bytes16 bytes_load_some(const int8_t *p, intptr_t count) {
  typedef uint64_t word8 __attribute__((aligned(1), may_alias));
  typedef uint32_t word4 __attribute__((aligned(1), may_alias));
  typedef uint64_t words __attribute__((ext_vector_type(2)));
  words some = {0, 0};
  // Words that meet or overlap; all targets are little-endian.
  if (count >= 8) {
    some.x = *(const word8 *)p;
    some.y = *(const word8 *)(p + count - 8) >> 1 >> (8 * (16 - count) - 1);
  } else if (count >= 4) {
    some.x = *(const word4 *)p | (uint64_t) * (const word4 *)(p + count - 4) << (8 * (count - 4));
  } else {
    // The first, the middle and the last, which may be one and the same.
    const uint8_t *bytes = (const uint8_t *)p;
    intptr_t middle = count >> 1, last = count - 1;
    some.x = bytes[0] | (uint32_t)bytes[middle] << (8 * middle) | (uint32_t)bytes[last] << (8 * last);
  }
  return (bytes16)some;
}
LANES void bytes_store_some(int8_t *p, bytes16 v, intptr_t count) {
  int8_t some[16];
  bytes_store(some, v);
  for (intptr_t i = 0; i < count; i++) p[i] = some[i];
}

// Dot products, of as many numbers at a time and into as many 32-bit sums as suit the machine.
// `dot_next` takes those of a sample that are `offset` ahead, `dot_add` those of a row; `dot_advance` moves
// on. Where an instruction that loads moves its pointer for nothing, they do, and it has nothing to do.
typedef const int8_t *_Nonnull bytes_ahead;
#if defined(HALFWORD_PAIRS)
// Cortex-M with the DSP extension: four numbers a word, multiplied as two pairs of 16 bits. In assembly,
// as the compiler would load far ahead and then have no registers for the sums.
typedef struct {
  uint32_t even, odd;
} dot_values;
typedef int32_t dot_sums;
LANES intptr_t dot_shift(void) { return 2; }
LANES void dot_advance(bytes_ahead *_Nonnull p, intptr_t count) {}
LANES dot_values dot_next(bytes_ahead *_Nonnull x, intptr_t offset) {
  dot_values v;
  __asm__("ldr %1, [%2], #4\n\tsxtb16 %0, %1\n\tsxtb16 %1, %1, ror #8"
          : "=&r"(v.even), "=&r"(v.odd), "+r"(*x)
          :
          : "memory");
  return v;
}
LANES dot_sums dot_add(dot_sums sums, bytes_ahead *_Nonnull w, intptr_t offset, dot_values x) {
  uint32_t odd, even;
  __asm__("ldr %0, [%3], #4\n\tsxtb16 %1, %0\n\tsmlad %2, %1, %4, %2\n\t"
          "sxtb16 %0, %0, ror #8\n\tsmlad %2, %0, %5, %2"
          : "=&r"(odd), "=&r"(even), "+r"(sums), "+r"(*w)
          : "r"(x.even), "r"(x.odd)
          : "memory");
  return sums;
}
LANES dot_sums dot_add_some(dot_sums sums, const int8_t *w, const int8_t *x, intptr_t count) {
  for (intptr_t i = 0; i < count; i++) sums += w[i] * x[i];
  return sums;
}
LANES int32_t dot_total(dot_sums sums) { return sums; }
#else
typedef bytes16 dot_values;
LANES intptr_t dot_shift(void) { return 4; }
LANES void dot_advance(bytes_ahead *_Nonnull p, intptr_t count) { *p += count; }
LANES dot_values dot_next(bytes_ahead *_Nonnull x, intptr_t offset) { return bytes_load(*x + offset); }
#if defined(__AVX2__)
typedef ints8 dot_sums;
LANES dot_sums dot_products(dot_sums sums, dot_values w, dot_values x) {
  shorts16 a = __builtin_convertvector(w, shorts16), b = __builtin_convertvector(x, shorts16);
  typedef int16_t s16 __attribute__((vector_size(32)));
  return sums + (ints8)__builtin_ia32_pmaddwd256((s16)a, (s16)b);
}
LANES int32_t dot_total(dot_sums sums) {
  ints4 q = sums.lo + sums.hi;
  return (q.x + q.z) + (q.y + q.w);
}
#else
typedef ints4 dot_sums;
#if defined(__ARM_FEATURE_DOTPROD)
LANES dot_sums dot_products(dot_sums sums, dot_values w, dot_values x) {
  return (ints4)vdotq_s32((int32x4_t)sums, (int8x16_t)w, (int8x16_t)x);
}
#elif defined(__ARM_NEON)
LANES dot_sums dot_products(dot_sums sums, dot_values w, dot_values x) {
  int16x8_t low = vmull_s8(vget_low_s8((int8x16_t)w), vget_low_s8((int8x16_t)x));
  int16x8_t both = vmlal_s8(low, vget_high_s8((int8x16_t)w), vget_high_s8((int8x16_t)x));
  return (ints4)vpadalq_s16((int32x4_t)sums, both);
}
#else
LANES dot_sums dot_products(dot_sums sums, dot_values w, dot_values x) {
  ints16 p = __builtin_convertvector(__builtin_convertvector(w, shorts16), ints16) *
             __builtin_convertvector(__builtin_convertvector(x, shorts16), ints16);
  ints8 q = p.even + p.odd;
  return sums + (q.lo + q.hi);
}
#endif
#if defined(__aarch64__)
LANES int32_t dot_total(dot_sums sums) { return vaddvq_s32((int32x4_t)sums); }
#elif defined(__ARM_NEON)
LANES int32_t dot_total(dot_sums sums) {
  int32x2_t pair = vpadd_s32(vget_low_s32((int32x4_t)sums), vget_high_s32((int32x4_t)sums));
  return vget_lane_s32(vpadd_s32(pair, pair), 0);
}
#else
LANES int32_t dot_total(dot_sums sums) { return (sums.x + sums.z) + (sums.y + sums.w); }
#endif
#endif
LANES dot_sums dot_add(dot_sums sums, bytes_ahead *_Nonnull w, intptr_t offset, dot_values x) {
  return dot_products(sums, bytes_load(*w + offset), x);
}
LANES dot_sums dot_add_some(dot_sums sums, const int8_t *w, const int8_t *x, intptr_t count) {
  return dot_products(sums, bytes_load_some(w, count), bytes_load_some(x, count));
}
#endif
/// How many numbers `dot_next` and `dot_add` take.
LANES intptr_t dot_width(void) { return 1 << dot_shift(); }
/// What four rows give: their totals times `scale`, plus the biases.
LANES void dot_store(float *y, dot_sums a, dot_sums b, dot_sums c, dot_sums d, float scale,
                     const float *bias) {
  SEPARATE_ROUNDING
#if defined(__aarch64__)
  int32x4_t low = vpaddq_s32((int32x4_t)a, (int32x4_t)b);
  ints4 totals = (ints4)vpaddq_s32(low, vpaddq_s32((int32x4_t)c, (int32x4_t)d));
#else
  ints4 totals = {dot_total(a), dot_total(b), dot_total(c), dot_total(d)};
#endif
  typedef lanes4 lanes4_in_memory __attribute__((aligned(4), may_alias));
  lanes4 values = __builtin_convertvector(totals, lanes4) * (lanes4)(scale);
  *(lanes4_in_memory *)y = values + *(const lanes4_in_memory *)bias;
}
/// How many rows share what is loaded of a sample: as many as there are registers for. It changes the
/// speed, never the result.
LANES int dot_rows_at_once(void) {
#if defined(__AVX2__) || defined(__ARM_FEATURE_DOTPROD)
  return 8;
#else
  return 4;
#endif
}
LANES dot_sums dot_none(void) { return (dot_sums)(0); }

// Updates. A weight moves by floor((change + noise) / 2^16), where the change is a sum of products in
// 1/2^16 of a step and the noise has 16 bits. One word a column holds the first sample's input in
// its low half and the column's noise, less 2^15, in its high half; a row's own bits are xored onto it.
/// Sixteen weights moved by `change`, which has the noise in it, and held within -127 ... 127.
LANES bytes16 bytes_moved(bytes16 w, ints16 change) {
#if defined(__ARM_NEON)
  int16x8_t low = vcombine_s16(vshrn_n_s32((int32x4_t)change.lo.lo, 16),
                               vshrn_n_s32((int32x4_t)change.lo.hi, 16));
  int16x8_t high = vcombine_s16(vshrn_n_s32((int32x4_t)change.hi.lo, 16),
                                vshrn_n_s32((int32x4_t)change.hi.hi, 16));
  low = vaddw_s8(low, vget_low_s8((int8x16_t)w));
  high = vaddw_s8(high, vget_high_s8((int8x16_t)w));
  int8x16_t narrow = vcombine_s8(vqmovn_s16(low), vqmovn_s16(high));
  return (bytes16)vmaxq_s8(narrow, vdupq_n_s8(-127));
#else
  shorts16 moved = __builtin_convertvector(change >> 16, shorts16) + __builtin_convertvector(w, shorts16);
  moved = __builtin_elementwise_max(__builtin_elementwise_min(moved, (shorts16)(127)), (shorts16)(-127));
  return __builtin_convertvector(moved, bytes16);
#endif
}
LANES ints16 words_load(const uint32_t *p) { return *(const ints16_in_memory *)p; }
LANES ints16 words_load_some(const uint32_t *p, intptr_t count) {
  uint32_t some[16] = {0};
  for (intptr_t i = 0; i < count; i++) some[i] = p[i];
  return words_load(some);
}
/// The noise of sixteen columns, 0 to 2^16 - 1, in a row with the bits `row`.
LANES ints16 noise_of(ints16 words, uint32_t row) {
  typedef uint32_t naturals16 __attribute__((ext_vector_type(16)));
  return (ints16)(((naturals16)words >> 16) ^ (naturals16)((row & 0xffff) ^ 0x8000));
}
/// The change by one more sample.
LANES ints16 change_add(ints16 change, bytes16 x, int32_t d) {
  // Both factors from 16 bits: one instruction multiplies, widens and adds.
  shorts16 wide = __builtin_convertvector(x, shorts16), factor = (shorts16)((int16_t)d);
  return change + __builtin_convertvector(wide, ints16) * __builtin_convertvector(factor, ints16);
}
/// The change by the first sample alone, with the noise in it.
LANES ints16 change_of(ints16 words, uint32_t row, int32_t d) {
#if defined(__AVX2__)
  // Two products a lane: input times delta, and noise times one.
  typedef int16_t s16 __attribute__((vector_size(32)));
  ints16 noisy = words ^ (ints16)((int32_t)(row << 16));
  ints8 factors = (ints8)((int32_t)((d & 0xffff) | 0x10000));
  ints16 change;
  change.lo = (ints8)__builtin_ia32_pmaddwd256((s16)noisy.lo, (s16)factors);
  change.hi = (ints8)__builtin_ia32_pmaddwd256((s16)noisy.hi, (s16)factors);
  return change + 0x8000;
#elif defined(__ARM_NEON)
  ints16 noise = noise_of(words, row), change;
  int16x4_t x0 = vmovn_s32((int32x4_t)words.lo.lo), x1 = vmovn_s32((int32x4_t)words.lo.hi);
  int16x4_t x2 = vmovn_s32((int32x4_t)words.hi.lo), x3 = vmovn_s32((int32x4_t)words.hi.hi);
  change.lo.lo = (ints4)vmlal_n_s16((int32x4_t)noise.lo.lo, x0, (int16_t)d);
  change.lo.hi = (ints4)vmlal_n_s16((int32x4_t)noise.lo.hi, x1, (int16_t)d);
  change.hi.lo = (ints4)vmlal_n_s16((int32x4_t)noise.hi.lo, x2, (int16_t)d);
  change.hi.hi = (ints4)vmlal_n_s16((int32x4_t)noise.hi.hi, x3, (int16_t)d);
  return change;
#else
  shorts16 x = __builtin_convertvector(words, shorts16);
  return noise_of(words, row) + __builtin_convertvector(x, ints16) * (ints16)((int32_t)(int16_t)d);
#endif
}
/// The same of one column.
LANES int32_t change_of_one(uint32_t word, uint32_t row, int32_t d) {
  return (int32_t)((word >> 16) ^ ((row & 0xffff) ^ 0x8000)) + (int16_t)word * d;
}
/// One weight moved by `change`, which has the noise in it.
LANES int8_t byte_moved(int8_t w, int32_t change) {
  int32_t moved = w + (change >> 16);
  return (int8_t)(moved > 127 ? 127 : moved < -127 ? -127 : moved);
}
/// Weights moved by the first sample alone: `count`, a multiple of 16 (of 4 on a Cortex-M), of one row.
LANES void bytes_move_row(int8_t *w, const uint32_t *words, uint32_t row, int32_t d, intptr_t count) {
#if defined(HALFWORD_PAIRS)
  // Two products at once: input times delta, and noise times one. The change of a weight by one sample fits
  // 8 bits, so that four are added, and held within the range, at once.
  uint32_t noise = row << 16, ones = 0x01010101;
  int32_t factors = (d & 0xffff) | 0x10000, half = 0x8000;
  const int8_t *end = w + count;
  while (w != end) {
    int32_t a = __smlad((int32_t)(words[0] ^ noise), factors, half);
    int32_t b = __smlad((int32_t)(words[1] ^ noise), factors, half);
    int32_t c = __smlad((int32_t)(words[2] ^ noise), factors, half);
    int32_t e = __smlad((int32_t)(words[3] ^ noise), factors, half);
    uint32_t even = ((uint32_t)a >> 16) | ((uint32_t)c & 0xffff0000);
    uint32_t odd = ((uint32_t)b >> 16) | ((uint32_t)e & 0xffff0000);
    uint32_t change = __uxtb16(even) | __uxtb16(odd) << 8;
    typedef uint32_t word_in_memory __attribute__((aligned(1), may_alias));
    uint32_t moved = (uint32_t)__qadd8(*(word_in_memory *)w, change);
    *(word_in_memory *)w = (uint32_t)__qadd8(__qsub8(moved, ones), ones);
    w += 4;
    words += 4;
  }
#else
  for (intptr_t i = 0; i < count; i += 16)
    bytes_store(w + i, bytes_moved(bytes_load(w + i), change_of(words_load(words + i), row, d)));
#endif
}
/// Whether words of columns stay in registers while some rows are moved by them.
LANES int words_serve_many_rows(void) {
#if defined(HALFWORD_PAIRS)
  return 0;
#else
  return 1;
#endif
}

// Floats to int8 and back.
/// Eight numbers to the nearest integer, ties to even, held within -127 ... 127; NaN becomes 0.
LANES bytes8 bytes_rounded(lanes8 v) {
  SEPARATE_ROUNDING
  v = lanes_at_least(lanes_at_most(v, 127), -127);
  // Behind the addition the low bits of the number are the integer.
  lane_bits8 bits = (lane_bits8)(lanes_add(v, (lanes8)(0x1.8p23f))) & (v == v);
  return __builtin_convertvector(bits, bytes8);
}
LANES void lanes_store_bytes(int8_t *p, lanes8 v) { *(bytes8_in_memory *)p = bytes_rounded(v); }
LANES void lanes_store_some_bytes(int8_t *p, lanes8 v, intptr_t count) {
  int8_t some[8];
  lanes_store_bytes(some, v);
  for (intptr_t i = 0; i < count; i++) p[i] = some[i];
}
LANES lanes8 lanes_load_bytes(const int8_t *p) {
  return __builtin_convertvector(*(const bytes8_in_memory *)p, lanes8);
}
LANES lanes8 lanes_load_some_bytes(const int8_t *p, intptr_t count) {
  int8_t some[8] = {0};
  for (intptr_t i = 0; i < count; i++) some[i] = p[i];
  return lanes_load_bytes(some);
}
/// Eight numbers to the nearest integer of 16 bits, held within -32767 ... 32767; NaN becomes 0.
LANES void lanes_store_some_shorts(int16_t *p, lanes8 v, intptr_t count) {
  SEPARATE_ROUNDING
  v = lanes_at_least(lanes_at_most(v, 32767), -32767);
  lane_bits8 bits = (lane_bits8)(lanes_add(v, (lanes8)(0x1.8p23f))) & (v == v);
  for (intptr_t i = 0; i < count; i++) p[i] = (int16_t)bits[i];
}
/// A number from -1/2 to just below 1/2 from the upper 24 of 32 bits.
LANES float noise_of_bits(uint32_t bits) {
  SEPARATE_ROUNDING
  return (float)(bits >> 8) * 0x1p-24f - 0.5f;
}
/// How many lanes lie beyond `limit` in magnitude.
LANES int32_t lanes_count_beyond(lanes8 v, float limit) {
  lane_bits8 beyond = lanes_magnitude(v) > (lanes8)(limit);
  ints4 q = beyond.lo + beyond.hi;
  return -((q.x + q.z) + (q.y + q.w));
}
LANES lanes8 lanes_larger(lanes8 a, lanes8 b) { return lanes_choose(a > b, a, b); }
/// `x` where a lane of `a` is larger than that of `b`, otherwise `y`.
LANES lanes8 lanes_where_larger(lanes8 a, lanes8 b, lanes8 x, lanes8 y) {
  return lanes_choose(a > b, x, y);
}

#pragma clang diagnostic pop
#endif
