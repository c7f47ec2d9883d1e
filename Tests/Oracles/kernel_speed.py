"""Matrix-vector product, update and both in one training step at batch 1: PyTorch against `selvedge bench`.

One thread on one core, float32; rounds are interleaved and the figures are medians over rounds. PyTorch writes into
tensors that are there already (`out=`, in place), so that it allocates nothing that it need not.
"""
import argparse
import json
import statistics
import subprocess
import time

import torch

from selvedge_oracle import require_program
from step_speed import pin_to_one_core

SHAPES = ((500, 784), (1024, 1024))


def seconds(body):
    """Of one call, from as many as take some 20 ms."""
    calls, start = 0, time.perf_counter()
    while time.perf_counter() - start < 0.02:
        body()
        calls += 1
    return (time.perf_counter() - start) / calls


def pytorch_times(rows, columns):
    w, x, d = torch.randn(rows, columns) * 0.01, torch.randn(columns), torch.randn(rows) * 1e-6
    y, target = torch.empty(rows), torch.sign(torch.randn(rows))

    def step():
        torch.mv(w, x, out=y)
        y.tanh_()
        delta = (target - y) * (1 - y * y) * 1e-6
        w.addr_(delta, x)

    with torch.no_grad():
        return {"multiply float32": seconds(lambda: torch.mv(w, x, out=y)),
                "update float32": seconds(lambda: w.addr_(d, x)),
                "step float32, fused": seconds(step)}


def selvedge_times(selvedge, rows, columns):
    command = [selvedge, "bench", "--shape", f"{rows}x{columns}", "--kernel", "float32",
               "--rounds", "5", "--json"]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    return {row["kernel"]: row["seconds"] for row in json.loads(output)["kernels"]}


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
    for rows, columns in SHAPES:
        rounds = [(pytorch_times(rows, columns), selvedge_times(args.selvedge, rows, columns))
                  for _ in range(args.rounds)]
        for name in rounds[0][0]:
            ratios = [ours[name] and theirs[name] / ours[name] for theirs, ours in rounds]
            own = statistics.median(ours[name] for _, ours in rounds) * 1e6
            print(f"{rows}x{columns} {name:<20} {own:7.1f} us, {statistics.median(ratios):.2f} times "
                  f"as fast as PyTorch ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
