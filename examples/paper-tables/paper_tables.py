#!/usr/bin/env python3
"""Trains every network of the tables in rows.py, and writes what came out.

    examples/paper-tables/paper_tables.py [--quick] [--only TEXT ...] [--list]

Options of a row that are to be chosen are chosen by validation accuracy alone; then seeds 1, 2 and
3 are trained with them, and only these read the test set. Every finished run is kept in
.build/paper-tables/runs.jsonl: what was interrupted goes on where it was, and nothing is trained
twice. Needs nothing but Python 3; the rows of PyTorch and scikit-learn need Tests/Oracles and are
left out, and say so, where --python has no torch.
"""
import argparse
import gzip
import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import report
from rows import FASHION, ROWS

ROOT = Path(__file__).resolve().parent.parent.parent
WORK = Path(".build/paper-tables")
ORACLES = Path("Tests/Oracles")
# A look at everything, for CI: nothing is chosen, and nothing is claimed. So many images of a role.
QUICK = {"train": 200, "t10k": 100}


class Runs:
    """Trainings, by their command; those done before are read, not repeated."""

    def __init__(self, programs, path):
        self.programs, self.path = programs, path
        self.done = {}
        if path.exists():
            for line in path.read_text().splitlines():
                run = json.loads(line)
                self.done[json.dumps(run["command"])] = run["result"]

    def run(self, program, options):
        """The JSON object that `program` prints with `options`, and the `seconds` it computed."""
        arguments = [word for name, value in sorted(options.items())
                     for word in ([f"--{name}"] if value is True else [f"--{name}", str(value)])]
        command = [program, *arguments]
        key = json.dumps(command)
        if key not in self.done:
            if program not in self.programs:
                raise LeftOut("has not been trained")
            print(" ".join(command), file=sys.stderr, flush=True)
            before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
            finished = subprocess.run([*self.programs[program], *arguments],
                                      capture_output=True, text=True)
            if finished.returncode != 0:
                raise RunFailed(finished.stderr.strip() or f"exit code {finished.returncode}")
            result = json.loads(finished.stdout)
            result.setdefault(
                "seconds", resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before)
            self.done[key] = result
            with self.path.open("a") as file:
                file.write(json.dumps({"command": command, "result": result}) + "\n")
        return self.done[key]


class RunFailed(Exception):
    """What a program said that ended with an error."""


class LeftOut(Exception):
    """What a row needs that is not there."""


def chosen(row, runs, seed_of_rows):
    """The values, of the options that `row` sweeps, with the best validation accuracy."""
    if row.like:
        return chosen(seed_of_rows[f"{row.group}/{row.like}"], runs, seed_of_rows)
    best = {option: values[0] for option, values in row.sweep.items()}
    for option, values in row.sweep.items():
        def score(value):
            return sum(
                runs.run(row.program, {**row.options, **best, option: value, **row.trial,
                                       "no-test": True, "seed": seed})["validation_accuracy"]
                for seed in row.trial_seeds)
        best[option] = max(values, key=score)
    return best


def measured(row, runs, by_key, seeds, quick):
    """What the table says of `row`: results of every seed, and the options that were chosen.

    `quick` is a folder of a few images, or None.
    """
    options = row.options
    choice = {}
    if quick:
        choice = {option: values[0] for option, values in row.sweep.items()}
        options = {**options, "epochs": 1}
        options.pop("samples", None)
        if options["data"] == FASHION:
            options["data"] = str(quick)
    else:
        choice = chosen(row, runs, by_key)
    # Without random numbers in it, one run says all.
    seeds = seeds if row.program != "classical" else seeds[:1]
    results = [runs.run(row.program, {**options, **choice, "seed": seed}) for seed in seeds]
    return {"group": row.group, "name": row.name, "program": row.program, "options": options,
            "chosen": choice, "results": results}


def shorten(data, folder):
    """Writes the first images of `data` and their labels into `folder`."""
    for role, count in QUICK.items():
        for name, header, size in ((f"{role}-images-idx3-ubyte", 16, 784),
                                   (f"{role}-labels-idx1-ubyte", 8, 1)):
            with gzip.open(Path(data) / f"{name}.gz") as file:
                magic, rest = file.read(4), file.read(header - 4)[4:]
                part = file.read(count * size)
            (folder / name).write_bytes(magic + count.to_bytes(4, "big") + rest + part)


def programs(args):
    """The command of every program that is there."""
    if shutil.which(args.selvedge) is None:
        sys.exit(f"paper_tables.py: there is no program {args.selvedge}; build it with: "
                 "swift build -c release --toolset boards/host-native.json --scratch-path .build/native")
    found = {"selvedge": [args.selvedge, "train", "--json"]}
    if not args.quick and shutil.which(args.python) is not None:
        for module, name in (("torch", "backpropagation"), ("sklearn", "classical")):
            has = subprocess.run([args.python, "-c", f"import {module}"], capture_output=True)
            if has.returncode == 0:
                found[name] = [args.python, str(ORACLES / f"{name}.py")]
    return found


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true",
                        help="our rows alone, few samples, 1 epoch, 1 seed, nothing chosen")
    parser.add_argument("--only", nargs="+", metavar="TEXT",
                        help="rows whose group/name has TEXT; a dot stands for its end")
    parser.add_argument("--list", action="store_true", help="print the rows' group/name")
    parser.add_argument("--cached", action="store_true", help="train nothing: rows that are done")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--selvedge", default=".build/native/release/selvedge", metavar="PROGRAM")
    parser.add_argument("--python", default=".build/python/bin/python", metavar="PROGRAM",
                        help="of the environment with Tests/Oracles/requirements.txt")
    parser.add_argument("--output", type=Path, metavar="FOLDER",
                        help="for table.md, table.json, curves-GROUP.svg (default: the runs' own)")
    args = parser.parse_args()
    os.chdir(ROOT)
    rows = [row for row in ROWS
            if not args.only or any(text in row.key + "." for text in args.only)]
    if args.list or not rows:
        print("\n".join(row.key for row in (rows or ROWS)))
        sys.exit(0 if rows else 2)

    work = WORK / "quick" if args.quick else WORK
    work.mkdir(parents=True, exist_ok=True)
    if args.quick:
        (work / "runs.jsonl").unlink(missing_ok=True)
        shorten(FASHION, work)
    found = programs(args)
    runs = Runs({} if args.cached else found, work / "runs.jsonl")
    seeds = args.seeds[:1] if args.quick else args.seeds
    by_key = {row.key: row for row in ROWS}
    table, missing, failed = [], [], []
    for row in rows:
        try:
            if not args.cached:
                require(row, found, args)
            table.append(measured(row, runs, by_key, seeds, work if args.quick else None))
        except LeftOut as reason:
            missing.append((row.key, str(reason)))
        except RunFailed as reason:
            failed.append((row.key, str(reason)))
        report.write(table, args.output or work)
    print(report.markdown(table))
    for key, why in missing:
        print(f"left out: {key}: {why}", file=sys.stderr)
    for key, why in failed:
        print(f"failed: {key}: {why}", file=sys.stderr)
    if failed or not table:
        sys.exit(f"paper_tables.py: {len(table)} rows, {len(failed)} failed")


def require(row, found, args):
    """Throws LeftOut unless the program and the data of `row` are there."""
    if row.program not in found:
        raise LeftOut("--quick has no oracles" if args.quick else
                      f"{args.python} cannot run Tests/Oracles/{row.program}.py")
    if not Path(row.options["data"]).exists():
        raise LeftOut(f"there is no {row.options['data']}; examples/gestures/fetch.sh fetches it")


if __name__ == "__main__":
    main()
