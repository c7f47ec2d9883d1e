#!/usr/bin/env python3
"""Compares clipped steps at their automatic rates with plain ones at their best of five.

    examples/step-rules/step_rules.py [--program selvedge] [--data DIR] [--seeds 1,2,3]

784-128-128-10 on Fashion-MNIST in one epoch or less, as it is and in raw units: there every input is
multiplied by a number of its own, 10^U(-1, 1). Plain rates are 1/4 to 4 times the automatic ones; the
best is chosen by validation accuracy of seed 1. Needs numpy.
"""
import argparse
import gzip
import json
import statistics
import subprocess
from pathlib import Path

import numpy

FASHION = "/usr/share/datasets/fashion-mnist"
WORK = Path(".build/step-rules")
# Samples of a step, and how many samples are seen: at 8, half of them.
BATCHES = [(8, ["--samples", "27000"]), (64, []), (256, [])]
FACTORS = [0.25, 0.5, 1, 2, 4]


def images(data, role):
    raw = gzip.open(next(Path(data).glob(f"{role}-images*"))).read()
    labels = gzip.open(next(Path(data).glob(f"{role}-labels*"))).read()
    pixels = numpy.frombuffer(raw, numpy.uint8, offset=16).reshape(-1, 784)
    return pixels.astype(numpy.float32), numpy.frombuffer(labels, numpy.uint8, offset=8)


def write_raw_units(data):
    """The same images, standardised, then each input in a unit of its own."""
    target = WORK / "raw-units"
    target.mkdir(parents=True, exist_ok=True)
    factors = 10 ** numpy.random.default_rng(1).uniform(-1, 1, 784).astype(numpy.float32)
    train = images(data, "train")[0]
    mean, deviation = train.mean(), train.std()
    for role, name in [("train", "train"), ("t10k", "test")]:
        pixels, labels = images(data, role)
        numpy.save(target / f"X_{name}.npy", (pixels - mean) / deviation * factors)
        numpy.save(target / f"y_{name}.npy", labels.astype(numpy.int32))
    return str(target)


class Runs:
    def __init__(self, program):
        self.program = program
        WORK.mkdir(parents=True, exist_ok=True)
        self.path = WORK / "runs.json"
        self.done = json.loads(self.path.read_text()) if self.path.exists() else {}

    def run(self, words):
        key = " ".join(words)
        if key not in self.done:
            command = [self.program, "train", *words, "--hidden", "128,128", "--epochs", "1", "--json"]
            output = subprocess.run(command, capture_output=True, text=True)
            # A rate that is too large may end in no result at all.
            result = json.loads(output.stdout) if output.returncode == 0 else {}
            names = ["test_accuracy", "validation_accuracy", "rate", "output_rate"]
            self.done[key] = {name: result.get(name, 0) for name in names}
            self.path.write_text(json.dumps(self.done, indent=0))
        return self.done[key]


def mean(results):
    numbers = [100 * result["test_accuracy"] for result in results]
    deviation = statistics.stdev(numbers) if len(numbers) > 1 else 0
    return f"{statistics.mean(numbers):.2f} ± {deviation:.2f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="selvedge")
    parser.add_argument("--data", default=FASHION)
    parser.add_argument("--seeds", default="1,2,3")
    arguments = parser.parse_args()
    runs = Runs(arguments.program)
    seeds = arguments.seeds.split(",")
    sets = [("as it is", arguments.data), ("raw units", write_raw_units(arguments.data))]
    print("| inputs | batch | clipped, automatic rate | plain, best rate | plain, automatic rate | frozen |")
    print("|---|---|---|---|---|---|")
    for name, data in sets:
        for batch, more in BATCHES:
            words = ["--data", data, "--batch", str(batch), *more]

            def all_seeds(options):
                return [runs.run([*words, *options, "--seed", seed]) for seed in seeds]

            scale = (batch / 64) ** (2 / 3)

            def plain(factor):
                rates = [f"{factor * rate * scale:.6f}" for rate in (0.05, 0.1)]
                return ["--step", "plain", "--rate", rates[0], "--output-rate", rates[1]]

            best = max(
                FACTORS,
                key=lambda f: runs.run([*words, *plain(f), "--seed", seeds[0]])["validation_accuracy"])
            print(
                f"| {name} | {batch} | {mean(all_seeds(['--step', 'clipped']))} "
                f"| {mean(all_seeds(plain(best)))} ({best} times) | {mean(all_seeds(plain(1)))} "
                f"| {mean(all_seeds([*plain(best), '--rule', 'frozen']))} |", flush=True)


if __name__ == "__main__":
    main()
