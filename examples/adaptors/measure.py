#!/usr/bin/env python3
"""Measures every adaptor on six sensors, and prints the tables of this directory's README.

    examples/adaptors/measure.py [--labels 200,1000] [--seeds 1,2,3] [--selvedge PATH] [--data DIR]

Models and runs are kept in .build/adaptors: what was interrupted goes on where it was.
"""
import argparse
import json
import subprocess
import sys
from pathlib import Path

WORK = Path(".build/adaptors")
DRIFTS = ["clean", "noise", "contrast", "rotate", "invert", "columns", "shift"]
RUNGS = ["none", "moments", "prompt", "scale", "last", "low-rank", "full"]


def run(selvedge, words, kept):
    """The JSON object that selvedge prints, which is read from `kept` if it is there."""
    if not kept.exists():
        print(selvedge, *words, file=sys.stderr, flush=True)
        done = subprocess.run([selvedge, *words, "--json"], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"measure.py: {done.stderr.strip()}")
        part = kept.with_suffix(".part")
        part.write_text(done.stdout)
        part.rename(kept)
    return json.loads(kept.read_text())


def mean(values):
    return sum(values) / len(values)


def cells(values):
    return " | ".join(f"{100 * value:.1f}" for value in values)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--labels", default="200,1000")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--selvedge", default=".build/native/release/selvedge")
    parser.add_argument("--data", default="/usr/share/datasets/fashion-mnist")
    arguments = parser.parse_args()
    seeds = arguments.seeds.split(",")
    WORK.mkdir(parents=True, exist_ok=True)

    def model(seed):
        path = WORK / f"{seed}.model"
        run(arguments.selvedge,
            ["train", "--data", arguments.data, "--hidden", "256,128", "--epochs", "6", "--seed", seed,
             "--output", str(path)], WORK / f"{seed}-train.json")
        return str(path)

    def adapted(seed, drift, labels):
        report = run(arguments.selvedge,
                     ["adapt", model(seed), "--data", arguments.data, "--labels", labels, "--seed", seed,
                      *(["--source", arguments.data] if drift == "clean" else ["--drift", drift])], WORK / f"{seed}-{drift}-{labels}.json")
        found = {rung["rung"]: rung["test_accuracy"] for rung in report["rungs"]}
        return [*(found[name] for name in RUNGS), found[report["chosen"]]]

    for labels in arguments.labels.split(","):
        print(f"\n| {labels} labels | {' | '.join(RUNGS)} | chosen |\n|{'---|' * (len(RUNGS) + 2)}")
        rows = []
        # What is lost where nothing changed is a matter of few labels.
        for drift in DRIFTS if labels == "200" else DRIFTS[1:]:
            runs = [adapted(seed, drift, labels) for seed in seeds]
            rows.append([mean(column) for column in zip(*runs)])
            print(f"| {drift} | {cells(rows[-1])} |", flush=True)
        print(f"| mean of the six | {cells([mean(column) for column in zip(*rows[-6:])])} |")

    print("\n| evaluate | as it is | --follow 300 | --follow 300 --order sorted |\n|---|---|---|---|")
    for drift in ["clean", "contrast"]:
        row = []
        for name, more in [("plain", []), ("file", ["--follow", "300"]),
                           ("sorted", ["--follow", "300", "--order", "sorted"])]:
            own = more if drift == "clean" else ["--drift", drift, *more]
            row.append(mean([
                run(arguments.selvedge, ["evaluate", model(seed), "--data", arguments.data, *own],
                    WORK / f"{seed}-{drift}-{name}.json")["test_accuracy"] for seed in seeds]))
        print(f"| {drift} | {cells(row)} |", flush=True)


main()
