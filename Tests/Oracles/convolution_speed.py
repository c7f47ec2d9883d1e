"""Forward and weight update of a convolution, 3x3x32x32 on a map of 14 x 14: PyTorch against `selvedge bench`.

One thread on one core, float32, at batch 1 and 32; rounds are interleaved and the figures are medians over rounds, of
the thread's own processor time on both sides. PyTorch computes what our update does: the gradient of weights
and biases, applied in place; not the gradient of its input, which no layer here needs.
"""
import argparse
import json
import statistics
import subprocess
import time

import torch

from selvedge_oracle import require_program
from step_speed import pin_to_one_core

SIDE, CHANNELS = 14, 32


def seconds(body):
    """Of one call, from as many as take some 20 ms."""
    body()
    calls, start = 0, time.thread_time()
    while time.thread_time() - start < 0.02:
        body()
        calls += 1
    return (time.thread_time() - start) / calls


def pytorch_times(batch):
    x = torch.randn(batch, CHANNELS, SIDE, SIDE)
    w, b = torch.randn(CHANNELS, CHANNELS, 3, 3) * 0.05, torch.zeros(CHANNELS)
    d = torch.randn(batch, CHANNELS, SIDE, SIDE) * 1e-6

    def forward():
        torch.tanh_(torch.nn.functional.conv2d(x, w, b, padding=1))

    def update():
        _, dw, db = torch.ops.aten.convolution_backward(
            d, x, w, [CHANNELS], [1, 1], [1, 1], [1, 1], False, [0, 0], 1, [False, True, True])
        w.add_(dw)
        b.add_(db)

    with torch.no_grad():
        times = {"forward": seconds(forward), "update": seconds(update)}
    return {**times, "step": times["forward"] + times["update"]}


def selvedge_times(selvedge):
    command = [selvedge, "bench", "--kernel", "convolution float32", "--rounds", "5", "--json"]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    return {(row["kernel"].split()[-1], row["batch"]): row["seconds"]
            for row in json.loads(output)["convolutions"]}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--selvedge", default=".build/native/release/selvedge",
                        help="the command to measure")
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    require_program(args.selvedge)
    pin_to_one_core()
    torch.set_num_threads(1)
    rounds = [({batch: pytorch_times(batch) for batch in (1, 32)}, selvedge_times(args.selvedge))
              for _ in range(args.rounds)]
    for batch in (1, 32):
        for name in ("forward", "update", "step"):
            own = statistics.median(ours[name, batch] for _, ours in rounds) * 1e6
            ratios = [theirs[batch][name] / ours[name, batch] for theirs, ours in rounds]
            print(f"batch {batch:<3} {name:<8} {own:8.1f} us, {statistics.median(ratios):.2f} times "
                  f"as fast as PyTorch ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
