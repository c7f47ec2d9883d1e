"""Regenerates Tests/Vectors/convolution.json: steps of networks of maps, in float64 NumPy.

Maps are [samples, rows, columns, channels], in which order the units of a layer are counted. Weights are
[channels, window rows, window columns, input channels]; of a depthwise convolution [window rows, window
columns, channels]. Written from the formulas, place by place; nothing is shared with the runtime.
"""
import argparse
import json
from pathlib import Path

import numpy as np

from golden_steps import ACTIVATIONS, local_error, softmax
from selvedge_oracle import VECTORS, projection, uniform

CLASSES, SAMPLES, STEPS = 3, 4, 3
HIDDEN_RATE, OUTPUT_RATE, MAP_RATE = 0.1, 0.2, 2.0


def layer(kind, channels=0, window=(1, 1), stride=1, padding="same", pool=1, activation="tanh",
          ahead=False):
    return dict(kind=kind, channels=channels, window=window, stride=stride, padding=padding, pool=pool,
                activation=activation, ahead=ahead)


CASES = (  # name, rule, input [rows, columns, channels], layers, units of dense ones; then the output
    ("pooled", "readout", (8, 8, 1), [layer("conv", 5, (3, 3), pool=2)]),
    ("deep", "masked", (9, 7, 2), [layer("conv", 4, (3, 3), activation="relu"),
                                   layer("conv", 6, (2, 3), pool=2)]),
    ("strided", "squared", (11, 10, 3), [layer("conv", 9, (5, 4), stride=2, activation="sigmoid")]),
    ("valid", "readout", (9, 9, 2), [layer("conv", 17, (4, 3), padding="valid", pool=3, activation="relu")]),
    ("depthwise", "readout", (7, 9, 3), [layer("depthwise", window=(3, 3), pool=2),
                                         layer("conv", 8, (1, 1))]),
    ("pools", "readout", (8, 12, 9), [layer("max", window=(2, 2), stride=2, padding="valid"),
                                      layer("conv", 4, (3, 3)),
                                      layer("average", window=(2, 2), stride=2, padding="valid")]),
    ("global", "direct", (6, 5, 1), [layer("normalise"), layer("conv", 10, (3, 3)), layer("global")]),
    ("slide", "readout", (9, 8, 2), [layer("conv", 5, (3, 3), pool=2, ahead=True),
                                     layer("conv", 7, (2, 2), activation="relu", ahead=True)]),
    ("slide into a pool", "squared", (10, 9, 1), [
        layer("depthwise", window=(3, 2), stride=2, activation="sigmoid", ahead=True),
        layer("conv", 3, (3, 3), pool=2)]),
    ("block of two", "readout", (1, 1, 11), [], [(70, True), (9, False)]),
    ("three and the label", "masked", (1, 1, 6), [], [(5, True), (8, True), (7, True)]),
    ("strided channels", "absolute", (9, 10, 2), [
        layer("depthwise", window=(2, 3), stride=2, padding="valid"), layer("conv", 9, (2, 2), pool=2)]),
    ("map and the label", "readout", (5, 5, 1), [layer("conv", 4, (3, 3), pool=2, ahead=True)], []),
)


def windows(x, spec):
    """[samples, rows, columns, window rows, window columns, channels], zeros beyond the edges."""
    _, height, width, _ = x.shape
    (h, w), stride = spec["window"], spec["stride"]
    if spec["padding"] == "same":
        out = ((height - 1) // stride + 1, (width - 1) // stride + 1)
        top, left = (h - 1) // 2, (w - 1) // 2
    else:
        out, top, left = ((height - h) // stride + 1, (width - w) // stride + 1), 0, 0
    padded = np.pad(x, ((0, 0), (top, h * stride), (left, w * stride), (0, 0)))
    return np.array([[padded[:, r * stride:r * stride + h, c * stride:c * stride + w]
                      for c in range(out[1])] for r in range(out[0])]).transpose(2, 0, 1, 3, 4, 5)


def pooled(sums, side):
    """The largest of each window, and a mask that is 1 at the first of the largest."""
    s, rows, columns, channels = sums.shape
    rows, columns = rows // side, columns // side
    cut = sums[:, :rows * side, :columns * side].reshape(s, rows, side, columns, side, channels)
    flat = cut.transpose(0, 1, 3, 2, 4, 5).reshape(s, rows, columns, side * side, channels)
    mask = np.eye(side * side)[flat.argmax(axis=3)].transpose(0, 1, 2, 4, 3)
    return flat.max(axis=3), mask


def spread(delta, mask, side, shape):
    """Deltas of the kept places at the places that were kept."""
    s, rows, columns, channels = delta.shape
    full = (delta[:, :, :, None, :] * mask).reshape(s, rows, columns, side, side, channels)
    full = full.transpose(0, 1, 3, 2, 4, 5).reshape(s, rows * side, columns * side, channels)
    result = np.zeros(shape)
    result[:, :rows * side, :columns * side] = full
    return result


def map_forward(x, spec, w, b):
    """The windows, the sums, the kept outputs and which they were."""
    patches = windows(x.astype(np.float64), spec)
    formula = "srcijk,ijk->srck" if spec["kind"] == "depthwise" else "srcijk,oijk->srco"
    sums = np.einsum(formula, patches, w.astype(np.float64)) + b
    kept, mask = pooled(sums, spec["pool"])
    return patches, sums, ACTIVATIONS[spec["activation"]][0](kept), mask


def map_back(x, spec, w, b, p, labels, rule):
    """What the error of a convolution means to the map that it reads."""
    _, sums, y, mask = map_forward(x, spec, w, b)
    error = local_error(rule, y.reshape(len(x), -1), p, labels).reshape(y.shape)
    full = spread(error * ACTIVATIONS[spec["activation"]][1](y), mask, spec["pool"], sums.shape)
    parts = np.einsum("srco,oijk->srcijk", full, w.astype(np.float64))
    (h, wide), stride = spec["window"], spec["stride"]
    top, left = ((h - 1) // 2, (wide - 1) // 2) if spec["padding"] == "same" else (0, 0)
    s, height, width, channels = x.shape
    padded = np.zeros((s, height + top + h * stride, width + left + wide * stride, channels))
    for r in range(parts.shape[1]):
        for c in range(parts.shape[2]):
            padded[:, r * stride:r * stride + h, c * stride:c * stride + wide] += parts[:, r, c]
    return padded[:, top:top + height, left:left + width]


def dense_back(x, w, b, labels, p=None, rule=None):
    """The same of a tanh layer, or without a projection of the output."""
    y = x.reshape(len(x), -1).astype(np.float64) @ w.T.astype(np.float64) + b
    if p is None:
        delta = np.eye(len(b))[labels] - softmax(y)
    else:
        y = np.tanh(y)
        delta = local_error(rule, y, p, labels) * (1 - y * y)
    return (delta @ w.astype(np.float64)).reshape(x.shape)


def map_step(x, spec, w, b, p, labels, rate, rule, ahead=0):
    """One step of a convolution; returns its output from before the update."""
    slope = ACTIVATIONS[spec["activation"]][1]
    patches, sums, y, mask = map_forward(x, spec, w, b)
    error = local_error(rule, y.reshape(len(x), -1), p, labels).reshape(y.shape) + ahead
    delta = error * slope(y) / (y.shape[1] * y.shape[2])
    full = spread(delta, mask, spec["pool"], sums.shape)
    formula = "srck,srcijk->ijk" if spec["kind"] == "depthwise" else "srco,srcijk->oijk"
    w += (rate / len(x) * np.einsum(formula, full, patches)).astype(np.float32)
    b += (rate / len(x) * full.sum(axis=(0, 1, 2))).astype(np.float32)
    return y.astype(np.float32)


def plain_step(x, spec):
    """A layer without weights."""
    if spec["kind"] == "normalise":
        flat = x.reshape(len(x), -1).astype(np.float64)
        flat = (flat - flat.mean(1, keepdims=True)) / np.sqrt(flat.var(1, keepdims=True) + 1e-5)
        return flat.reshape(x.shape).astype(np.float32)
    if spec["kind"] == "global":
        return x.mean(axis=(1, 2), dtype=np.float64).astype(np.float32)[:, None, None, :]
    patches = windows(x.astype(np.float64), spec)
    return (patches.max if spec["kind"] == "max" else patches.mean)(axis=(3, 4)).astype(np.float32)


def dense_step(x, w, b, labels, rate, p=None, rule=None, ahead=None):
    """One step of a tanh layer, or without a projection of the output; weights are [units, inputs]."""
    x = x.reshape(len(x), -1).astype(np.float64)
    y = x @ w.T.astype(np.float64) + b
    if p is None:
        delta = np.eye(len(b))[labels] - softmax(y)
    else:
        y = np.tanh(y)
        delta = (local_error(rule, y, p, labels) if ahead is None else ahead) * (1 - y * y)
    w += (rate / len(x) * delta.T @ x).astype(np.float32)
    b += (rate / len(x) * delta.sum(axis=0)).astype(np.float32)
    return y.astype(np.float32)


def case(name, rule, shape, specs, dense=((6, False),), seed=42):
    state, x = [], np.zeros((1, *shape), np.float32)

    def draw(size, inputs, order, biases):
        drawn = uniform(seed, len(state), size, 1 / np.sqrt(inputs)).transpose(order).copy()
        state.append((drawn, np.zeros(biases, np.float32)))

    for spec in specs:
        (h, w), channels = spec["window"], x.shape[3]
        if spec["kind"] == "conv":  # drawn as [channels, input channels, rows, columns]
            draw((spec["channels"], channels, h, w), channels * h * w, (0, 2, 3, 1), spec["channels"])
        elif spec["kind"] == "depthwise":  # drawn as [channels, rows, columns]
            draw((channels, h, w), h * w, (1, 2, 0), channels)
        else:
            state.append(None)
            x = plain_step(x, spec)
            continue
        x = map_forward(x, spec, *state[-1])[2].astype(np.float32)
    inputs = x[0].size
    for units, _ in (*dense, (CLASSES, False)):
        draw((inputs, units), inputs, (1, 0), units)
        inputs = units
    layers = [*specs, *({"kind": "dense", "units": u, "ahead": a} for u, a in dense), {"kind": "output"}]

    def signs(number, units):
        return projection(seed, number, CLASSES, units, ternary=rule == "masked")

    def sent_back(number, y, own):
        """What layer `number` + 1 means to the outputs `y` of layer `number`."""
        following, parameters = layers[number + 1], state[number + 1]
        if following["kind"] == "output":
            return np.sqrt(y[0].size) * dense_back(y, *parameters, own)
        if following["kind"] == "dense":
            return dense_back(y, *parameters, own, signs(number + 1, following["units"]), rule)
        kept = map_forward(y, following, *parameters)[2]
        return map_back(y, following, *parameters, signs(number + 1, kept[0].size), own, rule)

    samples, logits = uniform(7, 20, (SAMPLES * STEPS, *shape)), []
    labels = np.array([(5 * i + i // 3) % CLASSES for i in range(len(samples))])
    for step in range(STEPS):
        part = slice(step * SAMPLES, (step + 1) * SAMPLES)
        x, own = samples[part], labels[part]
        for number, spec in enumerate(layers):
            parameters = state[number]
            if parameters is None:
                x = plain_step(x, spec)
            elif spec["kind"] == "output":
                logits.append(dense_step(x, *parameters, own, OUTPUT_RATE))
            elif spec["kind"] == "dense":
                y = np.tanh(x.reshape(len(x), -1).astype(np.float64) @ parameters[0].T.astype(np.float64)
                            + parameters[1]).astype(np.float32)
                ahead = sent_back(number, y, own) if spec["ahead"] else None
                x = dense_step(x, *parameters, own, HIDDEN_RATE, signs(number, spec["units"]), rule, ahead)
            else:
                y = map_forward(x, spec, *parameters)[2].astype(np.float32)
                ahead = sent_back(number, y, own) if spec["ahead"] else 0
                x = map_step(x, spec, *parameters, signs(number, y[0].size), own, MAP_RATE, rule, ahead)
    parameters = [None if s is None else {"w": s[0].ravel(), "b": s[1]} for s in state]
    return {"name": name, "rule": rule, "input": shape, "layers": specs, "dense": dense, "seed": seed,
            "values": samples.reshape(len(samples), -1), "labels": labels, "logits": logits,
            "after": parameters}


def channels_first(rule, seed=42, rate=0.1):
    """One step of a first layer whose units are counted channel by channel, as papers often do."""
    spec = layer("conv", 2, (3, 3))
    x, labels = uniform(7, 1, (3, 1, 4, 4), 1.0).transpose(0, 2, 3, 1), np.array([0, 2, 1])
    w = uniform(seed, 1, (2, 1, 3, 3), 1 / 3).transpose(0, 2, 3, 1).copy()
    b = np.zeros(2, np.float32)
    units = np.arange(32).reshape(2, 4, 4).transpose(1, 2, 0).ravel()
    p = projection(seed, 1, 3, 32)[:, units]
    y = map_step(x, spec, w, b, p, labels, rate, rule)
    return {"rule": rule, "seed": seed, "rate": rate, "values": x.reshape(3, -1), "labels": labels,
            "y": y.reshape(3, -1), "w": w.ravel(), "b": b}


def plain(value):
    if isinstance(value, np.ndarray):
        return [plain(v) for v in value] if value.ndim > 1 or value.dtype.kind == "i" else [
            float(str(v)) for v in value]
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return int(value) if isinstance(value, np.integer) else value


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=VECTORS / "convolution.json")
    result = {"classes": CLASSES, "samples": SAMPLES, "hidden_rate": HIDDEN_RATE,
              "output_rate": OUTPUT_RATE, "map_rate": MAP_RATE,
              "networks": [case(*c) for c in CASES],
              "channels_first": [channels_first(rule) for rule in ("squared", "readout")]}
    parser.parse_args().output.write_text(json.dumps(plain(result), separators=(",", ":")) + "\n")
