"""Regenerates Tests/Vectors/int8.json: what steps of an int8 layer must give, to the last bit.

A hidden relu layer under the squared rule, whose output another int8 layer reads. Written from the
formulas alone in NumPy: integers are Python's or 64 bits wide, floats are float32 and round after every
operation, as the runtime's do. Nothing in it depends on a library's exp or tanh.
"""
import argparse
import json
from pathlib import Path

import numpy as np

from selvedge_oracle import (
    MODULUS_MASK, VECTORS, counter_word, initial_weights, mix64, projection, stream_key, uniform)

CASES = (  # inputs, units, samples, rate, rounding
    (13, 9, 1, 0.02, "automatic"), (37, 70, 3, 0.5, "automatic"), (16, 64, 2, 0.1, "nearest"))
SEED, STEPS = 5, 6
INPUT_EXPONENT, OUTPUT_EXPONENT = 5, 4  # of a first layer, and behind relu
f32 = np.float32


def quantised(values, exponent):
    return np.clip(np.rint(values * f32(2.0**exponent)), -127, 127).astype(np.int64)


def sixteen_bits(key, place):
    """16 of the 64 bits at place // 4."""
    return counter_word(key, place // 4) >> (16 * (place % 4)) & 0xFFFF


def step(q, b, x, targets, k, rate, key):
    """The weights [units, inputs] and biases after one step; `key` is None to round to the nearest."""
    samples, units, inputs = len(x), *q.shape
    sums = (x @ q.T).astype(f32) * f32(2.0 ** -(k + INPUT_EXPONENT)) + b
    y = quantised(np.maximum(sums, f32(0)), OUTPUT_EXPONENT).astype(f32) * f32(2.0**-OUTPUT_EXPONENT)
    slope = np.where(y > 0, f32(1), f32(0))
    d = (targets - y) * slope * (f32(rate) / f32(samples))
    d[np.abs(d) < f32(2.0**-50)] = 0
    scaled = d * f32(2.0 ** (k - INPUT_EXPONENT + 16))
    if key is not None:
        bits = np.array([[sixteen_bits(key, (1 << 40) + (s << 20) + u) for u in range(units)]
                         for s in range(samples)])
        scaled = scaled + (bits * 2 - 65535).astype(f32) * f32(2.0**-17)
    rounded = np.clip(np.rint(scaled), -32767, 32767).astype(np.int64)
    noise = np.full((units, inputs), 0x8000)
    if key is not None:
        columns = np.array([sixteen_bits(key, i) ^ 0x8000 for i in range(inputs)])
        rows = np.array([counter_word(key, (1 << 32) + u) >> 48 for u in range(units)])
        noise = rows[:, None] ^ columns[None, :]
    moved = np.clip(q + (rounded.T @ x + noise >> 16), -127, 127)
    moved[(rounded == 0).all(axis=0)] = q[(rounded == 0).all(axis=0)]
    total = d[0].copy()
    for s in range(1, samples):
        total = total + d[s]
    return moved, b + total


def case(inputs, units, samples, rate, rounding):
    k = int(np.floor(np.log2((127 / 6) ** 2 * inputs) / 2))
    q = quantised(initial_weights(SEED, 0, inputs, units).T.astype(f32), k)
    b = np.zeros(units, f32)
    signs = projection(SEED, 0, 3, units)
    # Multiples of 1/8, exact in every precision, some of them beyond the range of int8.
    values = np.rint(uniform(7, 0, STEPS * samples * inputs) * 40).astype(f32) / f32(8)
    values = values.reshape(STEPS, samples, inputs)
    for t in range(STEPS):
        labels = [(t + s) % 3 for s in range(samples)]
        key = None
        if rounding == "automatic":
            key = stream_key(mix64(SEED) & MODULUS_MASK, t)
        q, b = step(q, b, quantised(values[t], INPUT_EXPONENT), signs[labels].astype(f32), k, rate, key)
    return {"inputs": inputs, "units": units, "samples": samples, "rate": rate, "rounding": rounding,
            "values": values.reshape(STEPS * samples, inputs).tolist(), "exponent": k,
            "weights": q.tolist(), "biases": [float(v) for v in b]}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=VECTORS / "int8.json")
    args = parser.parse_args()
    args.output.write_text(json.dumps({"seed": SEED, "cases": [case(*c) for c in CASES]}) + "\n")


if __name__ == "__main__":
    main()
