"""Training samples per second: an eager PyTorch SGD step against `selvedge train`.

Network 784-128-10, tanh, softmax cross-entropy, plain SGD, one thread, at batch 1 and batch 32.
Rounds are interleaved (PyTorch, Selvedge, PyTorch, ...) on one core where the system can pin, and
the figures are medians over rounds. PyTorch reads samples already standardised and in order, as
slices without a copy, and its loop alone is timed; Selvedge reports its own training time.
Time never decides: the exit code is 0 unless something could not run.
"""
import argparse
import json
import os
import statistics
import subprocess
import time

import torch

from selvedge_oracle import DEFAULT_DATA, images_and_labels, require_program

HIDDEN = 128
SAMPLES = {1: 10_000, 32: 60_000}  # batch: samples of one round
RATE = {1: 0.005, 32: 0.1}  # batch: learning rate


def pytorch_speed(images, labels, batch):
    """Samples per second of one epoch of backpropagation."""
    model = torch.nn.Sequential(
        torch.nn.Linear(images.shape[1], HIDDEN), torch.nn.Tanh(), torch.nn.Linear(HIDDEN, 10))
    loss_of = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE[batch])
    start = time.perf_counter()
    for first in range(0, len(images), batch):
        optimizer.zero_grad()
        loss_of(model(images[first : first + batch]), labels[first : first + batch]).backward()
        optimizer.step()
    return len(images) / (time.perf_counter() - start)


def selvedge_speed(selvedge, data, batch):
    """Samples per second of one epoch, as the command reports them (training only)."""
    command = [selvedge, "train", "--data", data, "--hidden", HIDDEN, "--batch", batch,
               "--epochs", 1, "--validation", 0, "--samples", SAMPLES[batch], "--json"]
    output = subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE).stdout
    return json.loads(output)["samples_per_second"]


def pin_to_one_core():
    """The core that this process and its children now run on, or None where it cannot be chosen."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return core


def summary(values, digits):
    numbers = [f"{f(values):.{digits}f}" for f in (statistics.median, min, max)]
    return "{} ({} to {})".format(*numbers)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--selvedge", default=".build/native/release/selvedge",
                        help="the command to measure")
    parser.add_argument("--data", default=DEFAULT_DATA, help="folder of the four gzipped IDX files")
    parser.add_argument("--rounds", type=int, default=7, help="rounds per batch size")
    parser.add_argument("--json", metavar="FILE", help="also write every round here")
    args = parser.parse_args()
    require_program(args.selvedge)

    core = pin_to_one_core()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    pixels, labels = map(torch.from_numpy, images_and_labels(args.data, "train"))
    images = (pixels - pixels.mean()) / pixels.std()
    place = "not pinned" if core is None else f"pinned to core {core}"
    print(f"784-{HIDDEN}-10, float32, PyTorch {torch.__version__}, 1 thread, {place}, "
          f"{args.rounds} rounds")

    results = {}
    for batch, samples in SAMPLES.items():
        pytorch_speed(images[:1000], labels[:1000], batch)  # warms PyTorch up
        rounds = []
        for _ in range(args.rounds):
            rounds.append({"pytorch": pytorch_speed(images[:samples], labels[:samples], batch),
                           "selvedge": selvedge_speed(args.selvedge, args.data, batch)})
        results[batch] = rounds
        ratios = [pair["selvedge"] / pair["pytorch"] for pair in rounds]
        print(f"batch {batch}, {samples} samples a round: median (min to max)")
        for name in ("pytorch", "selvedge"):
            print(f"  {name:<9} {summary([pair[name] for pair in rounds], 0)} samples/s")
        print(f"  selvedge / pytorch {summary(ratios, 2)}, round by round")
    if args.json:
        with open(args.json, "w") as file:
            report = {"pytorch_version": torch.__version__, "core": core, "rounds": results}
            json.dump(report, file, indent=1)


if __name__ == "__main__":
    main()
