"""Chooses networks and rates for small sets of sequences, and prints what they reach on the test split.

    examples/gestures/fetch.sh
    swift build -c release
    python3 examples/gestures/choose.py [SET...] [--jobs N] [--selvedge PROGRAM]

Every candidate is trained with a quarter of the *training* split held back, which quarter depends on the seed:
with three seeds all, with twelve the best six. The mean accuracy on what was held back chooses (the smaller
arena, where it is equal). Only the choice is then trained on the whole training split, with seeds 1, 2, 3, and
tested.
"""
import argparse
import json
import statistics
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

BATCH = 8
HEADS = {  # the rest of the network, and options
    "output alone": ("output", []),
    "frozen": ("dense 64, output", ["--rule", "frozen"]),
    "readout": ("dense 64, output", []),
}
# Rates of the output; those of hidden layers are half as high.
RATES = [0.025, 0.1, 0.4]
# Of the larger set fewer, for about as many steps.
EPOCHS = {"JapaneseVowels": 60}
# Numbers of oscillators, and orders of Legendre memories.
MEMORIES = {
    "BasicMotions": ([4, 8, 12], [4, 8, 12]),
    "JapaneseVowels": ([2, 3, 5], [2, 3, 5]),
    "ItalyPowerDemand": ([4, 6, 9], [7, 9, 11]),
    "GunPoint": ([8, 12, 16], [8, 12, 24]),
    "PickupGestureWiimoteZ": ([8, 16, 32], [8, 16, 32]),
}


def memories(name):
    banks, orders = MEMORIES[name]
    return (
        [f"oscillators {k} magnitude" for k in banks]
        + [f"oscillators {k}" for k in banks]
        + [f"legendre {d}" for d in orders]
    )


def run(options, name, candidate, head, seed, validation):
    memory, rate = candidate
    rest, extra = HEADS[head]
    words = [
        options.selvedge, "train", "--data", f".build/aeon/{name}", "--json",
        "--network", f"{memory}, {rest}", "--batch", str(BATCH), "--epochs", str(EPOCHS.get(name, 200)),
        "--rate", str(rate / 2), "--output-rate", str(rate), "--seed", str(seed),
        "--validation", str(validation), *extra,
    ]  # fmt: skip
    if validation:
        words.append("--no-test")
    result = subprocess.run(words, capture_output=True, text=True)
    if result.returncode:
        sys.exit(result.stderr)
    return json.loads(result.stdout)


def scores(options, pool, name, candidates, head, seeds):
    """The mean accuracy of each candidate on what was held back, and its arena with the sign turned."""
    runs = {
        (c, s): pool.submit(run, options, name, c, head, s, 0.25) for c in candidates for s in seeds
    }
    mean = lambda c: statistics.mean(runs[c, s].result()["validation_accuracy"] for s in seeds)
    return {c: (mean(c), -runs[c, seeds[0]].result()["arena"]["total"]) for c in candidates}


def choose(options, pool, name, head):
    candidates = [(m, r) for m in memories(name) for r in RATES]
    rough = scores(options, pool, name, candidates, head, [101, 102, 103])
    best = sorted(candidates, key=rough.get, reverse=True)[:6]
    fine = scores(options, pool, name, best, head, range(101, 113))
    choice = max(best, key=fine.get)
    return choice, fine[choice][0]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("sets", nargs="*", metavar="SET")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--selvedge", default=".build/release/selvedge")
    options = parser.parse_args()
    print("| set | head | chosen | output rate | held back | test, 3 seeds | arena at batch 8 |")
    print("|---|---|---|---|---|---|---|")
    with ThreadPoolExecutor(options.jobs) as pool:
        for name in options.sets or MEMORIES:
            for head in HEADS:
                choice, held = choose(options, pool, name, head)
                tests = [run(options, name, choice, head, seed, 0) for seed in (1, 2, 3)]
                found = [100 * test["test_accuracy"] for test in tests]
                print(
                    f"| {name} | {head} | {choice[0]} | {choice[1]:g} "
                    f"| {100 * held:.1f} | {statistics.mean(found):.1f} ± {statistics.stdev(found):.1f} "
                    f"| {tests[0]['arena']['total']:,} |",
                    flush=True,
                )


main()
