"""The honest baseline: the same network trained by plain SGD backpropagation, in PyTorch.

Budget and recipe are those of `selvedge train`: 8 epochs, batch 64, rate falling linearly as
rate * (1 - s/S) over all S steps, softmax cross-entropy, initial weights from the counter
generator, 10 % of the training set held out for validation, inputs standardised by the scalar
mean and deviation of the training part. The test set is read only for the final figures.

--sweep chooses the rate by validation accuracy with seed 1, for each activation, and then
trains seeds 1, 2 and 3 with each activation's best rate.
"""
import argparse
import json
import statistics
import time

import numpy as np
import torch

from selvedge_oracle import DEFAULT_DATA, images_and_labels, initial_weights

ACTIVATIONS = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh}


def network(sizes, activation, seed):
    """Dense layers with `activation` between them, starting as Selvedge's do."""
    layers = []
    for k, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
        dense = torch.nn.Linear(inputs, outputs)
        with torch.no_grad():
            dense.weight.copy_(torch.from_numpy(initial_weights(seed, k, inputs, outputs).T))
            dense.bias.zero_()
        layers += [dense, ACTIVATIONS[activation]()]
    return torch.nn.Sequential(*layers[:-1])


def split(images, labels, seed, held_out):
    """(train images, labels), (validation images, labels), mean, deviation; images standardised."""
    order = np.random.default_rng(seed).permutation(len(images))
    validation, train = np.split(order, [round(held_out * len(images))])
    mean = float(images[train].mean(dtype=np.float64))
    deviation = float(images[train].std(dtype=np.float64))
    parts = [(standardised(images[ids], mean, deviation), torch.from_numpy(labels[ids]))
             for ids in (train, validation)]
    return *parts, mean, deviation


def standardised(images, mean, deviation):
    return torch.from_numpy((images - mean) / deviation)


def accuracy(model, images, labels):
    with torch.no_grad():
        guess = torch.cat([model(part).argmax(1) for part in images.split(1000)])
    return (guess == labels).double().mean().item()


def train(model, images, labels, rate, epochs, batch, seed):
    """Plain SGD, a new order every epoch; the last batch of an epoch may be smaller."""
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    loss_of = torch.nn.CrossEntropyLoss()
    orders = torch.Generator().manual_seed(seed)
    steps, step = epochs * -(-len(images) // batch), 0
    for _ in range(epochs):
        for ids in torch.randperm(len(images), generator=orders).split(batch):
            optimizer.param_groups[0]["lr"] = rate * (1 - step / steps)
            optimizer.zero_grad()
            loss_of(model(images[ids]), labels[ids]).backward()
            optimizer.step()
            step += 1


def run(args, data, seed, rate, activation):
    """One training: the network, its validation accuracy, and the scale of its inputs."""
    start = time.monotonic()
    training, validation, mean, deviation = split(*data, seed, args.validation)
    model = network([training[0].shape[1], *args.hidden, 10], activation, seed)
    train(model, *training, rate, args.epochs, args.batch, seed)
    result = accuracy(model, *validation)
    print(f"seed {seed}, {activation}, rate {rate:g}: validation {100 * result:.2f} %, "
          f"{time.monotonic() - start:.0f} s", flush=True)
    return model, result, mean, deviation


def best_rate(args, data, activation):
    """The rate with the best validation accuracy for seed 1, and every rate's accuracy."""
    found = {rate: run(args, data, 1, rate, activation)[1] for rate in args.rates}
    best = max(found, key=found.get)
    if best in (min(args.rates), max(args.rates)):
        print(f"warning: {activation} is best at {best:g}, an edge of the rates tried")
    return best, found


def measure(args, data, test, rate, activation):
    """Validation and test accuracy of every seed with this rate and activation."""
    validations, tests = [], []
    for seed in args.seeds:
        model, validation, mean, deviation = run(args, data, seed, rate, activation)
        images = standardised(test[0], mean, deviation)
        validations.append(validation)
        tests.append(accuracy(model, images, torch.from_numpy(test[1])))
    return {"activation": activation, "rate": rate, "seeds": args.seeds,
            "validation_accuracy": validations, "test_accuracy": tests,
            "mean": statistics.mean(tests),
            "spread": statistics.stdev(tests) if len(tests) > 1 else 0.0}


def markdown(args, row):
    sizes = "-".join(map(str, [784, *args.hidden, 10]))
    return (f"| {sizes} | backpropagation, {row['activation']} | {row['rate']:g} | {args.epochs} "
            f"| {len(args.seeds)} | {100 * row['mean']:.2f} ± {100 * row['spread']:.2f} |")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", default=DEFAULT_DATA, help="folder of the four gzipped IDX files")
    parser.add_argument("--hidden", type=int, nargs="+", default=[500],
                        help="units of each hidden layer")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--batch", type=int, default=64, help="samples per step")
    parser.add_argument("--validation", type=float, default=0.1,
                        help="held-out part of the training set")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--sweep", action="store_true",
                        help="choose the rate by validation accuracy")
    parser.add_argument("--rates", type=float, nargs="+", default=[0.02, 0.05, 0.1, 0.2, 0.4, 0.8],
                        help="rates of the sweep; without --sweep, the first is used")
    parser.add_argument("--activations", nargs="+", choices=ACTIVATIONS, default=list(ACTIVATIONS))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", metavar="FILE", help="also write the results here")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)

    data = images_and_labels(args.data, "train")
    sweeps, rates = {}, {}
    for activation in args.activations:
        if args.sweep:
            rates[activation], sweeps[activation] = best_rate(args, data, activation)
        else:
            rates[activation] = args.rates[0]
    test = images_and_labels(args.data, "t10k")
    rows = [measure(args, data, test, rates[activation], activation)
            for activation in args.activations]
    chosen = max(rows, key=lambda row: statistics.mean(row["validation_accuracy"]))

    print("\n| network | training | rate | epochs | seeds | test accuracy, % |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        print(markdown(args, row))
    print(f"best by validation: {chosen['activation']}, rate {chosen['rate']:g}")
    if args.json:
        report = {"hidden": args.hidden, "epochs": args.epochs, "batch": args.batch,
                  "sweep": sweeps, "rows": rows,
                  "chosen": {key: chosen[key] for key in ("activation", "rate")}}
        with open(args.json, "w") as file:
            json.dump(report, file, indent=1)


if __name__ == "__main__":
    main()
