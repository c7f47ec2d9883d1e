"""What scikit-learn makes of a small set of sequences: no network, no order of time learned.

Ridge regression, logistic regression and nearest neighbours, each on the flattened sequence (padded
at its end) and on statistics of every channel; which of them, by 5-fold cross-validation on the
training split. One line of JSON, as from backpropagation.py.
"""
import argparse
import json
import time
import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from selvedge_oracle import load


def statistics(values, lengths):
    """Mean, deviation, quantiles and mean absolute step of every channel, and the length."""
    rows = []
    for sequence, length in zip(values, lengths):
        real = sequence[:length]
        rows.append(np.concatenate([
            real.mean(0), real.std(0), *np.quantile(real, [0, 0.25, 0.5, 0.75, 1], axis=0),
            np.abs(np.diff(real, axis=0)).mean(0), [length]]))
    return np.array(rows)


def flattened(values, lengths, steps):
    """All values in order; a sequence longer than any in training is cut."""
    padded = np.zeros((len(values), steps, values.shape[2]), np.float32)
    padded[:, :values.shape[1]] = values[:, :steps]
    return padded.reshape(len(values), -1)


MODELS = [
    {"model": [RidgeClassifier()], "model__alpha": [0.1, 1, 10, 100, 1000]},
    {"model": [LogisticRegression(max_iter=2000)], "model__C": [0.01, 0.1, 1, 10]},
    {"model": [KNeighborsClassifier()], "model__n_neighbors": [1, 3, 5]},
]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", required=True, help="folder of NAME_TRAIN.ts and NAME_TEST.ts")
    parser.add_argument("--seed", type=int, default=1, help="of the folds")
    args = parser.parse_args()
    warnings.filterwarnings("ignore")

    values, lengths, labels, _ = load(args.data, "train")
    test, test_lengths, test_labels, _ = load(args.data, "test")
    steps = values.shape[1]
    inputs = {"flattened": (flattened(values, lengths, steps),
                            flattened(test, test_lengths, steps)),
              "statistics": (statistics(values, lengths), statistics(test, test_lengths))}
    folds = StratifiedKFold(min(5, np.bincount(labels).min()), shuffle=True,
                            random_state=args.seed)
    start, best = time.process_time(), None
    for name, (x, test_x) in inputs.items():
        search = GridSearchCV(Pipeline([("scale", StandardScaler()), ("model", RidgeClassifier())]),
                              MODELS,
                              cv=folds).fit(x, labels)
        if best is None or search.best_score_ > best[0].best_score_:
            best = search, name, test_x
    search, name, test_x = best
    print(json.dumps({
        "test_accuracy": search.score(test_x, test_labels),
        "validation_accuracy": search.best_score_, "seconds": time.process_time() - start,
        "model": f"{search.best_params_['model']} on {name}"}))


if __name__ == "__main__":
    main()
