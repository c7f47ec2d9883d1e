"""Forward and weight update of a convolution, 3x3x32x32 on a map of 14 x 14: PyTorch against `selvedge bench`.

One thread on one core, float32, at batch 1 and 32; rounds are interleaved and the figures are medians over rounds, of
the thread's own processor time on both sides. PyTorch computes what our update does: the gradient of weights
and biases, applied in place; not the gradient of its input, which no layer here needs.
"""
import torch

from bench_rounds import arguments, bench, compare, seconds

SIDE, CHANNELS = 14, 32


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
    times["step"] = times["forward"] + times["update"]
    return {f"batch {batch:<3} {name}": each for name, each in times.items()}


def selvedge_times(selvedge):
    rows = bench(selvedge, "--kernel", "convolution float32")["convolutions"]
    return {f"batch {row['batch']:<3} {row['kernel'].split()[-1]}": row["seconds"] for row in rows}


def main():
    args = arguments(__doc__)
    compare([(pytorch_times(1) | pytorch_times(32), selvedge_times(args.selvedge))
             for _ in range(args.rounds)])


if __name__ == "__main__":
    main()
