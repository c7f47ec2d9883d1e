"""Regenerates Tests/Vectors/memories.json: what memories of sequences hold, in float64 NumPy.

Oscillators turn by pi k / steps; Legendre memories by the exponential of the whole matrix over one step,
the input held meanwhile. Outputs are number by number, the channels of a number side by side.
"""
import argparse
import json
from pathlib import Path

import numpy as np

from selvedge_oracle import VECTORS, uniform


def exponential(matrix):
    """e^matrix: its series after halving, then squared as often."""
    halvings = max(0, int(np.ceil(np.log2(max(np.abs(matrix).sum(1).max(), 1e-9)))) + 4)
    result = term = np.eye(len(matrix))
    for i in range(1, 24):
        term = term @ matrix / 2**halvings / i
        result = result + term
    for _ in range(halvings):
        result = result @ result
    return result


def legendre(x, order, steps):
    q = np.arange(order)
    rate = (2 * q + 1) / steps
    signs = (-1.0) ** (q[:, None] - q[None, :] + 1)
    whole = np.zeros((order + 1, order + 1))
    whole[:order, :order] = np.where(q[:, None] < q[None, :], -1.0, signs) * rate[:, None]
    whole[:order, order] = rate * (-1.0) ** q
    turn = exponential(whole)
    memory = np.zeros((order, x.shape[1]))
    for value in x:
        memory = turn[:order, :order] @ memory + turn[:order, order:] * value
    return memory.ravel()


def oscillators(x, count, steps, magnitude, forgetting):
    turn = np.exp(1j * np.pi * np.arange(count) / steps)[:, None]
    if forgetting:
        turn = turn * np.exp(-1 / steps)
    memory = np.zeros((count, x.shape[1]), complex)
    for value in x:
        memory = turn * memory + value
    if magnitude:
        return np.concatenate([memory[0].real, np.abs(memory[1:]).ravel()])
    return np.concatenate([memory.real.ravel(), memory[1:].imag.ravel()])


def case(kind, number, steps, length, channels, magnitude=False, forgetting=False):
    x = uniform(11, number, (length, channels))
    wide = x.astype(np.float64)
    out = (legendre(wide, number, steps) if kind == "legendre"
           else oscillators(wide, number, steps, magnitude, forgetting))
    return {"kind": kind, "number": number, "steps": steps, "magnitude": magnitude,
            "forgetting": forgetting, "channels": channels, "values": [float(str(v)) for v in x.ravel()],
            "outputs": [float(v) for v in out]}


CASES = [case("oscillators", 5, 28, 28, 9), case("oscillators", 8, 100, 100, 6, magnitude=True),
         case("oscillators", 1, 10, 7, 3), case("oscillators", 12, 40, 150, 1, True, True),
         case("oscillators", 3, 1, 4, 2), case("oscillators", 4, 9, 30, 17, forgetting=True),
         case("legendre", 8, 28, 28, 9), case("legendre", 11, 24, 24, 1),
         case("legendre", 96, 196, 196, 4), case("legendre", 12, 12, 40, 3),
         case("legendre", 1, 5, 12, 8), case("legendre", 32, 20, 25, 2)]

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=VECTORS / "memories.json")
    parser.parse_args().output.write_text(json.dumps({"cases": CASES}, separators=(",", ":")) + "\n")
