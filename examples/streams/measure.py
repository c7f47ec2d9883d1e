#!/usr/bin/env python3
"""What is left of a stream of classes: the table of the README, as Markdown on standard output.

    examples/streams/measure.py [--selvedge PROGRAM] [--seeds 1 2 3]
"""
import argparse
import json
import statistics
import subprocess

DATA = "/usr/share/datasets/fashion-mnist"
NETWORK, FROZEN = "784-128-10", "input 784, dense 128 frozen, output 10"
REPLAY = ["--replay", "200", "--balanced"]
ROWS = [
    ("iid", "no replay", NETWORK, []),
    ("iid", "200 samples replayed", NETWORK, ["--replay", "200"]),
    ("iid", "no replay, hidden layer frozen", FROZEN, []),
    ("disjoint", "no replay", NETWORK, []),
    ("disjoint", "200 samples replayed, balanced", NETWORK, REPLAY),
    ("disjoint", "the same with a mask", NETWORK, [*REPLAY, "--mask"]),
    ("disjoint", "the same, hidden layer frozen", FROZEN, [*REPLAY, "--mask"]),
    ("blurry", "no replay", NETWORK, []),
    ("blurry", "200 samples replayed, balanced, with a mask", NETWORK, [*REPLAY, "--mask"]),
    ("blurry", "the same, hidden layer frozen", FROZEN, [*REPLAY, "--mask"]),
    *((order, "Gaussian head, nothing replayed", NETWORK, ["--head", "gaussian"])
      for order in ("iid", "disjoint", "blurry")),
]


def spread(values):
    """Mean and deviation of parts, in percent."""
    values = [100 * value for value in values]
    deviation = statistics.stdev(values) if len(values) > 1 else 0
    return f"{statistics.mean(values):.2f} ± {deviation:.2f}"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--selvedge", default=".build/native/release/selvedge", metavar="PROGRAM")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    args = parser.parse_args()
    print("| order | method | final, % | area under the curve, % | forgetting, % | arena, bytes |")
    print("|---|---|---|---|---|---|")
    checksums = {seed: set() for seed in args.seeds}
    for order, method, network, options in ROWS:
        results = []
        for seed in args.seeds:
            command = [args.selvedge, "stream", network, "--data", DATA, "--samples", "20000",
                       "--order", order, "--seed", str(seed), *options, "--json"]
            finished = subprocess.run(command, check=True, capture_output=True, text=True)
            results.append(json.loads(finished.stdout))
            if "gaussian" in options:
                checksums[seed].add(results[-1]["weights_crc32"])
        final, area, forgetting = (
            spread([result[name] for result in results])
            for name in ("final_accuracy", "area", "mean_forgetting"))
        print(f"| {order} | {method} | {final} | {area} | {forgetting} "
              f"| {results[0]['arena_bytes']:,} |", flush=True)
    same = all(len(found) == 1 for found in checksums.values())
    print(f"\nThe Gaussian head's weights are {'the same' if same else 'NOT the same'} in all orders.")


if __name__ == "__main__":
    main()
