"""The rows of the tables, as data: what is trained, and which of its options are chosen how."""
from dataclasses import dataclass, field

FASHION = "/usr/share/datasets/fashion-mnist"
SEQUENCES = ".build/aeon"  # Where examples/gestures/fetch.sh puts them.

LENET = "conv 16 5x5, pool 2, conv 32 3x3, pool 2, dense 256, output"
LENET_LOOKAHEAD = "conv 16 5x5 lookahead, pool 2, conv 32 3x3 lookahead, pool 2, dense 256, output"
VGG = ("conv 16 3x3, conv 16 3x3, pool 2, conv 32 3x3, conv 32 3x3, pool 2, "
       "conv 64 3x3, conv 64 3x3, pool 2, dense 128, output")
VGG_LOOKAHEAD = VGG.replace("3x3", "3x3 lookahead")


@dataclass(frozen=True)
class Row:
    """One row: a program, its options, and how some of them are chosen on validation data."""
    group: str
    name: str
    # What trains: ours or one of the oracles.
    program: str
    options: dict
    # Values to try of each option, one option after the other: each keeps the best so far of the
    # others, of those not yet tried the first.
    sweep: dict = field(default_factory=dict)
    # Options that differ while values are tried: fewer epochs, fewer samples.
    trial: dict = field(default_factory=dict)
    # Seeds over which the validation accuracy of a value is averaged.
    trial_seeds: tuple = (1,)
    # The row, by name, in the same group, whose chosen values are taken over.
    like: str | None = None

    @property
    def key(self):
        return f"{self.group}/{self.name}"


def ours(group, name, network, options, sweep=None, trial=None, **more):
    return Row(group, name, "selvedge", {"network": network, **options}, sweep or {}, trial or {},
               **more)


def theirs(group, name, network, options, sweep, trial=None, rule="backpropagation", **more):
    options = {"network": network, "rule": rule, **options}
    return Row(group, name, "backpropagation", options, sweep, trial or {}, **more)


def both_activations(group, network, options, rates, trial):
    return [theirs(group, f"backpropagation, {activation}", network,
                   {**options, "activation": activation}, {"rate": rates}, trial)
            for activation in ("relu", "tanh")]


def gradient_free(group, network, options, trial):
    return [
        theirs(group, "direct feedback alignment", network, {**options, "activation": "tanh"},
               {"rate": [0.05, 0.1, 0.2, 0.4]}, trial, rule="direct-feedback"),
        theirs(group, "simultaneous perturbation", network, {**options, "activation": "tanh"},
               {"rate": [0.0003, 0.001, 0.003]}, trial, rule="perturbation"),
    ]


def lenet():
    group = "lenet"
    options = {"data": FASHION, "epochs": 10}
    trial = {"epochs": 2, "samples": 20000}
    sweep = {"convolution-rate": [2, 1, 4, 0.5], "rate": [0.05, 0.1, 0.025, 0.0125],
             "output-rate": [0.1, 0.2, 0.05]}
    # The dense layer looks ahead too.
    joint = {**options, "head": "joint"}
    return [
        ours(group, "lookahead, joint head", LENET_LOOKAHEAD, joint,
             {"convolution-rate": [1, 2], "rate": [0.05, 0.1, 0.025], "output-rate": [0.1, 0.2]},
             trial),
        ours(group, "lookahead, joint head, float16", LENET_LOOKAHEAD,
             {**joint, "precision": "float16"}, like="lookahead, joint head"),
        ours(group, "lookahead, joint head, int8", LENET_LOOKAHEAD,
             {**joint, "precision": "int8"}, like="lookahead, joint head"),
        ours(group, "lookahead", LENET_LOOKAHEAD, options, sweep, trial),
        ours(group, "lookahead, readout head", LENET_LOOKAHEAD, {**options, "head": "readout"},
             like="lookahead"),
        ours(group, "lookahead, float16", LENET_LOOKAHEAD, {**options, "precision": "float16"},
             like="lookahead"),
        ours(group, "lookahead, int8", LENET_LOOKAHEAD, {**options, "precision": "int8"},
             like="lookahead"),
        ours(group, "local", LENET, options, sweep, trial),
        ours(group, "local, int8", LENET, {**options, "precision": "int8"}, like="local"),
        ours(group, "frozen", LENET, {**options, "rule": "frozen"},
             {"output-rate": [0.1, 0.2, 0.4]}, trial),
        *both_activations(group, LENET, options, [0.2, 0.4, 0.1, 0.8], trial),
        *gradient_free(group, LENET, options, trial),
    ]


def mlp():
    group, network = "mlp", "dense 256, dense 256, output"
    options, trial = {"data": FASHION, "epochs": 8}, {"epochs": 3}
    sweep = {"rate": [0.05, 0.1, 0.2], "output-rate": [0.1, 0.2, 0.05]}
    return [
        ours(group, "block of two", "dense 256 lookahead, dense 256, output", options, sweep,
             trial),
        ours(group, "local", network, options, sweep, trial),
        ours(group, "frozen", network, {**options, "rule": "frozen"},
             {"output-rate": [0.1, 0.2, 0.05]}, trial),
        *both_activations(group, network, options, [0.1, 0.2, 0.4, 0.8], trial),
        *gradient_free(group, network, options, trial),
    ]


def mlp_500():
    rows = []
    for group, network in (("mlp-500", "dense 500, output"),
                           ("mlp-500-500", "dense 500, dense 500, output")):
        options = {"data": FASHION, "epochs": 8}
        rows += [
            ours(group, "local", network, options),
            ours(group, "frozen", network, {**options, "rule": "frozen"}),
            *both_activations(group, network, options, [0.05, 0.1, 0.2, 0.4], {}),
        ]
    return rows


def within_a_budget():
    """What `selvedge fit 784-500-10 --budget BYTES` puts first, beside the same network elsewhere."""
    rows = []
    for budget, units, precision, batch in (
            ("64K", 64, "int8", 8), ("256K", 264, "int8", 32), ("1M", 448, "float16", 64)):
        group, data = f"within-{budget.lower()}", {"data": FASHION, "epochs": 8}
        network = f"dense {units} {precision}, output {precision}"
        options = {**data, "batch": batch, "arena": budget}
        rows += [
            ours(group, precision, network, options),
            ours(group, f"{precision}, frozen", network, {**options, "rule": "frozen"}),
            *both_activations(group, f"dense {units}, output", data, [0.1, 0.2, 0.4],
                              {"epochs": 3}),
        ]
    return rows


def vgg():
    group, options = "vgg-small", {"data": FASHION, "samples": 8000, "epochs": 5}
    trial = {"epochs": 2}
    sweep = {"convolution-rate": [2, 1]}
    return [
        ours(group, "lookahead", VGG_LOOKAHEAD, options, sweep, trial),
        ours(group, "local", VGG, options, like="lookahead"),
        ours(group, "local, int8", VGG, {**options, "precision": "int8"}, like="lookahead"),
        ours(group, "frozen", VGG, {**options, "rule": "frozen"}, {"output-rate": [0.2, 0.1]},
             trial),
        # From weights such as ours it does not leave the ground.
        theirs(group, "backpropagation, relu, He", VGG,
               {**options, "activation": "relu", "initial": "he"}, {"rate": [0.05, 0.1, 0.02]},
               trial),
    ]


def rows_28():
    group = "rows"
    options = {"data": FASHION, "sequence": "rows", "epochs": 4}
    trial = {"epochs": 2, "samples": 20000}
    sweep = {"rate": [0.1, 0.2, 0.05, 0.07], "output-rate": [0.2, 0.1, 0.4]}
    seeds = {"trial_seeds": (1, 2, 3)}
    memory_options = {**options, "batch": 32}
    recurrent = {"recurrent-rate": [1, 0.5, 0.25]}
    memory = "oscillators 5, dense 128, output"
    block = "oscillators 5, dense 128 lookahead, dense 128, output"
    bptt = {"activation": "tanh", "clip": 1, **options}
    return [
        ours(group, "oscillators 5, block of two", block, memory_options, sweep, **seeds),
        ours(group, "oscillators 5, block of two, readout head", block,
             {**memory_options, "head": "readout"}, like="oscillators 5, block of two"),
        ours(group, "oscillators 5, local", memory, memory_options, sweep, **seeds),
        ours(group, "oscillators 5, local, int8", memory, {**memory_options, "precision": "int8"},
             like="oscillators 5, local"),
        ours(group, "oscillators 5, frozen", memory, {**memory_options, "rule": "frozen"},
             {"output-rate": [0.1, 0.2, 0.05]}),
        ours(group, "oscillators 5, linear head", "oscillators 5, output", memory_options,
             {"output-rate": [0.05, 0.1, 0.02]}),
        ours(group, "elman 128, leak 0.5", "elman 128 leak 0.5, output", options,
             {"recurrent-rate": [0.3, 0.5]}),
        ours(group, "elman 128, leak 0.5, frozen", "elman 128 leak 0.5, output",
             {**options, "rule": "frozen"}, {"output-rate": [0.1, 0.2, 0.4]}, trial),
        ours(group, "gru 128", "gru 128, output", options, recurrent, trial),
        ours(group, "gru 128, its output rate chosen too", "gru 128, output", options,
             {**recurrent, "output-rate": [0.1, 0.2, 0.4, 0.8]}, trial),
        ours(group, "gru 128, frozen", "gru 128, output", {**options, "rule": "frozen"},
             {"output-rate": [0.1, 0.2, 0.4]}, trial),
        *(theirs(group, f"{name}, BPTT", f"{name}, output", bptt, {"rate": [2, 1, 4]})
          for name in ("gru 64", "gru 128")),
        theirs(group, "elman 128, BPTT", "elman 128, output", bptt, {"rate": [0.2, 0.1, 0.5]}),
    ]


def rows_20k():
    group = "rows-20k"
    options = {"data": FASHION, "sequence": "rows", "epochs": 3, "samples": 20000}
    sweep = {"recurrent-rate": [0.5, 1, 2, 4]}
    return [
        *(ours(group, name, f"{name}, output", options, sweep)
          for name in ("gru 64", "gru 64 trace", "gru 64, gru 64")),
        ours(group, "gru 64, frozen", "gru 64, output", {**options, "rule": "frozen"},
             {"output-rate": [0.1, 0.2, 0.4]}),
        theirs(group, "gru 64, BPTT", "gru 64, output",
               {"activation": "tanh", "clip": 1, **options}, {"rate": [2, 1, 4]}),
    ]


def long():
    group = "pixels"
    options = {"data": FASHION, "sequence": 4, "samples": 6000, "epochs": 12}
    network = "legendre 96, dense 32, output"
    single = {"batch": 1, **options}
    trial = {"epochs": 3}
    sweep = {"rate": [0.003, 0.006], "output-rate": [0.006]}
    return [
        ours(group, "legendre 96, dense 32, batch 1", network, single, sweep, trial),
        ours(group, "legendre 96, dense 32, batch 1, frozen", network,
             {**single, "rule": "frozen"}, {"output-rate": [0.006, 0.003]}, trial),
        ours(group, "legendre 96, linear head, batch 1", "legendre 96, output", single,
             {"output-rate": [0.003, 0.001]}, trial),
        theirs(group, "gru 64, BPTT", "gru 64, output",
               {"activation": "tanh", "clip": 1, **options}, {"rate": [1, 2, 4]},
               trial_seeds=(1, 2, 3)),
    ]


# What examples/gestures/choose.py chose on each small set for each head: a memory, and the rate of the output.
SMALL = {
    "BasicMotions": {
        "linear": ("oscillators 4 magnitude", 0.025), "frozen": ("oscillators 4 magnitude", 0.1),
        "local": ("oscillators 8 magnitude", 0.025)},
    "JapaneseVowels": {
        "linear": ("legendre 3", 0.1), "frozen": ("legendre 3", 0.4), "local": ("legendre 3", 0.4)},
    "ItalyPowerDemand": {
        "linear": ("legendre 7", 0.1), "frozen": ("oscillators 9", 0.025),
        "local": ("legendre 7", 0.025)},
    "GunPoint": {
        "linear": ("oscillators 16", 0.1), "frozen": ("oscillators 16", 0.4),
        "local": ("oscillators 8 magnitude", 0.4)},
    "PickupGestureWiimoteZ": {
        "linear": ("legendre 8", 0.1), "frozen": ("oscillators 8", 0.4),
        "local": ("oscillators 8", 0.4)},
}


def small():
    rows = []
    for group, chosen in SMALL.items():
        options = {"data": f"{SEQUENCES}/{group}", "batch": 8, "validation": 0,
                   "epochs": 60 if group == "JapaneseVowels" else 200}

        def row(name, like, rest, **more):
            memory, rate = chosen[like]
            return ours(group, name, f"{memory}, {rest}",
                        {**options, "rate": rate / 2, "output-rate": rate, **more})

        rows += [
            row("memory, dense 64", "local", "dense 64, output"),
            row("memory, dense 64, joint head", "local", "dense 64, output", head="joint"),
            row("memory, dense 64, frozen", "frozen", "dense 64, output", rule="frozen"),
            row("memory, linear head", "linear", "output"),
            # The training split alone is split, into other parts with every seed.
            theirs(group, "gru 32, BPTT", "gru 32, output",
                   {"activation": "tanh", "clip": 1, **options, "epochs": 60},
                   {"rate": [0.5, 0.2]}, {"validation": 0.25}, trial_seeds=(101, 102, 103)),
            Row(group, "scikit-learn", "classical", {"data": options["data"]}),
        ]
    return rows


ROWS = [*lenet(), *mlp(), *mlp_500(), *within_a_budget(), *rows_28(), *rows_20k(), *long(), *vgg(),
        *small()]
