"""PyTorch against `selvedge bench`: rounds of both, one after the other, on one core."""
import argparse
import json
import statistics
import subprocess
import time

import torch

from selvedge_oracle import require_program
from step_speed import pin_to_one_core


def arguments(description):
    """What both timing programs are told; from then on there is one core and one thread."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--selvedge", default=".build/native/release/selvedge",
                        help="the command to measure")
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    require_program(args.selvedge)
    pin_to_one_core()
    torch.set_num_threads(1)
    return args


def seconds(body):
    """The thread's own processor time of one call, from as many as take some 20 ms."""
    body()
    calls, start = 0, time.thread_time()
    while time.thread_time() - start < 0.02:
        body()
        calls += 1
    return (time.thread_time() - start) / calls


def bench(selvedge, *options):
    """What `selvedge bench` measures with `options`, which takes processor time too."""
    command = [selvedge, "bench", *options, "--rounds", "5", "--json"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def compare(rounds):
    """Prints a line for each name in `rounds`, pairs of PyTorch's seconds and ours, each by name."""
    for name in rounds[0][0]:
        own = statistics.median(ours[name] for _, ours in rounds) * 1e6
        ratios = [theirs[name] / ours[name] for theirs, ours in rounds]
        print(f"{name:<30} {own:8.1f} us, {statistics.median(ratios):.2f} times as fast as PyTorch "
              f"({min(ratios):.2f} to {max(ratios):.2f})")
