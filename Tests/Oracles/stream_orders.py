"""Regenerates Tests/Vectors/streams.json: in which order a stream shows samples, index for index.

Written from the definitions alone. Si-Blurry (Moon et al., arXiv 2308.09303): classes are shuffled, and a part of
them is disjoint, each in one task as a whole; the others are laid one behind the other and cut into tasks at
random places; a part of their samples is pooled, shuffled and dealt to the tasks anew, at random cuts. Samples
within a task are shuffled.

Every choice is made by a counter generator of the seed and a stream, in units of 2^32: 1 + n for the split (0) and
the order of epoch n (1 + n), 5 for the classes, 6 for the pool, 6 and 1, 2, 3 for the cuts of classes, of blurred
classes and of the pool. A number below n is the upper 64 bits of a word times n.
"""
import argparse
import bisect
import json
from pathlib import Path

from selvedge_oracle import VECTORS, counter_word, stream_key

UNIT = 1 << 32
CLASSES, POOL, CUTS = 5 * UNIT, 6 * UNIT, 6 * UNIT


def below(key, counter, limit):
    return counter_word(key, counter) * limit >> 64


def shuffled(things, seed, stream):
    """Fisher and Yates's shuffle, from the last thing down."""
    things, key = list(things), stream_key(seed, stream)
    for i in range(len(things) - 1, 0, -1):
        choice = below(key, i, i + 1)
        things[i], things[choice] = things[choice], things[i]
    return things


def cuts(seed, number, count, tasks):
    key = stream_key(seed, CUTS + number)
    return sorted(below(key, i, count + 1) for i in range(tasks - 1))


def half_up(x):
    return int(x + 0.5)


def mixed(labels, seed, epoch):
    return shuffled(range(len(labels)), seed, UNIT + 1 + epoch)


def in_tasks(samples, tasks, task_of):
    return [sample for task in range(tasks) for sample in samples if task_of[sample] == task]


def disjoint(labels, seed, epoch, tasks):
    """The classes dealt to tasks, as evenly as can be."""
    classes = shuffled(sorted(set(labels)), seed, CLASSES)
    used = min(tasks, len(classes))
    task = {label: place * used // len(classes) for place, label in enumerate(classes)}
    return in_tasks(mixed(labels, seed, epoch), tasks, [task[label] for label in labels])


def blurry(labels, seed, epoch, tasks, part_disjoint, part_blurred):
    samples = mixed(labels, seed, epoch)
    classes = shuffled(sorted(set(labels)), seed, CLASSES)
    apart = half_up(len(classes) * part_disjoint)
    task_of = [None] * len(labels)

    class_cuts = cuts(seed, 1, apart, tasks)
    for place, label in enumerate(classes[:apart]):
        for sample in samples:
            if labels[sample] == label:
                task_of[sample] = bisect.bisect_right(class_cuts, place)

    line = [s for label in classes[apart:] for s in samples if labels[s] == label]
    line_cuts = cuts(seed, 2, len(line), tasks)
    for place, sample in enumerate(line):
        task_of[sample] = bisect.bisect_right(line_cuts, place)

    pool = shuffled(line, seed, POOL)[:half_up(len(line) * part_blurred)]
    pool_cuts = cuts(seed, 3, len(pool), tasks)
    for place, sample in enumerate(pool):
        task_of[sample] = bisect.bisect_right(pool_cuts, place)
    return in_tasks(samples, tasks, task_of)


def cases():
    for classes, count, seed in ((10, 120, 1), (10, 120, 2), (7, 61, 99), (3, 40, 2**63 + 5)):
        # Uneven classes, in no order.
        labels = [below(stream_key(seed, 0), i, classes * classes) % (i % classes + 1) for i in range(count)]
        for epoch in (0, 1):
            for tasks in (2, 5, 12):
                yield {"seed": str(seed), "epoch": epoch, "labels": labels, "tasks": tasks,
                       "order": disjoint(labels, seed, epoch, tasks)}
            for tasks, apart, blurred in ((5, 0.5, 0.1), (4, 0, 1), (3, 1, 0.5), (6, 0.3, 0.3), (1, 0.5, 0.5)):
                yield {"seed": str(seed), "epoch": epoch, "labels": labels, "tasks": tasks,
                       "disjoint": apart, "blurred": blurred,
                       "order": blurry(labels, seed, epoch, tasks, apart, blurred)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--output", type=Path, default=VECTORS / "streams.json")
    result = {"cases": list(cases())}
    for case in result["cases"]:
        assert sorted(case["order"]) == list(range(len(case["labels"])))
    parser.parse_args().output.write_text(json.dumps(result, separators=(",", ":")) + "\n")
