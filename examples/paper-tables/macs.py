"""Multiply-accumulates of one training sample, counted from the shapes alone.

A weight costs one in the forward pass and one in its update, for each place and step where it is
used. An error that goes back through a layer costs another: backpropagation's through every layer
but the first, a lookahead's through the layer behind. What is added without multiplying (local
readouts, whose weights are signs), activations and pooling are not counted.
"""


def layers(text, steps):
    """(kind, words, multiply-accumulates of a forward pass of one sample) of every layer of `text`.

    `text` begins with the shape of its input, of which a sequence has so many `steps`, and names
    the units of its output.
    """
    found, rows, columns, channels = [], 1, 1, 1
    for kind, *words in (layer.split() for layer in text.split(",")):
        here = 0
        if kind == "input":
            sides = [int(side) for side in words[0].split("x")]
            rows, columns, channels = (1, 1, *sides) if len(sides) == 1 else (*sides, 1)[:3]
            continue
        if kind == "pool":
            rows, columns = rows // int(words[0]), columns // int(words[0])
            continue
        units = int(words[0])
        if kind == "conv":
            window = words[1].split("x")
            here = rows * columns * units * int(window[0]) * int(window[1]) * channels
        elif kind == "oscillators":
            here = steps * 4 * units * channels
            units *= channels if "magnitude" in words else 2 * channels
            units -= 0 if "magnitude" in words else channels
        elif kind == "legendre":
            here = steps * units * (units + 1) * channels
            units *= channels
        elif kind in ("gru", "elman"):
            here = steps * (3 if kind == "gru" else 1) * units * (channels + units)
        else:
            here = rows * columns * channels * units
        if kind in ("dense", "output"):
            rows = columns = 1
        channels = units
        found.append((kind, words, here))
    return found


def of_training(text, steps=1, is_backpropagation=False, is_frozen=False):
    """Multiply-accumulates of one training sample; `text` and `steps` as in `layers`."""
    total, found = 0, layers(text, steps)
    for k, (kind, words, here) in enumerate(found):
        learns = kind not in ("oscillators", "legendre") and (not is_frozen or kind == "output")
        total += here * (2 if learns else 1)
        if k > 0 and (is_backpropagation or "lookahead" in found[k - 1][1]):
            total += here
        if "trace" in words:
            total += here  # Each weight's trace takes one more.
    return total
