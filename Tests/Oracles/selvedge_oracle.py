"""What the oracle scripts share: the counter generator, what is drawn from it, and Fashion-MNIST.

Written for clarity and from the definitions alone; nothing here calls Selvedge.
All integer arithmetic is modulo 2^64. Weight arrays are [in, out] in C order.
"""
import gzip
import shutil
import sys
from pathlib import Path

import numpy as np

DEFAULT_DATA = "/usr/share/datasets/fashion-mnist"
VECTORS = Path(__file__).resolve().parent.parent / "Vectors"
MODULUS_MASK = 2**64 - 1
GAMMA = 0x9E3779B97F4A7C15
SIGNS, CARE_MASK = 0, 1  # streams of the projection counter


def mix64(z):
    """The SplitMix64 finaliser of a Python integer or of a uint64 array."""
    z = z & MODULUS_MASK
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MODULUS_MASK
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MODULUS_MASK
    return z ^ (z >> 31)


def stream_key(seed, layer):
    """The key of one layer's numbers for one seed."""
    return mix64(seed + GAMMA * (layer + 1))


def counter_word(key, index):
    """The 64 random bits at `index` (a Python integer or a uint64 array) of the stream `key`."""
    return mix64(key + GAMMA * (index + 1))


def projection_word(seed, layer, stream, label, block):
    """64 bits of one class: those of units 64 * block up to 64 * block + 63."""
    return counter_word(stream_key(seed, layer), (stream << 56) + (label << 32) + block)


def projection(seed, layer, classes, units, ternary=False):
    """P [classes, units]: +1 where the sign bit is set, else -1.

    Ternary: 0 where the care bit is clear.
    """
    label = np.arange(classes, dtype=np.uint64)[:, None]
    unit = np.arange(units, dtype=np.uint64)[None, :]

    def bits(stream):
        words = projection_word(seed, layer, stream, label, unit >> np.uint64(6))
        return (words >> (unit & np.uint64(63)) & np.uint64(1)).astype(np.float64)

    signs = 2 * bits(SIGNS) - 1
    return signs * bits(CARE_MASK) if ternary else signs


def uniform(seed, layer, shape, bound=1.0):
    """float32 draws from U(-bound, bound), 24 bits each; element i in C order uses counter i."""
    key = stream_key(~seed & MODULUS_MASK, layer)
    index = np.arange(np.prod(shape), dtype=np.uint64)
    draws = (counter_word(key, index) >> np.uint64(40)) / 2.0**24
    return ((2 * draws - 1) * bound).astype(np.float32).reshape(shape)


def initial_weights(seed, layer, inputs, outputs):
    """The weights [inputs, outputs] that layer number `layer` starts from; biases start at 0."""
    return uniform(seed, layer, (inputs, outputs), 1 / np.sqrt(inputs))


def require_program(path):
    """Ends the script with a sentence if there is no program at `path`."""
    if shutil.which(path) is None:
        sys.exit(f"there is no program {path}; build it with: swift build -c release "
                 "--toolset boards/host-native.json --scratch-path .build/native")


def read_idx(path):
    """The array of unsigned bytes in one gzipped IDX file."""
    raw = gzip.decompress(Path(path).read_bytes())
    if raw[:3] != b"\0\0\x08":
        raise ValueError(f"{path}: not an IDX file of unsigned bytes")
    shape = [int.from_bytes(raw[4 * i : 4 * i + 4], "big") for i in range(1, raw[3] + 1)]
    return np.frombuffer(raw, np.uint8, offset=4 * len(shape) + 4).reshape(shape)


def images_and_labels(data, part):
    """Pixels [samples, 784], float32 in 0...255, and int64 labels; part is `train` or `t10k`."""
    images = read_idx(Path(data) / f"{part}-images-idx3-ubyte.gz")
    labels = read_idx(Path(data) / f"{part}-labels-idx1-ubyte.gz")
    return images.reshape(len(images), -1).astype(np.float32), labels.astype(np.int64)


def time_series(path):
    """Sequences [sample, step, value] padded with 0, their lengths, labels, class names."""
    names, sequences, labels, has_data = [], [], [], False
    for line in Path(path).read_text().splitlines():
        line = line.strip()
        if line.lower().startswith("@classlabel"):
            names = line.split()[2:]
        elif line.lower() == "@data":
            has_data = True
        elif has_data and line:
            *series, label = line.split(":")
            sequences.append(np.array([s.split(",") for s in series], np.float32).T)
            labels.append(names.index(label))
    lengths = np.array([len(s) for s in sequences])
    values = np.zeros((len(sequences), lengths.max(), sequences[0].shape[1]), np.float32)
    for row, sequence in zip(values, sequences):
        row[:len(sequence)] = sequence
    return values, lengths, np.array(labels), names


def load(data, role, sequence=None, is_map=False):
    """(values, lengths of sequences or None, labels, number of classes); role: `train` or `test`.

    Images come as rows, as sequences of so many values a step, as maps [1, 28, 28], or flat.
    """
    found = sorted(Path(data).glob(f"*_{role.upper()}.ts"))
    if found:
        values, lengths, labels, names = time_series(found[0])
        return values, lengths, labels, len(names)
    values, labels = images_and_labels(data, {"train": "train", "test": "t10k"}[role])
    lengths = None
    if sequence is not None:
        values = values.reshape(len(values), -1, 28 if sequence == "rows" else int(sequence))
        lengths = np.full(len(values), values.shape[1])
    elif is_map:
        values = values.reshape(len(values), 1, 28, 28)
    return values, lengths, labels, int(labels.max()) + 1
