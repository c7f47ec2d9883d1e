"""Matrix-vector product, update and both in one training step at batch 1: PyTorch against `selvedge bench`.

One thread on one core, float32; rounds are interleaved and the figures are medians over rounds, of the thread's own
processor time on both sides. PyTorch writes into tensors that are there already (`out=`, in place), so that it
allocates nothing that it need not.
"""
import torch

from bench_rounds import arguments, bench, compare, seconds

SHAPES = ((500, 784), (1024, 1024))


def pytorch_times(rows, columns):
    w, x, d = torch.randn(rows, columns) * 0.01, torch.randn(columns), torch.randn(rows) * 1e-6
    y, target = torch.empty(rows), torch.sign(torch.randn(rows))

    def step():
        torch.mv(w, x, out=y)
        y.tanh_()
        delta = (target - y) * (1 - y * y) * 1e-6
        w.addr_(delta, x)

    with torch.no_grad():
        times = {"multiply float32": seconds(lambda: torch.mv(w, x, out=y)),
                 "update float32": seconds(lambda: w.addr_(d, x)),
                 "step float32, fused": seconds(step)}
    return {f"{rows}x{columns} {name}": each for name, each in times.items()}


def selvedge_times(selvedge, rows, columns):
    shape = f"{rows}x{columns}"
    found = bench(selvedge, "--shape", shape, "--kernel", "float32")["kernels"]
    return {f"{shape} {row['kernel']}": row["seconds"] for row in found}


def main():
    args = arguments(__doc__)
    for shape in SHAPES:
        compare([(pytorch_times(*shape), selvedge_times(args.selvedge, *shape))
                 for _ in range(args.rounds)])


if __name__ == "__main__":
    main()
