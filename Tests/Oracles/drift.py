"""Regenerates Tests/Vectors/drift.json: what drifting sensors make of samples.

Written in NumPy from the definitions of the kinds alone, in float64. A counter generator of the seed and a
stream gives 64-bit words: stream 2 * 2^32 for what the sensor keeps, 3 * 2^32 + n for sample n. Uniform
numbers are the upper 53 bits of a word; a normal number is the sum of the twelve 16-bit pieces of three
words, made to have mean 0 and deviation 1.
"""
import argparse
import json
from pathlib import Path

import numpy as np

from selvedge_oracle import VECTORS, counter_word, stream_key

SEED, SAMPLE = 9, 4
IMAGES = ((6, 5), (29, 28), (4, 7, 2))
SEQUENCES = ((9, 1), (8, 3), (5, 5), (1, 4))  # steps, channels
ANGLES = (10, 20, 30, 45, 60)


def words(stream, count):
    key = stream_key(SEED, stream)
    return np.array([counter_word(key, i) for i in range(count)], dtype=object)


FIXED, FRESH = 2 << 32, (3 << 32) + SAMPLE


def uniform(stream, count):
    return np.array([int(w) >> 11 for w in words(stream, count)], dtype=np.float64) / 2.0**53


def normal(count):
    pieces = [int(w) >> shift & 0xFFFF for w in words(FRESH, 3 * count) for shift in (0, 16, 32, 48)]
    sums = np.array(pieces, dtype=np.float64).reshape(count, 12).sum(1)
    return (sums + 12 * 0.5) / 65536 - 6


def bilinear(x, rows, columns):
    """x at fractional places; outside of x is 0."""
    padded = np.pad(x, ((1, 1), (1, 1), (0, 0)))
    r = np.clip(rows + 1, 0, x.shape[0] + 1)
    c = np.clip(columns + 1, 0, x.shape[1] + 1)
    top, left = np.floor(r).astype(int), np.floor(c).astype(int)
    low, right = np.minimum(top + 1, x.shape[0] + 1), np.minimum(left + 1, x.shape[1] + 1)
    a, b = (r - top)[..., None], (c - left)[..., None]
    return ((1 - a) * ((1 - b) * padded[top, left] + b * padded[top, right])
            + a * ((1 - b) * padded[low, left] + b * padded[low, right]))


def image(kind, s, x):
    """x [rows, columns, channels] in 0 to 1; s is the severity counted from 0."""
    height, width, channels = x.shape
    if kind == "noise":
        x = x + (0.1, 0.2, 0.3, 0.4, 0.5)[s] * normal(x.size).reshape(x.shape)
    elif kind == "gain":
        x = x * (0.8, 0.6, 0.4, 0.25, 0.15)[s]
    elif kind == "offset":
        x = x + (0.1, 0.2, 0.3, 0.4, 0.5)[s]
    elif kind == "contrast":
        gain, offset = ((0.8, 0.15), (0.5, 0.35), (0.25, 0.55), (0.15, 0.62), (0.1, 0.66))[s]
        x = gain * x + offset
    elif kind == "rotate":
        angle = np.deg2rad(ANGLES[s])
        y, z = np.mgrid[:height, :width].astype(np.float64)
        y, z = y - (height - 1) / 2, z - (width - 1) / 2
        x = bilinear(x, np.cos(angle) * y - np.sin(angle) * z + (height - 1) / 2,
                     np.sin(angle) * y + np.cos(angle) * z + (width - 1) / 2)
    elif kind == "invert":
        x = 1 - x
    elif kind == "columns":
        strength = (0.25, 0.5, 1, 1.125, 1.25)[s]
        numbers = uniform(FIXED, 2 * width).reshape(width, 2)
        gain = 1 + strength * (0.2 + numbers[:, 0] - 1)
        x = gain[None, :, None] * x + (strength * 0.5 * numbers[:, 1])[None, :, None]
    elif kind == "shift":
        right, down = ((1, 1), (3, 2), (4, 3), (6, 4), (8, 6))[s]
        down = max(int(np.floor(down * height / 28 + 0.5)), 1)
        right = max(int(np.floor(right * width / 28 + 0.5)), 1)
        moved = np.zeros_like(x)
        moved[down:, right:] = x[:max(height - down, 0), :max(width - right, 0)]
        x = moved
    elif kind == "blur":
        for _ in range(s + 1):
            for axis in (0, 1):
                edges = [(0, 0)] * 3
                edges[axis] = (1, 1)
                wide = np.pad(x, edges, mode="edge")
                n = x.shape[axis]
                x = sum(weight * np.take(wide, range(first, first + n), axis)
                        for first, weight in enumerate((0.25, 0.5, 0.25)))
    elif kind == "gamma":
        x = np.clip(x, 0, 1) ** (1.25, 1.5, 2, 3, 4)[s]
    elif kind == "salt-and-pepper":
        hit = uniform(FRESH, x.size) < (0.03, 0.06, 0.09, 0.17, 0.27)[s]
        colour = np.array([int(w) & 1 for w in words(FRESH, x.size)], dtype=np.float64)
        x = np.where(hit, colour, x.ravel()).reshape(x.shape)
    elif kind == "dead-pixels":
        hit = uniform(FIXED, x.size) < (0.02, 0.05, 0.1, 0.2, 0.3)[s]
        x = np.where(hit, 0, x.ravel()).reshape(x.shape)
    return np.clip(x, 0, 1)


def sequence(kind, s, x):
    """x [steps, channels] in deviations."""
    steps, channels = x.shape
    if kind == "noise":
        return x + (0.1, 0.25, 0.5, 0.75, 1)[s] * normal(x.size).reshape(x.shape)
    if kind == "gain":
        return x * (1.1, 1.25, 1.5, 2, 3)[s]
    if kind == "offset":
        return x + (0.25, 0.5, 1, 1.5, 2)[s]
    if kind == "resample":
        times = np.arange(steps) / (1.05, 1.1, 1.25, 1.5, 2)[s]
        return np.stack([np.interp(times, np.arange(steps), x[:, c]) for c in range(channels)], 1)
    if kind == "turn":
        c, n = np.cos(np.deg2rad(ANGLES[s])), np.sin(np.deg2rad(ANGLES[s]))
        axis = int(words(FIXED, 1)[0]) % 3
        matrix = np.eye(channels)
        for first in range(0, channels - 1, 3):
            whole = first + 3 <= channels
            a, b = ((first + (axis + 1) % 3, first + (axis + 2) % 3) if whole else (first, first + 1))
            matrix[a, a], matrix[a, b], matrix[b, a], matrix[b, b] = c, -n, n, c
        return x @ matrix.T
    if kind == "dropout":
        left, x = list(range(channels)), x.copy()
        for i in range(min(s + 1, channels - 1)):
            choice = int(words(FIXED, i + 1)[i]) * (channels - i) >> 64
            # The place that is taken out is filled by the first of those that are left.
            left[i], left[i + choice] = left[i + choice], left[i]
            x[:, left[i]] = 0
        return x
    raise ValueError(kind)


IMAGE_KINDS = ("noise", "gain", "offset", "contrast", "rotate", "invert", "columns", "shift", "blur",
               "gamma", "salt-and-pepper", "dead-pixels")
SEQUENCE_KINDS = ("noise", "gain", "offset", "resample", "turn", "dropout")


def cases():
    """Every kind on the smallest sample, and severities 2 and 5 on the others."""
    random = np.random.default_rng(1)
    for forms, kinds, change, scale in ((IMAGES, IMAGE_KINDS, image, (0, 255)),
                                        (SEQUENCES, SEQUENCE_KINDS, sequence, (0, 2.5))):
        for number, shape in enumerate(forms):
            raw = np.round(random.uniform(0, 255, shape)) if change is image else \
                np.round(random.normal(1, 2.5, shape), 3)
            x = raw / scale[1]
            full = x.reshape(*shape, 1) if change is image and len(shape) == 2 else x
            for kind in kinds:
                if kind in ("turn", "dropout") and shape[-1] == 1:
                    continue
                if x.size > 100 and kind not in ("shift", "rotate"):
                    continue
                for severity in (1, 2, 3, 4, 5) if number == 0 or kind in ("turn", "dropout") else (2, 5):
                    changed = change(kind, severity - 1, full) * scale[1]
                    yield {"kind": kind, "severity": severity, "shape": list(shape),
                           "form": change.__name__, "one": scale[1],
                           "before": raw.ravel().tolist(),
                           "after": np.round(changed.ravel(), 6).tolist()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--output", type=Path, default=VECTORS / "drift.json")
    result = {"seed": SEED, "sample": SAMPLE, "cases": list(cases())}
    parser.parse_args().output.write_text(json.dumps(result, separators=(",", ":")) + "\n")
