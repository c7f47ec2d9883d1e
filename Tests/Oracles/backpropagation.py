"""The honest baseline: the same network trained in PyTorch, with the options of `selvedge train`.

Budget and recipe are those of `selvedge train`: batches of 64, rate falling linearly as
rate * (1 - s/S) over all S steps, softmax cross-entropy, 10 % of the training set held out for
validation, inputs standardised by the scalar mean and deviation of the training part. Plain SGD.
Recurrent layers learn through all steps (BPTT); `--clip` bounds the length of a gradient.

One run, one line of JSON. Which rate is best is for examples/paper-tables to find, on validation
data alone; `--no-test` leaves the test set unread.
"""
import argparse
import json
import time

import numpy as np
import torch

from networks import ACTIVATIONS, draw_as_he, network
from rules import RULES
from selvedge_oracle import DEFAULT_DATA, load


class Samples:
    """Standardised inputs [sample, ...], lengths of sequences or None, labels."""

    def __init__(self, values, lengths, labels, mean, deviation):
        self.x = torch.from_numpy((values - mean) / deviation)
        self.lengths = None if lengths is None else torch.from_numpy(lengths)
        self.labels = torch.from_numpy(labels)

    def batch(self, ids):
        return self.x[ids], None if self.lengths is None else self.lengths[ids], self.labels[ids]

    def __len__(self):
        return len(self.x)


def split(values, lengths, labels, seed, held_out):
    """(training samples, validation samples), mean, deviation."""
    order = np.random.default_rng(seed).permutation(len(values))
    validation, train = np.split(order, [round(held_out * len(values))])
    real = values[train]
    if lengths is not None and real.ndim == 3:  # Not the padding.
        real = real[np.arange(real.shape[1]) < lengths[train][:, None]]
    mean, deviation = (float(each) for each in (real.mean(dtype=np.float64),
                                                real.std(dtype=np.float64)))
    parts = [Samples(values[ids], None if lengths is None else lengths[ids], labels[ids],
                     mean, deviation) for ids in (train, validation)]
    return *parts, mean, deviation


def accuracy(model, samples):
    with torch.no_grad():
        right = 0
        for ids in torch.arange(len(samples)).split(1000):
            x, lengths, labels = samples.batch(ids)
            right += (model(x, lengths).argmax(1) == labels).sum().item()
    return right / len(samples)


def train(model, samples, validation, rule, args):
    """Plain SGD, a new order every epoch; the validation accuracy after each."""
    optimizer = torch.optim.SGD(model.parameters(), lr=args.rate)
    orders = torch.Generator().manual_seed(args.seed)
    steps, step, curve = args.epochs * -(-len(samples) // args.batch), 0, []
    for _ in range(args.epochs):
        for ids in torch.randperm(len(samples), generator=orders).split(args.batch):
            optimizer.param_groups[0]["lr"] = args.rate * (1 - step / steps)
            optimizer.zero_grad()
            rule(model, *samples.batch(ids))
            if args.clip:
                torch.nn.utils.clip_grad_norm_(model.parameters(), args.clip)
            optimizer.step()
            step += 1
        curve.append(accuracy(model, validation) if len(validation) else None)
    return curve


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", default=DEFAULT_DATA, help="folder, as selvedge train takes it")
    parser.add_argument("--network", default="dense 500, output",
                        help="layers, as selvedge train takes them: conv, pool, elman, gru, dense")
    parser.add_argument("--activation", choices=ACTIVATIONS, default="tanh")
    parser.add_argument("--initial", choices=("plain", "he"), default="plain",
                        help="initial weights: as selvedge's, or as He et al. draw them")
    parser.add_argument("--rule", choices=RULES, default="backpropagation")
    parser.add_argument("--sequence", help="rows, or values of a step: images as sequences")
    parser.add_argument("--samples", type=int, help="use only the first so many training samples")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--batch", type=int, default=64, help="samples per step")
    parser.add_argument("--rate", type=float, default=0.2)
    parser.add_argument("--clip", type=float, help="longest gradient (default: any)")
    parser.add_argument("--validation", type=float, default=0.1,
                        help="held-out part of the training set")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-test", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)

    is_map = args.network.split()[0] == "conv"
    values, lengths, labels, classes = load(args.data, "train", args.sequence, is_map)
    if args.samples:
        values, labels = values[:args.samples], labels[:args.samples]
        lengths = None if lengths is None else lengths[:args.samples]
    training, validation, mean, deviation = split(
        values, lengths, labels, args.seed, args.validation)
    model = network(args.network, values.shape[1:], classes, args.activation, args.seed)
    if args.initial == "he":
        draw_as_he(model)
    start = time.process_time()
    rule = RULES[args.rule](model, classes, args.seed)
    curve = train(model, training, validation, rule, args)
    seconds = time.process_time() - start
    test = None
    if not args.no_test:
        values, lengths, labels, _ = load(args.data, "test", args.sequence, is_map)
        test = accuracy(model, Samples(values, lengths, labels, mean, deviation))
    x, lengths, _ = training.batch(torch.arange(1))
    costs = model.costs(x, lengths)
    held, held_in_place = model.memory(costs)
    print(json.dumps({
        "test_accuracy": test, "validation_accuracy": curve[-1],
        "epochs": [{"epoch": k + 1, "validation_accuracy": value} for k, value in enumerate(curve)],
        "seconds": seconds, "parameter_bytes": 4 * sum(p.numel() for p in model.parameters()),
        "training_bytes": held, "training_bytes_in_place": held_in_place,
        "macs_training": rule.products(costs)}))


if __name__ == "__main__":
    main()
