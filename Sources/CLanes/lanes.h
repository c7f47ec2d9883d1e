// Eight virtual float lanes, one line an operation.
//
// Swift's own SIMD operators reach LLVM as eight scalar operations; these reach it as whole vectors
// and inline into Swift at every optimisation level. Each rounds once: `contract(off)` forbids the
// compiler to fuse a multiplication with the addition behind it, so every target gives the same bits.
#ifndef SELVEDGE_CLANES_H
#define SELVEDGE_CLANES_H
#include <stdint.h>

#define LANES static inline __attribute__((always_inline))
/// Whether a register holds more than one number.
#if defined(__ARM_FP) && !defined(__ARM_NEON) && !defined(__aarch64__) && !defined(__ARM_FEATURE_MVE)
#define LANES_ARE_VECTORS 0
#else
#define LANES_ARE_VECTORS 1
#endif
#define SEPARATE_ROUNDING _Pragma("clang fp contract(off)")

typedef float lanes16 __attribute__((ext_vector_type(16)));
typedef float lanes8 __attribute__((ext_vector_type(8)));
typedef float lanes4 __attribute__((ext_vector_type(4)));
typedef float lanes2 __attribute__((ext_vector_type(2)));
typedef int32_t lane_bits8 __attribute__((ext_vector_type(8)));
typedef lanes8 lanes8_in_memory __attribute__((aligned(4), may_alias));

// All of these inline, so no vector is ever passed by a calling convention that depends on flags.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpsabi"

/// Whether a register holds more than one number. Where none does, code that takes numbers one at a time gives
/// the same bits in an eighth of the instructions that eight of them laid side by side would be.
LANES int lanes_are_vectors(void) { return LANES_ARE_VECTORS; }

/// Whether the machine computes with doubles, or a library in its place.
LANES int doubles_are_fast(void) {
#if defined(__ARM_FP) && !(__ARM_FP & 8)
  return 0;
#else
  return 1;
#endif
}

/// Whether the registers can hold a tile of 4 x 2 accumulators of eight lanes. The size of a tile
/// changes the speed, never the result.
LANES int lanes_registers_are_many(void) {
#if defined(__AVX__) || defined(__aarch64__)
  return 1;
#else
  return 0;
#endif
}

/// How many rows share what is loaded of a sample: as many as there are registers for their sums. Again
/// it changes the speed alone.
LANES int lanes_rows_at_once(void) {
#if defined(__aarch64__)
  return 8;
#elif defined(__ARM_NEON) || defined(__SSE2__)
  return 4;
#else
  return 2;
#endif
}

#if defined(__ARM_FP) && !defined(__ARM_NEON) && !defined(__aarch64__)
/// Eight numbers by one instruction: 9 cycles on a Cortex-M4, where one at a time they would be 16.
LANES lanes8 lanes_load(const float *p) {
  register float a __asm__("s0"), b __asm__("s1"), c __asm__("s2"), d __asm__("s3");
  register float e __asm__("s4"), f __asm__("s5"), g __asm__("s6"), h __asm__("s7");
  __asm__("vldmia %8, {s0-s7}"
          : "=t"(a), "=t"(b), "=t"(c), "=t"(d), "=t"(e), "=t"(f), "=t"(g), "=t"(h)
          : "r"(p), "m"(*(const float(*)[8])p));
  return (lanes8){a, b, c, d, e, f, g, h};
}
#else
LANES lanes8 lanes_load(const float *p) { return *(const lanes8_in_memory *)p; }
#endif
LANES void lanes_store(float *p, lanes8 v) { *(lanes8_in_memory *)p = v; }
#if LANES_ARE_VECTORS
/// The first `count` of eight, the rest zero; reads nothing behind them.
LANES lanes8 lanes_load_some(const float *p, intptr_t count) {
  lanes8 some = (lanes8)(0.0f);
  for (intptr_t i = 0; i < count; i++) some[i] = p[i];
  return some;
}
LANES void lanes_store_some(float *p, lanes8 v, intptr_t count) {
  for (intptr_t i = 0; i < count; i++) p[i] = v[i];
}
#else
/// The same where eight lanes are eight registers: called, and not once more in every kernel.
static __attribute__((noinline, unused)) lanes8 lanes_load_some(const float *p, intptr_t count) {
  float some[8] = {0};
  for (intptr_t i = 0; i < count; i++) some[i] = p[i];
  return lanes_load(some);
}
static __attribute__((noinline, unused)) void lanes_store_some(float *p, lanes8 v, intptr_t count) {
  float some[8];
  lanes_store(some, v);
  for (intptr_t i = 0; i < count; i++) p[i] = some[i];
}
#endif
LANES lanes8 lanes_low(lanes16 v) { return v.lo; }
LANES lanes8 lanes_high(lanes16 v) { return v.hi; }
LANES lanes8 lanes_splat(float v) { return (lanes8)(v); }
LANES lanes8 lanes_add(lanes8 a, lanes8 b) { SEPARATE_ROUNDING return a + b; }
LANES lanes8 lanes_subtract(lanes8 a, lanes8 b) { SEPARATE_ROUNDING return a - b; }
LANES lanes8 lanes_multiply(lanes8 a, lanes8 b) { SEPARATE_ROUNDING return a * b; }
LANES lanes8 lanes_divide(lanes8 a, lanes8 b) { SEPARATE_ROUNDING return a / b; }
/// a + b * c in two roundings; in one where whoever builds has chosen speed over the same bits on every
/// target (boards/relaxed.json).
#if defined(SELVEDGE_RELAXED)
#if !defined(__FMA__) && !defined(__ARM_FEATURE_FMA)
#error "SELVEDGE_RELAXED needs a machine with fused multiply-add: name the core, or leave it out"
#endif
LANES lanes8 lanes_multiply_add(lanes8 a, lanes8 b, lanes8 c) {
  return __builtin_elementwise_fma(b, c, a);
}
LANES int lanes_are_relaxed(void) { return 1; }
#else
LANES lanes8 lanes_multiply_add(lanes8 a, lanes8 b, lanes8 c) { SEPARATE_ROUNDING return a + b * c; }
LANES int lanes_are_relaxed(void) { return 0; }
#endif
LANES float lanes_sum(lanes8 v) {
  SEPARATE_ROUNDING
  lanes4 q = v.lo + v.hi;
  lanes2 pair = q.lo + q.hi;
  return pair.x + pair.y;
}

// Comparisons choose whole lanes; a NaN compares false and so passes through as `otherwise`.
LANES lanes8 lanes_choose(lane_bits8 mask, lanes8 chosen, lanes8 otherwise) {
  return (lanes8)((mask & (lane_bits8)chosen) | (~mask & (lane_bits8)otherwise));
}
LANES lanes8 lanes_at_most(lanes8 v, float limit) {
  return lanes_choose(v > (lanes8)(limit), (lanes8)(limit), v);
}
LANES lanes8 lanes_at_least(lanes8 v, float limit) {
  return lanes_choose(v < (lanes8)(limit), (lanes8)(limit), v);
}
LANES lanes8 lanes_magnitude(lanes8 v) { return (lanes8)((lane_bits8)v & 0x7fffffff); }
/// `v`, with zero in each lane whose magnitude is below `floor`.
LANES lanes8 lanes_zero_below(lanes8 v, float floor) {
  return (lanes8)((lane_bits8)v & ~(lanes_magnitude(v) < (lanes8)(floor)));
}
/// 2^n in each lane, where `shifted` is n + 1.5 * 2^23 and n is an integer from -126 to 127.
LANES lanes8 lanes_power_of_two(lanes8 shifted) {
  return (lanes8)(((lane_bits8)shifted << 23) + 0x3f800000);
}
/// `v`, with the sign of lane l turned where bit l of `bits` is clear.
LANES lanes8 lanes_negate_where_clear(lanes8 v, uint32_t bits) {
  const lane_bits8 each = {1, 2, 4, 8, 16, 32, 64, 128};
  lane_bits8 clear = ((lane_bits8)((int32_t)bits) & each) == 0;
  return (lanes8)((lane_bits8)v ^ (clear & (int32_t)0x80000000));
}

// Half-precision numbers in memory, float lanes in registers; to the nearest, ties to even, subnormal
// halves included. Where the machine cannot convert, integer arithmetic gives the same bits.
#if defined(__ARM_NEON) && !defined(__aarch64__) && (__ARM_FP & 2)
#include <arm_neon.h>
LANES lanes8 lanes_load_half(const void *p) {
  const uint16_t *h = (const uint16_t *)p;
  lanes8 v;
  v.lo = (lanes4)vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(h)));
  v.hi = (lanes4)vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(h + 4)));
  return v;
}
LANES void lanes_store_half(void *p, lanes8 v) {
  uint16_t *h = (uint16_t *)p;
  vst1_u16(h, vreinterpret_u16_f16(vcvt_f16_f32((float32x4_t)v.lo)));
  vst1_u16(h + 4, vreinterpret_u16_f16(vcvt_f16_f32((float32x4_t)v.hi)));
}
#elif defined(__F16C__) || defined(__aarch64__)
typedef _Float16 halves8 __attribute__((ext_vector_type(8)));
typedef halves8 halves8_in_memory __attribute__((aligned(2), may_alias));
LANES lanes8 lanes_load_half(const void *p) {
  return __builtin_convertvector(*(const halves8_in_memory *)p, lanes8);
}
LANES void lanes_store_half(void *p, lanes8 v) {
  *(halves8_in_memory *)p = __builtin_convertvector(v, halves8);
}
#else
typedef uint16_t half_bits8 __attribute__((ext_vector_type(8)));
typedef half_bits8 half_bits8_in_memory __attribute__((aligned(2), may_alias));
LANES lanes8 lanes_load_half(const void *p) {
  lane_bits8 h = __builtin_convertvector(*(const half_bits8_in_memory *)p, lane_bits8);
  lane_bits8 magnitude = (h & 0x7fff) << 13;
  // The exponent's bias is 15 in a half and 127 in a float; that of infinity is the largest of either.
  lane_bits8 normal = magnitude + (112 << 23);
  normal += (magnitude >= (31 << 23)) & (112 << 23);
  // A subnormal half counts units of 2^-24: placed below the leading bit of 2^-14, and that taken off.
  lane_bits8 subnormal =
      (lane_bits8)lanes_subtract((lanes8)(magnitude + (113 << 23)), (lanes8)(0x1p-14f));
  lane_bits8 isSubnormal = magnitude < (1 << 23);
  lane_bits8 value = (isSubnormal & subnormal) | (~isSubnormal & normal);
  return (lanes8)(value | ((h & 0x8000) << 16));
}
LANES void lanes_store_half(void *p, lanes8 v) {
  lane_bits8 bits = (lane_bits8)v;
  lane_bits8 magnitude = bits & 0x7fffffff;
  // Adding just below half a unit, and the last bit kept, rounds to the nearest, ties to even.
  lane_bits8 normal = (magnitude - (112 << 23) + 0xfff + ((magnitude >> 13) & 1)) >> 13;
  // Adding 1/2 leaves the units of 2^-24 that a subnormal half counts in the low bits, rounded.
  lane_bits8 subnormal = (lane_bits8)lanes_add((lanes8)magnitude, (lanes8)(0.5f)) - 0x3f000000;
  lane_bits8 isSubnormal = magnitude < (113 << 23);
  lane_bits8 isLarge = magnitude >= 0x477ff000;
  lane_bits8 infinity = 0x7c00 | ((magnitude > 0x7f800000) & 0x200);
  lane_bits8 half = (isSubnormal & subnormal) | (~isSubnormal & normal);
  half = (isLarge & infinity) | (~isLarge & half) | ((bits >> 16) & 0x8000);
  *(half_bits8_in_memory *)p = __builtin_convertvector(half, half_bits8);
}
#endif
/// Sixteen halves at once, for machines that load two registers by one instruction.
LANES lanes16 lanes_load_half_pair(const void *p) {
#if defined(__aarch64__)
  typedef _Float16 halves16 __attribute__((ext_vector_type(16)));
  typedef halves16 halves16_in_memory __attribute__((aligned(2), may_alias));
  return __builtin_convertvector(*(const halves16_in_memory *)p, lanes16);
#else
  lanes16 v;
  v.lo = lanes_load_half(p);
  v.hi = lanes_load_half((const uint16_t *)p + 8);
  return v;
#endif
}
LANES void lanes_store_half_pair(void *p, lanes8 low, lanes8 high) {
#if defined(__aarch64__)
  typedef _Float16 halves16 __attribute__((ext_vector_type(16)));
  typedef halves16 halves16_in_memory __attribute__((aligned(2), may_alias));
  halves16 v;
  v.lo = __builtin_convertvector(low, halves8);
  v.hi = __builtin_convertvector(high, halves8);
  *(halves16_in_memory *)p = v;
#else
  lanes_store_half(p, low);
  lanes_store_half((uint16_t *)p + 8, high);
#endif
}
/// The first `count` of eight halves, the rest zero; reads nothing behind them.
LANES lanes8 lanes_load_some_halves(const void *p, intptr_t count) {
  uint16_t some[8] = {0};
  for (intptr_t i = 0; i < count; i++) some[i] = ((const uint16_t *)p)[i];
  return lanes_load_half(some);
}
LANES void lanes_store_some_halves(void *p, lanes8 v, intptr_t count) {
  uint16_t some[8];
  lanes_store_half(some, v);
  for (intptr_t i = 0; i < count; i++) ((uint16_t *)p)[i] = some[i];
}

/// Each lane up or down to a half, at random by the low 13 bits of `noise`, so that it is right on average.
LANES lanes8 lanes_half_at_random(lanes8 v, lane_bits8 noise) {
  lane_bits8 bits = (lane_bits8)v;
  noise &= 0x1fff;
  lanes8 normal = (lanes8)((bits + noise) & ~0x1fff);
  // A subnormal half counts units of 2^-24; rounding to the nearest after a shift by -1/2 to 1/2 does it.
  lanes8 shift = lanes_subtract(lanes_multiply(__builtin_convertvector(noise, lanes8), (lanes8)(0x1p-13f)),
                                (lanes8)(0.5f - 0x1p-14f));
  lanes8 units = lanes_add(lanes_multiply(lanes_magnitude(v), (lanes8)(0x1p24f)), shift);
  units = lanes_subtract(lanes_add(units, (lanes8)(0x1.8p23f)), (lanes8)(0x1.8p23f));
  lanes8 subnormal = lanes_multiply(units, (lanes8)(0x1p-24f));
  subnormal = (lanes8)((lane_bits8)subnormal | (bits & (int32_t)0x80000000));
  return lanes_choose(lanes_magnitude(v) < (lanes8)(0x1p-14f), subnormal, normal);
}

#pragma clang diagnostic pop

/// A number of the machine's own width as 64 bits. On 32-bit targets Swift's conversion is generic
/// and drags in arrays, which firmware without a heap cannot link.
LANES int64_t widened(intptr_t number) { return number; }
LANES float float_of(intptr_t number) { return (float)number; }
LANES double double_of(intptr_t number) { return (double)number; }
/// The compiler moves no access to memory past this, as an interrupt on the same core would see it.
LANES void keep_memory_order(void) { __atomic_signal_fence(__ATOMIC_SEQ_CST); }
#endif
