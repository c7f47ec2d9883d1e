#!/bin/sh
# Prints the README's table of learning results: every rule, three seeds, mean and sample standard
# deviation of the test accuracy. Backpropagation's column comes from examples/paper-tables.
#
#   examples/fashion-mnist/table.sh [PATH-OF-SELVEDGE] [DATA-DIRECTORY]
#
# EPOCHS and SEEDS may be set in the environment: EPOCHS=1 SEEDS="1 2 3" is a quick look.
set -eu
selvedge=${1:-.build/native/release/selvedge}
data=${2:-/usr/share/datasets/fashion-mnist}
epochs=${EPOCHS:-8}
seeds=${SEEDS:-1 2 3}

fail() {
  echo "table.sh: $*" >&2
  exit 1
}

# shellcheck disable=SC2086 # The seeds are words.
set -- $seeds
[ $# -gt 0 ] || fail "SEEDS names no seed"
command -v "$selvedge" >/dev/null || fail "there is no program $selvedge; build it with:" \
  "swift build -c release --toolset boards/host-native.json --scratch-path .build/native"
remarks=$(mktemp)
trap 'rm -f "$remarks"' EXIT

# accuracy SEED NETWORK RULE PRECISION [OPTION...]: the test accuracy of one run, as a fraction
accuracy() {
  seed=$1 hidden=$2 rule=$3 precision=$4
  shift 4
  result=$("$selvedge" train --data "$data" --hidden "$hidden" --rule "$rule" \
    --precision "$precision" --seed "$seed" --epochs "$epochs" --json "$@" 2>"$remarks") || {
    cat "$remarks" >&2
    fail "no result for 784-$hidden-10, $rule, $precision $*, seed $seed"
  }
  echo "$result" | sed -n 's/.*"test_accuracy": *\([0-9][0-9.e-]*\).*/\1/p' | grep . ||
    fail "no test accuracy for 784-$hidden-10, $rule, $precision $*, seed $seed, in: $result"
}

# row NETWORK RULE PRECISION [OPTION...]: one line of the table, of every seed
row() {
  results=
  for each in $seeds; do
    found=$(accuracy "$each" "$@") || exit 1
    results="$results $found"
  done
  network=$1 rule=$2 precision=$3
  shift 3
  echo "$results" | awk -v network="784-$network-10" -v rule="$rule, $precision${*:+, $*}" '{
    for (i = 1; i <= NF; i++) {
      value = 100 * $i; sum += value; squares += value * value
      list = list sprintf(" %.2f", value)
    }
    mean = sum / NF
    spread = NF > 1 ? sqrt((squares - NF * mean * mean) / (NF - 1)) : 0
    gsub(",", "-", network)
    printf "| %s | %s | %.2f ± %.2f |%s |\n", network, rule, mean, spread, list
  }'
}

echo "| network | rule, weights | test %, mean ± deviation | each seed |"
echo "|---|---|---|---|"
for rule in readout masked squared absolute direct frozen; do row 500 "$rule" float32; done
for rule in readout masked frozen; do row 500 "$rule" int8; done
row 500 readout int8 --rounding nearest
row 500 readout float16
row 500 readout float16 --rounding stochastic
for precision in float32 float16 int8; do row 500 readout "$precision" --batch 1; done
for precision in float16 int8; do
  other=stochastic
  [ "$precision" = float16 ] || other=nearest
  row 500 readout "$precision" --batch 1 --rounding "$other"
done
for rule in readout masked frozen; do row 500,500 "$rule" float32; done
row 500,500 readout int8
