"""Regenerates Tests/Vectors/heads.json: steps of networks by what they end in, in float64 NumPy.

A readout predicts by the projection of the layer before and has no weights. The joint head teaches the last
hidden layer through the last layer's weights, at its rate times the root of its units; with one hidden layer
that is backpropagation, which is written down here as such. A regression learns values r by squared error, and
its hidden layers the projection of r.
"""
import argparse
import json
from pathlib import Path

import numpy as np

from convolution_steps import layer, map_forward, plain, spread
from golden_steps import ACTIVATIONS, local_error, softmax
from selvedge_oracle import VECTORS, projection, uniform

SAMPLES, STEPS, SEED = 3, 3, 42
HIDDEN_RATE, OUTPUT_RATE, MAP_RATE = 0.1, 0.2, 2.0
CONV = [layer("conv", 4, (3, 3), pool=2)]

CASES = (  # head, rule, input, convolutions, units of dense layers, outputs
    ("readout", "readout", (1, 1, 11), [], [70], 3),
    ("readout", "readout", (1, 1, 7), [], [9, 20], 5),
    ("readout", "squared", (1, 1, 7), [], [9], 2),
    ("readout", "readout", (6, 5, 2), CONV, [], 4),
    ("readout", "masked", (6, 5, 1), CONV, [8], 3),
    ("joint", "readout", (1, 1, 11), [], [12], 3),
    ("regression", "readout", (1, 1, 6), [], [70], 1),
    ("regression", "readout", (1, 1, 6), [], [9, 7], 3),
    ("regression", "squared", (1, 1, 6), [], [66], 1),
    ("regression", "squared", (1, 1, 6), [], [9, 7], 3),
    ("regression", "masked", (1, 1, 6), [], [70], 1),
    ("regression", "masked", (1, 1, 6), [], [40], 3),
    ("regression", "absolute", (1, 1, 6), [], [9], 2),
    ("regression", "direct", (1, 1, 6), [], [9], 2),
    ("regression", "frozen", (1, 1, 6), [], [9], 2),
    ("regression", "readout", (6, 5, 2), CONV, [8], 2),
    ("regression", "squared", (6, 5, 1), CONV, [], 1),
    ("regression joint", "readout", (1, 1, 6), [], [12], 2),
    ("regression joint", "readout", (1, 1, 6), [], [9, 7], 1),
)


def read(y, p):
    """What the fixed reader of a layer makes of its outputs."""
    return y @ p.T / np.sqrt(p.shape[1])


def head_error(outputs, goal):
    """Minus the gradient of the loss at the outputs: goals are labels or values."""
    return np.eye(outputs.shape[1])[goal] - softmax(outputs) if goal.ndim == 1 else goal - outputs


def head_loss(outputs, goal):
    if goal.ndim == 1:
        return -np.log(softmax(outputs)[np.arange(len(goal)), goal]).mean()
    return ((goal - outputs) ** 2).sum(axis=1).mean() / 2


def hidden_error(rule, y, p, goal):
    if goal.ndim == 1:
        return local_error(rule, y, p, goal)
    if rule == "readout":
        return head_error(read(y, p), goal) @ p
    target = goal @ p / np.sqrt(goal.shape[1])
    if rule == "masked":  # p is ternary: no target where no output cares
        return np.where((p != 0).any(axis=0), target - y, 0.0)
    return {"squared": target - y, "absolute": np.sign(target - y), "direct": target,
            "frozen": np.zeros_like(y)}[rule]


def update(w, b, x, delta, rate):
    w += (rate / len(x) * delta.T @ x).astype(np.float32)
    b += (rate / len(x) * delta.sum(axis=0)).astype(np.float32)


def convolve(x, spec, w, b, p, goal, rule):
    """One step of a convolution, its local loss on what is kept."""
    patches, sums, y, mask = map_forward(x, spec, w, b)
    error = hidden_error(rule, y.reshape(len(x), -1), p, goal).reshape(y.shape)
    delta = error * ACTIVATIONS[spec["activation"]][1](y) / (y.shape[1] * y.shape[2])
    full = spread(delta, mask, spec["pool"], sums.shape)
    w += (MAP_RATE / len(x) * np.einsum("srco,srcijk->oijk", full, patches)).astype(np.float32)
    b += (MAP_RATE / len(x) * full.sum(axis=(0, 1, 2))).astype(np.float32)
    return y.astype(np.float32)


def draw(number, units, inputs):
    return [uniform(SEED, number, (inputs, units), 1 / np.sqrt(inputs)).T.copy(),
            np.zeros(units, np.float32)]


def backpropagate(parameters, x, goal):
    """One step of two layers by the chain rule, nothing local about it."""
    (w1, b1), (w2, b2) = ([p.astype(np.float64) for p in pair] for pair in parameters)
    hidden = np.tanh(x @ w1.T + b1)
    outputs = hidden @ w2.T + b2
    at_outputs = -head_error(outputs, goal) / len(x)
    at_sums = at_outputs @ w2 * (1 - hidden**2)
    hidden_rate = HIDDEN_RATE * np.sqrt(hidden.shape[1])
    for (w, b), gradient, below, rate in ((parameters[0], at_sums, x, hidden_rate),
                                          (parameters[1], at_outputs, hidden, OUTPUT_RATE)):
        w -= (rate * gradient.T @ below).astype(np.float32)
        b -= (rate * gradient.sum(axis=0)).astype(np.float32)
    return outputs


def step(head, rule, specs, dense, state, x, goal, outputs):
    """One step of every layer; the outputs from before it."""

    def signs(number, units):
        return projection(SEED, number, outputs, units, ternary=rule == "masked")

    for number, spec in enumerate(specs):
        x = convolve(x, spec, *state[number], signs(number, map_forward(
            x, spec, *state[number])[2][0].size), goal, rule)
    x = x.reshape(len(x), -1)
    for number, units in enumerate(dense, len(specs)):
        w, b = state[number]
        y = np.tanh(x.astype(np.float64) @ w.T.astype(np.float64) + b)
        error = hidden_error(rule, y, signs(number, units), goal)
        if "joint" in head and number == len(state) - 2:
            last, bias = (p.astype(np.float64) for p in state[-1])
            error = np.sqrt(units) * head_error(y @ last.T + bias, goal) @ last
        update(w, b, x.astype(np.float64), error * (1 - y * y), HIDDEN_RATE)
        x = y.astype(np.float32)
    if head == "readout":
        number = len(specs) + len(dense) - 1
        return read(x.astype(np.float64), projection(SEED, number, outputs, x.shape[1]))
    w, b = state[-1]
    x = x.astype(np.float64)
    given = x @ w.T.astype(np.float64) + b
    update(w, b, x, head_error(given, goal), OUTPUT_RATE)
    return given


def case(head, rule, shape, specs, dense, outputs):
    state, x = [], np.zeros((1, *shape), np.float32)
    for spec in specs:
        (h, w), channels = spec["window"], x.shape[3]
        drawn = uniform(SEED, len(state), (spec["channels"], channels, h, w), 1 / np.sqrt(channels * h * w))
        state.append([drawn.transpose(0, 2, 3, 1).copy(), np.zeros(spec["channels"], np.float32)])
        x = map_forward(x, spec, *state[-1])[2].astype(np.float32)
    inputs = x[0].size
    for units in (*dense, *(() if head == "readout" else (outputs,))):
        state.append(draw(len(state), units, inputs))
        inputs = units
    samples, seen, losses = uniform(7, 21, (SAMPLES * STEPS, *shape)), [], []
    if head.startswith("regression"):
        goals = uniform(7, 22, (SAMPLES * STEPS, outputs), 2)
    else:
        goals = np.array([(5 * i + i // 3) % outputs for i in range(len(samples))])
    for number in range(STEPS):
        part = slice(number * SAMPLES, (number + 1) * SAMPLES)
        x, goal = samples[part], goals[part]
        if "joint" in head and len(dense) == 1:
            given = backpropagate(state, x.reshape(len(x), -1).astype(np.float64), goal)
        else:
            given = step(head, rule, specs, dense, state, x, goal.astype(np.float64) if goal.ndim > 1
                         else goal, outputs)
        seen.append(given.astype(np.float32))
        losses.append(head_loss(given, goal))
    return {"head": head, "rule": rule, "input": shape, "layers": specs, "dense": dense, "outputs": outputs,
            "values": samples.reshape(len(samples), -1), "goals": goals, "given": seen, "losses": losses,
            "after": [{"w": w.ravel(), "b": b} for w, b in state]}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=VECTORS / "heads.json")
    result = {"seed": SEED, "samples": SAMPLES, "hidden_rate": HIDDEN_RATE, "output_rate": OUTPUT_RATE,
              "map_rate": MAP_RATE, "networks": [case(*c) for c in CASES]}
    parser.parse_args().output.write_text(json.dumps(plain(result), separators=(",", ":")) + "\n")
