"""Checks that weights travel to PyTorch and back: selvedge export, PyTorch, selvedge import.

1. `selvedge export` writes layers.N.weight [out, in] and layers.N.bias, float32, with mean,
   deviation and activation as metadata; PyTorch must then measure the accuracy that
   `selvedge evaluate` measures.
2. PyTorch changes the network: one epoch of SGD on the first five classes only, so that the test
   accuracy moves far (an import that changed nothing cannot pass).
3. `selvedge import` reads it; `selvedge evaluate` must measure what PyTorch measures, and a second
   export must give the same tensors, number for number (--rounding allows for narrower weights).

Exits 1 when a check fails.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from selvedge_oracle import DEFAULT_DATA, images_and_labels, require_program

ACTIVATIONS = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU, "sigmoid": torch.nn.Sigmoid,
               "linear": torch.nn.Identity}
TOLERANCE = 0.0005  # of accuracy: 5 of 10,000 test images


class Checks:
    def __init__(self):
        self.failed = 0

    def expect(self, holds, sentence):
        print(f"{'ok' if holds else 'FAILED'}: {sentence}")
        self.failed += not holds


def read(path):
    """(tensors by name, metadata) of one safetensors file."""
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}


def network(tensors, activation):
    """The tensors as a PyTorch network that takes standardised inputs; it shares their memory."""
    layers = []
    for k in range(len(tensors) // 2):
        weight, bias = tensors[f"layers.{k}.weight"], tensors[f"layers.{k}.bias"]
        dense = torch.nn.Linear(weight.shape[1], weight.shape[0])
        dense.weight, dense.bias = torch.nn.Parameter(weight), torch.nn.Parameter(bias)
        layers += [dense, ACTIVATIONS[activation]()]
    return torch.nn.Sequential(*layers[:-1])


def accuracy(model, images, labels):
    with torch.no_grad():
        return (model(images).argmax(1) == labels).double().mean().item()


def fine_tune(model, images, labels, rate=0.05, batch=64):
    """One epoch of plain SGD, in place."""
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    for x, label in zip(images.split(batch), labels.split(batch)):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), label).backward()
        optimizer.step()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", help="a trained model file of dense layers")
    parser.add_argument("--selvedge", default=".build/native/release/selvedge",
                        help="the command to check")
    parser.add_argument("--data", default=DEFAULT_DATA, help="folder of the four gzipped IDX files")
    parser.add_argument("--rounding", type=float, default=0.0,
                        help="how far from its value a number may come back")
    args = parser.parse_args()
    require_program(args.selvedge)
    torch.set_num_threads(1)
    checks = Checks()

    def selvedge(*words):
        command = [args.selvedge, *map(str, words)]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout

    def evaluated(model):
        report = json.loads(selvedge("evaluate", model, "--data", args.data, "--json"))
        return report["test_accuracy"]

    def expect_same_accuracy(ours, theirs, when):
        checks.expect(abs(ours - theirs) <= TOLERANCE,
                      f"{when}: selvedge {ours:.4f}, PyTorch {theirs:.4f}, within {TOLERANCE}")

    with tempfile.TemporaryDirectory() as folder:
        sent, changed, returned = (
            Path(folder) / f"{name}.safetensors" for name in ("sent", "changed", "returned"))
        selvedge("export", args.model, sent)
        tensors, metadata = read(sent)
        wanted = {f"layers.{k}.{part}"
                  for k in range(len(tensors) // 2) for part in ("weight", "bias")}
        checks.expect(tensors and set(tensors) == wanted,
                      f"exported tensors are {', '.join(sorted(tensors))}")
        checks.expect(all(tensor.dtype == torch.float32 for tensor in tensors.values()),
                      "all tensors are float32")
        mean, deviation = float(metadata["mean"]), float(metadata["deviation"])
        model = network(tensors, metadata["activation"])

        def prepared(part):
            pixels, labels = map(torch.from_numpy, images_and_labels(args.data, part))
            return (pixels - mean) / deviation, labels

        test = prepared("t10k")
        before = accuracy(model, *test)
        expect_same_accuracy(evaluated(args.model), before, "as exported")

        images, labels = prepared("train")
        few = labels < 5
        fine_tune(model, images[few], labels[few])
        after = accuracy(model, *test)
        checks.expect(abs(after - before) > 0.05,
                      f"fine-tuning moved the accuracy, {before:.4f} to {after:.4f}")
        save_file(tensors, changed, metadata=metadata)

        new = Path(folder) / "new.model"
        selvedge("import", changed, "--like", args.model, "--output", new)
        expect_same_accuracy(evaluated(new), after, "as imported")

        selvedge("export", new, returned)
        again, _ = read(returned)
        same_names = set(again) == set(tensors)
        checks.expect(same_names, "the second export has the same tensors")
        if same_names:
            furthest = max((again[name] - tensors[name]).abs().max().item() for name in tensors)
            checks.expect(furthest <= args.rounding,
                          f"numbers came back within {args.rounding:g} (furthest {furthest:g})")
    sys.exit(1 if checks.failed else 0)


if __name__ == "__main__":
    main()
