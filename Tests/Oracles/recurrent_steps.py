"""Regenerates Tests/Vectors/recurrent.json: recurrent layers that learn at every step, in float64 NumPy.

States, sums and traces are float64; parameters and the outputs handed on are stored as float32. Units of a
GRU's matrices are counted gate by gate: reset, update, new. `--check` compares what the layers learn from,
traces or not, with finite differences of one unit at a time, and writes nothing.

The JSON, arrays of parameters flat in C order, matrices [units, inputs]:
- `classes`, `batch`, `hidden_rate` (of recurrent and dense layers), `output_rate`; `groups`, each with
  - `inputs`, `steps`, `units`: of its sequences and recurrent layers;
  - `values` [sequence][steps * inputs], step by step, and `labels`: two batches in order, the same for all
    cases of the group;
  - `every`: of all parameters below only numbers 0, every, 2 every ... are there;
  - `cases`, each with
    - `name`, `rule`, `seed` (of weights and projections);
    - `layers`: {kind elman, leak, trace} or {kind gru, trace}, then {kind dense, units}, {kind output}. The
      number of a layer is its place here. `trace`: the diagonal trace;
    - `lengths` of all sequences, longest first in a batch, and `span`, the S of the weights of steps;
    - `initial`: `wx`, `wh`, `b` of each recurrent layer. `wx` is what a dense layer of as many units would
      draw; dense layers and the output draw theirs. With `every` above 1 there is no `wh`: its number i is
      (i * i mod 101 - 50) / 512;
    - `predicted` [sequence][class]: logits of the first batch before anything is learned;
    - `h` [step][sequence that goes on][unit]: what the last recurrent layer gives while learning the
      first batch; `logits` [batch][sequence][class] of the output layer while learning;
    - `after`: {wx, wh, b} or {w, b} of every layer after both batches.
"""
import argparse
import json
from pathlib import Path

import numpy as np

from golden_steps import RULES, hidden_step, local_error, output_step, plain, sigmoid
from selvedge_oracle import VECTORS, initial_weights, projection, uniform

CLASSES, BATCH, BATCHES, SEED = 3, 3, 2, 42
HIDDEN_RATE, OUTPUT_RATE = 0.5, 0.2


def elman(leak=1.0, trace=False):
    return {"kind": "elman", "leak": leak, "trace": trace}


def gru(trace=False):
    return {"kind": "gru", "trace": trace}


DENSE = [{"kind": "dense", "units": 6}]
LEARNING = RULES[:5]  # frozen learns nothing
CASES = (  # name, rule, recurrent layers, what is between them and the output; lengths, span
    *((f"elman {rule}", rule, [elman()], DENSE * (i % 2)) for i, rule in enumerate(LEARNING)),
    *((f"gru {rule}", rule, [gru()], DENSE * (i % 2)) for i, rule in enumerate(LEARNING)),
    ("leak readout", "readout", [elman(0.25)], DENSE),
    ("leak squared", "squared", [elman(0.25)], []),
    ("elman trace", "readout", [elman(trace=True)], []),
    ("leak trace", "squared", [elman(0.25, trace=True)], DENSE),
    ("gru trace readout", "readout", [gru(trace=True)], DENSE),
    ("gru trace squared", "squared", [gru(trace=True)], []),
    ("elman, elman", "readout", [elman(), elman(0.5)], DENSE),
    ("gru, gru", "masked", [gru(), gru()], []),
    ("gru trace, gru", "readout", [gru(trace=True), gru()], DENSE),
    ("elman lengths", "readout", [elman(0.25)], DENSE, (5, 3, 3, 5, 4, 1)),
    ("gru lengths", "squared", [gru()], [], (5, 3, 3, 5, 4, 1)),
    ("traces lengths", "readout", [elman(0.5, trace=True), gru(trace=True)], [], (5, 4, 1, 5, 5, 2)),
    ("elman short span", "readout", [elman(0.25)], [], None, 3),
    ("gru long span", "readout", [gru()], DENSE, None, 8),
)
WIDE_CASES = (
    ("wide elman", "readout", [elman(0.5)], DENSE),
    ("wide gru", "readout", [gru()], []),
    ("wide gru trace", "readout", [gru(trace=True)], []),
)


class Recurrent:
    """A layer of one spec: its parameters, and of the sequences being read its states and traces."""

    def __init__(self, spec, number, inputs, units, rule, counted=False):
        self.spec, self.units, self.gates = spec, units, 3 if spec["kind"] == "gru" else 1
        rows = self.gates * units
        self.wx = initial_weights(SEED, number, inputs, rows).T.copy()
        if counted:
            index = np.arange(rows * units)
            self.wh = ((index * index % 101 - 50) / 512).astype(np.float32).reshape(rows, units)
        else:
            self.wh = uniform(99, number, (rows, units), 1 / np.sqrt(units))
        self.b = np.zeros(rows, np.float32)
        if spec["kind"] == "gru":
            self.b[units:2 * units] = 1
        self.p = projection(SEED, number, CLASSES, units, ternary=rule == "masked")

    def begin(self, samples):
        self.h = np.zeros((samples, self.units))
        widths = (self.wx.shape[1], self.units, 1)
        if self.spec["trace"]:  # one number per sample and parameter
            self.traces = [np.zeros((samples, self.gates, self.units, w)) for w in widths]
        else:  # one per sample and input
            self.traces = [np.zeros((samples, w)) for w in widths]

    def cell(self, x, h):
        """The new states [sample, unit], and their slopes: by the sums of the input side and of the
        recurrent side [sample, gate, unit], and by the old states past all gates [sample, unit]."""
        a = (x @ self.wx.T.astype(np.float64) + self.b).reshape(len(x), self.gates, self.units)
        c = (h @ self.wh.T.astype(np.float64)).reshape(a.shape)
        if self.spec["kind"] == "elman":
            leak, n = self.spec["leak"], np.tanh(a + c)
            slope = leak * (1 - n * n)
            return (1 - leak) * h + leak * n[:, 0], slope, slope, np.full_like(h, 1 - leak)
        r, u = sigmoid(a[:, 0] + c[:, 0]), sigmoid(a[:, 1] + c[:, 1])
        n = np.tanh(a[:, 2] + r * c[:, 2])
        dn, du = (1 - u) * (1 - n * n), (h - n) * u * (1 - u)
        dr = dn * c[:, 2] * r * (1 - r)
        return u * h + (1 - u) * n, np.stack([dr, du, dn], 1), np.stack([dr, du, dn * r], 1), u

    def read(self, x):
        """Reads one step of the first len(x) sequences; returns their new states."""
        x, old = x.astype(np.float64), self.h[:len(x)].copy()
        self.h[:len(x)], by_input, by_state, past = self.cell(x, old)
        self.slopes, values = (by_input, by_state, by_input), (x, old, np.ones((len(x), 1)))
        if self.spec["trace"]:
            diagonal = np.einsum("gjj->gj", self.wh.reshape(self.gates, self.units, self.units))
            kept = past + (by_state * diagonal).sum(axis=1)
            for trace, slope, value in zip(self.traces, self.slopes, values):
                trace[:len(x)] *= kept[:, None, :, None]
                trace[:len(x)] += slope[..., None] * value[:, None, None, :]
        else:
            kept = 1 - self.spec["leak"] if self.spec["kind"] == "elman" else 0
            for trace, value, factor in zip(self.traces, values, (kept, kept, 0)):
                trace[:len(x)] = factor * trace[:len(x)] + value
        return self.h[:len(x)]

    def changes(self, e):
        """Of wx, wh and b: the sums over the samples just read of e times the states' slopes."""
        if self.spec["trace"]:
            return [np.einsum("sj,sgji->gji", e, trace[:len(e)]) for trace in self.traces]
        return [np.einsum("sgj,si->gji", e[:, None] * slope, trace[:len(e)])
                for slope, trace in zip(self.slopes, self.traces)]

    def learn(self, e, rate):
        for parameter, change in zip((self.wx, self.wh, self.b), self.changes(e)):
            parameter += (rate * change).astype(np.float32).reshape(parameter.shape)

    def parameters(self, every):
        arrays = {"wx": self.wx, "wh": self.wh, "b": self.b}
        return {name: array.ravel()[::every].copy() for name, array in arrays.items()}


def read_sequences(layers, x, lengths, labels, rule, span, rate):
    """All layers take each step in turn, each reading the output from before the update below it.

    Returns what the last of them gives at every step. Nothing is learned at the rate 0.
    """
    outputs = []
    for layer in layers:
        layer.begin(len(x))
    for t in range(max(lengths)):
        y = x[:sum(length > t for length in lengths), t]
        for layer in layers:
            h = layer.read(y)
            if rate:
                weight = 2.0 * min(t + 1, span) / span**2
                layer.learn(local_error(rule, h, layer.p, labels[:len(h)]), rate * weight / len(x))
            y = h.astype(np.float32)
        outputs.append(y)
    return outputs


def case(values, labels, units, every, name, rule, recurrent, dense, lengths=None, span=None):
    inputs, steps = values.shape[2], values.shape[1]
    lengths, span = lengths or [steps] * len(values), span or steps
    layers = [Recurrent(spec, number, units if number else inputs, units, rule, counted=every > 1)
              for number, spec in enumerate(recurrent)]
    sizes = [units, *(spec["units"] for spec in dense), CLASSES]
    behind = [(initial_weights(SEED, number, *shape), np.zeros(shape[1], np.float32))
              for number, shape in enumerate(zip(sizes, sizes[1:]), len(layers))]
    signs = [projection(SEED, len(layers) + k, CLASSES, spec["units"], ternary=rule == "masked")
             for k, spec in enumerate(dense)]
    initial = [layer.parameters(every) for layer in layers]
    if every > 1:
        for parameters in initial:
            del parameters["wh"]

    def step(part, learns):
        hidden, output = (HIDDEN_RATE, OUTPUT_RATE) if learns else (0, 0)
        h = read_sequences(layers, values[part], lengths[part], labels[part], rule, span, hidden)
        y = layers[-1].h.astype(np.float32)
        for (w, b), p in zip(behind, signs):
            y = hidden_step(y, w, b, p, labels[part], hidden, rule, "tanh")
        return h, output_step(y, *behind[-1], labels[part], output)

    batches = [slice(k * BATCH, (k + 1) * BATCH) for k in range(BATCHES)]
    _, predicted = step(batches[0], learns=False)
    results = [step(part, learns=True) for part in batches]
    after = [layer.parameters(every) for layer in layers]
    after += [{"w": w.T.ravel()[::every], "b": b[::every]} for w, b in behind]
    return {"name": name, "rule": rule, "seed": SEED, "layers": [*recurrent, *dense, {"kind": "output"}],
            "lengths": lengths, "span": span, "initial": initial, "predicted": predicted,
            "h": results[0][0], "logits": [logits for _, logits in results], "after": after}


def group(inputs, steps, units, every, cases):
    values = uniform(7, 30, (BATCH * BATCHES, steps, inputs))
    labels = np.array([0, 2, 1, 1, 0, 2])
    return {"inputs": inputs, "steps": steps, "units": units, "values": values.reshape(len(values), -1),
            "labels": labels, "every": every,
            "cases": [case(values, labels, units, every, *c) for c in cases]}


def unit_after(spec, xs, old, own, j, wx, wh, b):
    """State j after the steps `xs`, from `own` on, the other states being the recorded `old`: plain loops."""
    units = len(old[0])
    for x, states in zip(xs, old):
        states = [own if k == j else states[k] for k in range(units)]
        rows = range(j, len(b), units)
        a = [b[row] + sum(wx[row][i] * x[i] for i in range(len(x))) for row in rows]
        c = [sum(wh[row][k] * states[k] for k in range(units)) for row in rows]
        if spec["kind"] == "elman":
            own = (1 - spec["leak"]) * own + spec["leak"] * np.tanh(a[0] + c[0])
        else:
            r, u = 1 / (1 + np.exp(-a[0] - c[0])), 1 / (1 + np.exp(-a[1] - c[1]))
            own = u * own + (1 - u) * np.tanh(a[2] + r * c[2])
    return own


def check(spec, steps=5, inputs=3, units=4, difference=1e-5):
    """What a layer learns from is the slope of each state by the parameters of its unit, the others held:
    since the first step with the diagonal trace, of the last step without. A leak without the trace sums
    the inputs instead, as they fade."""
    layer = Recurrent(spec, 0, inputs, units, "readout")
    x, old = uniform(7, 32, (1, steps, inputs)).astype(np.float64), []
    layer.begin(1)
    for t in range(steps):
        old.append(layer.h[0].copy())
        layer.read(x[:, t])
    parameters = [p.astype(np.float64) for p in (layer.wx, layer.wh, layer.b)]
    first = 0 if spec["trace"] else steps - 1
    largest = 0
    for j in range(units):
        found = [c.reshape(p.shape) for c, p in zip(layer.changes(np.eye(units)[j:j + 1]), parameters)]
        for kind, (parameter, change) in enumerate(zip(parameters, found)):
            for place in np.ndindex(parameter.shape):
                ends = []
                for sign in (1, -1):
                    moved = [p.copy() for p in parameters]
                    moved[kind][place] += sign * difference
                    ends.append(unit_after(spec, x[0, first:], old[first:], old[first][j], j, *moved))
                expected = (ends[0] - ends[1]) / (2 * difference)
                if spec["kind"] == "elman" and not spec["trace"] and kind < 2:
                    values = (x[0], old)[kind]
                    faded = sum((1 - spec["leak"]) ** (steps - 1 - t) * values[t][place[1]]
                                for t in range(steps))
                    expected *= faded / values[-1][place[1]]
                assert abs(change[place] - expected) < 1e-9, (spec, kind, place, change[place], expected)
                largest = max(largest, abs(change[place]))
    assert largest > 0.1, "nothing was compared"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=VECTORS / "recurrent.json")
    parser.add_argument("--check", action="store_true", help="compare with finite differences")
    arguments = parser.parse_args()
    if arguments.check:
        for spec in (elman(), elman(0.25), elman(trace=True), elman(0.25, trace=True), gru(), gru(True)):
            check(spec)
            print("as finite differences:", spec)
        return
    result = {"classes": CLASSES, "batch": BATCH, "hidden_rate": HIDDEN_RATE, "output_rate": OUTPUT_RATE,
              "groups": [group(3, 5, 4, 1, CASES), group(5, 3, 70, 13, WIDE_CASES)]}
    arguments.output.write_text(json.dumps(plain(result), separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
