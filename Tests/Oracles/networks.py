"""Networks in PyTorch, from the text that `selvedge train --network` takes.

A network is a list of layers, each with its activation and pooling inside, so that rules which
teach every layer by itself (`rules.py`) can stop between them.
"""
import torch

from selvedge_oracle import initial_weights

ACTIVATIONS = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh}


class Recurrent(torch.nn.Module):
    """Elman or GRU over [sample, step, value]: every state, or the last one of each sample."""

    def __init__(self, kind, inputs, units, is_last):
        super().__init__()
        cell = {"elman": torch.nn.RNN, "gru": torch.nn.GRU}[kind]
        self.cell, self.is_last = cell(inputs, units, batch_first=True), is_last
        self.floats_per_step = units * (5 if kind == "gru" else 1)  # r, u, n, U_n h and h

    def forward(self, x, lengths):
        states, _ = self.cell(x)
        if not self.is_last:
            return states
        return states[torch.arange(len(x)), lengths - 1]


class Network(torch.nn.Module):
    """`layers` in order; `lengths`, of sequences padded at their end, matter to recurrent layers."""

    def __init__(self, layers):
        super().__init__()
        self.layers = torch.nn.ModuleList(layers)

    def forward(self, x, lengths=None):
        for layer in self.layers:
            x = apply(layer, x, lengths)
        return x

    def costs(self, x, lengths):
        """What one sample x costs: (multiply-accumulates, sizes) of every layer.

        The former are of a forward pass; the latter are the numbers of floats that come out of
        each of its parts, of recurrent layers at every step, and are needed on the way back.
        """
        found = []
        with torch.no_grad():
            for layer in self.layers:
                parts = [layer] if isinstance(layer, Recurrent) else layer
                products, sizes = 0, []
                for part in parts:
                    read, x = x, apply(part, x, lengths)
                    if isinstance(part, Recurrent):
                        sizes.append(read.shape[1] * part.floats_per_step)
                        products += read.shape[1] * weights(part)
                    elif isinstance(part, (torch.nn.Conv2d, torch.nn.Linear, torch.nn.MaxPool2d)):
                        sizes.append(x.numel())
                        places = x[0, 0].numel() if isinstance(part, torch.nn.Conv2d) else 1
                        products += places * weights(part)
                found.append((products, sizes))
        return found

    def memory(self, costs):
        """Bytes that backpropagation holds for one sample: (as frameworks do, in place).

        Weights, their gradients and what comes out of every layer. In place, only the two largest
        neighbouring errors stand in for the gradients, unless weights are used at several steps.
        """
        parameters = sum(p.numel() for p in self.parameters())
        maps = [size for _, sizes in costs for size in sizes]
        held = 4 * (2 * parameters + sum(maps))
        if any(isinstance(layer, Recurrent) for layer in self.layers):
            return held, held
        return held, 4 * (parameters + sum(maps) + sum(sorted(maps)[-2:]))


def weights(part):
    return sum(p.numel() for p in part.parameters() if p.ndim > 1)


def apply(layer, x, lengths):
    return layer(x, lengths) if isinstance(layer, Recurrent) else layer(x)


def draw_as_he(model):
    """Weights as He et al. (arXiv 1502.01852) draw them, so that many layers of relu pass on."""
    for part in model.modules():
        if isinstance(part, (torch.nn.Conv2d, torch.nn.Linear)):
            torch.nn.init.kaiming_uniform_(part.weight, nonlinearity="relu")
            torch.nn.init.zeros_(part.bias)


def network(text, sample, classes, activation, seed):
    """The network that `text` describes for a sample of that shape, its weights drawn with `seed`.

    `sample` is a shape: (channels, rows, columns), (steps, values) or (values,). Dense layers start
    as Selvedge's do, the others as PyTorch's, which is the same bound.
    """
    torch.manual_seed(seed)
    descriptions = [words.split() for words in text.split(",")]
    layers, shape = [], tuple(sample)
    for k, (kind, *words) in enumerate(descriptions):
        named = [word for word in words if word in ACTIVATIONS]
        act = ACTIVATIONS[named[0] if named else activation]
        if kind == "conv":
            rows, columns = map(int, words[1].split("x"))
            part = torch.nn.Conv2d(shape[0], int(words[0]), (rows, columns), padding="same")
            layers.append(torch.nn.Sequential(part, act()))
            shape = (int(words[0]), *shape[1:])
        elif kind == "pool":
            side = int(words[0])
            layers[-1].append(torch.nn.MaxPool2d(side))
            shape = (shape[0], shape[1] // side, shape[2] // side)
        elif kind in ("elman", "gru"):
            is_last = descriptions[k + 1][0] not in ("elman", "gru")
            layers.append(Recurrent(kind, shape[-1], int(words[0]), is_last))
            shape = (int(words[0]),)
        elif kind in ("dense", "output"):
            inputs = torch.Size(shape).numel()
            units = int(words[0]) if words and words[0].isdigit() else classes
            part = torch.nn.Linear(inputs, units)
            with torch.no_grad():
                start = initial_weights(seed, len(layers), inputs, units)
                part.weight.copy_(torch.from_numpy(start.T))
                part.bias.zero_()
            flat = [torch.nn.Flatten()] if len(shape) > 1 else []
            layers.append(torch.nn.Sequential(*flat, part, *([act()] if kind == "dense" else [])))
            shape = (units,)
        else:
            raise SystemExit(f"--network: there is no layer '{kind}' here; there are conv, pool, "
                             "elman, gru, dense and output")
    return Network(layers)
