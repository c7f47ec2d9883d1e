#!/usr/bin/env python3
"""What several updates per label make of 1,000 labels that are seen once, one sample at a time.

    examples/step-rules/few_labels.py [--program selvedge] [--data DIR] [--seeds 1,2,3]

784-128-10 on Fashion-MNIST. Rates are 1/4 to 4 times the automatic ones; the best is chosen by the
accuracy of seed 1 on validation data.
"""
import argparse
import json
import statistics
import subprocess

FASHION = "/usr/share/datasets/fashion-mnist"
AUTOMATIC = {"plain": (0.003125, 0.00625), "clipped": (0.00075, 0.00075), "normalised": (1, 1)}
FACTORS = [0.25, 0.5, 1, 2, 4]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="selvedge")
    parser.add_argument("--data", default=FASHION)
    parser.add_argument("--seeds", default="1,2,3")
    arguments = parser.parse_args()
    seeds = arguments.seeds.split(",")

    def run(step, updates, factor, seed, *more):
        rates = [f"{factor * rate:.6f}" for rate in AUTOMATIC[step]]
        # 200 of 1,200 samples are held back.
        output = subprocess.run(
            [arguments.program, "train", "--data", arguments.data, "--hidden", "128", "--batch", "1",
             "--epochs", "1", "--samples", "1200", "--validation", "0.166667", "--seed", seed,
             "--step", step, "--updates-per-label", str(updates), "--rate", rates[0],
             "--output-rate", rates[1], "--json", *more],
            capture_output=True, text=True)
        # A rate that is too large may end in no result at all.
        return json.loads(output.stdout) if output.returncode == 0 else {}

    print("| step | updates per label | rate | test accuracy | the same, hidden layer frozen |")
    print("|---|---|---|---|---|")
    for step in AUTOMATIC:
        for updates in [1, 3, 5]:
            best = max(
                FACTORS,
                key=lambda f: run(step, updates, f, seeds[0]).get("validation_accuracy") or 0)
            columns = []
            for more in [], ["--rule", "frozen"]:
                results = [
                    100 * run(step, updates, best, seed, *more)["test_accuracy"] for seed in seeds]
                columns.append(f"{statistics.mean(results):.2f} ± {statistics.stdev(results):.2f}")
            print(f"| {step} | {updates} | {best} times | {' | '.join(columns)} |", flush=True)


if __name__ == "__main__":
    main()
