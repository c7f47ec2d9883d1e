"""Regenerates Tests/Vectors/golden.json: what one tpSGD step must give, in float64 NumPy.

Sums and functions are float64; weights, biases and the outputs handed on are stored as float32,
so a float32 implementation agrees to rounding (some 1e-6), not to the bit.
"""
import argparse
import json
from pathlib import Path

import numpy as np

from selvedge_oracle import VECTORS, initial_weights, projection, projection_word, uniform

INPUT_SEED = 7  # the seed of every made-up input
RULES = ("squared", "absolute", "masked", "readout", "direct", "frozen")


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1.0) / (1 + e)


# name: (f, f' as a function of y = f(a))
ACTIVATIONS = {
    "tanh": (np.tanh, lambda y: 1 - y * y),
    "relu": (lambda a: np.maximum(a, 0), lambda y: np.where(y > 0, 1.0, 0.0)),
    "sigmoid": (sigmoid, lambda y: y * (1 - y)),
    "linear": (lambda a: a, lambda y: np.ones_like(y)),
}


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def local_error(rule, y, p, labels):
    """Minus the gradient of the local loss; `masked` expects a ternary p, the others signs."""
    target = p[labels]
    if rule == "squared":
        return target - y
    if rule == "absolute":
        return np.sign(target - y)
    if rule == "masked":
        return np.abs(target) * (target - y)
    if rule == "readout":
        guess = softmax(y @ p.T / np.sqrt(p.shape[1]))
        return (np.eye(len(p))[labels] - guess) @ p
    if rule == "direct":
        return target
    return np.zeros_like(y)  # frozen


def update(w, b, x, delta, rate):
    """In place: the step is averaged over the samples that are really there."""
    w += (rate / len(x) * (x.T @ delta)).astype(np.float32)
    b += (rate / len(x) * delta.sum(axis=0)).astype(np.float32)


def hidden_step(x, w, b, p, labels, rate, rule, activation):
    """One step of a dense layer; returns the output from before the update."""
    f, slope = ACTIVATIONS[activation]
    x = x.astype(np.float64)
    y = f(x @ w + b)
    update(w, b, x, local_error(rule, y, p, labels) * slope(y), rate)
    return y.astype(np.float32)


def output_step(x, w, b, labels, rate):
    """One step of the last layer, softmax cross-entropy; returns the logits before the update."""
    x = x.astype(np.float64)
    logits = x @ w + b
    update(w, b, x, np.eye(w.shape[1])[labels] - softmax(logits), rate)
    return logits.astype(np.float32)


def dense_cases(layer, shape, labels, classes, rules, activations, seed=42, rate=0.1):
    inputs, units = shape
    x, cases = uniform(INPUT_SEED, layer, (len(labels), inputs)), []
    for rule in rules:
        for activation in activations:
            w, b = initial_weights(seed, layer, inputs, units), np.zeros(units, np.float32)
            p = projection(seed, layer, classes, units, ternary=rule == "masked")
            y = hidden_step(x, w, b, p, labels, rate, rule, activation)
            cases.append({"rule": rule, "activation": activation, "y": y, "w": w, "b": b})
    return {"seed": seed, "layer": layer, "classes": classes, "rate": rate, "inputs": x,
            "labels": labels, "cases": cases}


def output_case(seed=42, layer=4, rate=0.1):
    x, labels = uniform(INPUT_SEED, 0, (3, 4)), np.array([0, 2, 1])
    w, b = initial_weights(seed, layer, 4, 3), np.zeros(3, np.float32)
    logits = output_step(x, w, b, labels, rate)
    return {"seed": seed, "layer": layer, "rate": rate, "inputs": x, "labels": labels,
            "logits": logits, "w": w, "b": b}


def network_case(rule, activation, sizes=(6, 7, 5, 3), seed=9, hidden_rate=0.1, output_rate=0.2):
    """One epoch over 10 samples in order: steps of 4, 4 and 2, rates falling as 1 - s/S, S = 3."""
    x = uniform(INPUT_SEED, 5, (10, sizes[0]))
    x = ((x - x.mean()) / x.std()).astype(np.float32)
    labels = np.array([2, 0, 1, 1, 0, 2, 2, 1, 0, 2])
    shapes = list(zip(sizes, sizes[1:]))
    w = [initial_weights(seed, k, *shape) for k, shape in enumerate(shapes)]
    b = [np.zeros(size, np.float32) for size in sizes[1:]]
    p = [projection(seed, k, sizes[-1], size, ternary=rule == "masked")
         for k, size in enumerate(sizes[1:-1])]

    def state():
        return [{"w": wk.copy(), "b": bk.copy()} for wk, bk in zip(w, b)]

    states, logits = {"0": state()}, []
    batches = [slice(0, 4), slice(4, 8), slice(8, 10)]
    for step, batch in enumerate(batches):
        decay, y = 1 - step / len(batches), x[batch]
        for k in range(len(p)):
            rate = hidden_rate * decay
            y = hidden_step(y, w[k], b[k], p[k], labels[batch], rate, rule, activation)
        logits.append(output_step(y, w[-1], b[-1], labels[batch], output_rate * decay))
        states[str(step + 1)] = state()
    return {"rule": rule, "activation": activation, "sizes": sizes, "seed": seed, "batch": 4,
            "hidden_rate": hidden_rate, "output_rate": output_rate, "inputs": x, "labels": labels,
            "logits": logits, "layers_after": {steps: states[steps] for steps in ("0", "1", "3")}}


def function_points(name):
    """About 200 float32 arguments: extremes, the neighbourhoods of the edges, and a spread."""
    both = lambda values: np.concatenate([values, np.negative(values)])
    extremes = both([0, np.inf, 1e-45, 1e-40, 2.0**-126, 2.0**-60, 2.0**-24, 0.5, 1, 3.4028235e38])
    if name == "exp":  # edges: overflow, smallest normal, smallest subnormal result, ln 2 / 2
        edges = [88.72284, -87.33655, -103.27893, -103.97208, 0.34657359]
        spread = np.concatenate([np.linspace(-105, 90, 130), np.linspace(-1, 1, 30)])
    elif name == "log":  # edges: subnormal to normal, 1, sqrt(1/2), sqrt(2)
        edges = [2.0**-126, 1, 0.70710678, 1.41421356]
        spread = np.concatenate([np.geomspace(2.0**-148, 3e38, 100), np.linspace(0.4, 3, 30),
                                 1 + both(2.0 ** -np.arange(1, 24))])
    elif name == "tanh":  # edges: where float32 reaches 1, where y stops being x
        edges = both([9.010913, 0.00034526698, 0.625])
        spread = both(np.geomspace(1e-6, 12, 85))
    else:  # sigmoid; edges: where float32 reaches 1, smallest normal and subnormal result
        edges = [17.328680, -87.33655, -103.97208]
        spread = np.concatenate([np.linspace(-105, 25, 110), both(np.geomspace(1e-4, 20, 30))])
    edges = np.float32(edges)
    near = [np.nextafter(edges, np.float32(side)) for side in (-np.inf, np.inf)]
    points = np.concatenate([np.float32([*extremes, *spread, np.nan]), edges, *near])
    return np.unique(points.view(np.uint32)).view(np.float32)


def function_cases():
    cases = {}
    for name, f in (("exp", np.exp), ("log", np.log), ("sigmoid", sigmoid), ("tanh", np.tanh)):
        x = function_points(name)
        with np.errstate(all="ignore"):  # overflow, log of 0 and of negatives are wanted here
            y = f(x.astype(np.float64))
        cases[name] = [[int(bits), value] for bits, value in zip(x.view(np.uint32), y.tolist())]
    return cases


def softmax_cases():
    rows = [[0], [0, 0, 0], [1, 2, 3], [-1.5, 0.25, 0.25, 4], [100, 0, -100], [1e4, 9999, -1e4],
            [-1000, -1000.5], [88.7, 88.8, -88.8], [3e38, -3e38], uniform(INPUT_SEED, 6, 10) * 5]
    cases = []
    for row in map(np.float32, rows):
        probabilities = softmax(row[None].astype(np.float64))[0]
        cases.append({"logits": row, "probabilities": probabilities.astype(np.float32)})
    return cases


def golden():
    words = [(42, 0, 0, 0, 0), (42, 0, 0, 1, 0), (42, 1, 1, 2, 0), (0, 0, 0, 0, 1),
             (2**64 - 1, 3, 1, 9, 2), (9, 1, 0, 2**24 - 1, 2**32 - 1)]
    tables = [(42, 0, 3, 5), (42, 1, 10, 70)]  # the second crosses a 64-unit word
    weights = [(42, 0, 4, 5), (9, 1, 7, 5), (2**64 - 1, 2, 3, 3)]
    return {
        "words": [{"seed": str(s), "layer": l, "stream": t, "class": c, "block": k,
                   "word": f"{projection_word(s, l, t, c, k):#018x}"} for s, l, t, c, k in words],
        "projections": [{"seed": str(s), "layer": l, "ternary": ternary,
                         "values": projection(s, l, c, u, ternary).astype(int)}
                        for s, l, c, u in tables for ternary in (False, True)],
        "weights": [{"seed": str(s), "layer": l, "w": initial_weights(s, l, i, o)}
                    for s, l, i, o in weights],
        "dense": dense_cases(0, (4, 5), np.array([0, 2, 1]), 3, RULES, ACTIVATIONS),
        "wide": dense_cases(1, (37, 70), np.array([7, 0, 9]), 10, ("masked", "readout"), ["tanh"]),
        "output": output_case(),
        "networks": [network_case(r, a) for r in ("readout", "masked") for a in ("tanh", "relu")],
        "functions": function_cases(),
        "softmax": softmax_cases(),
    }


def plain(value):
    """The same in JSON's types: float32 as its shortest decimal; inf and nan as strings."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item) for item in value]
    if isinstance(value, np.float32):
        return plain(float(str(value)))
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, float):
        return value if np.isfinite(value) else str(value)
    return value


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=VECTORS / "golden.json")
    output = parser.parse_args().output
    sections = [f'"{name}":{json.dumps(plain(value), separators=(",", ":"), allow_nan=False)}'
                for name, value in golden().items()]
    output.write_text("{\n" + ",\n".join(sections) + "\n}\n")
    print(f"wrote {output}: {len(sections)} sections, {output.stat().st_size} bytes")


if __name__ == "__main__":
    main()
