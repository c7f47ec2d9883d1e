#!/bin/sh
# Prints the README's table of learning results: every rule, three seeds, mean and sample standard
# deviation of the test accuracy. Backpropagation's column comes from Tests/Oracles/backpropagation.py.
#
#   examples/fashion-mnist/table.sh [PATH-OF-SELVEDGE] [DATA-DIRECTORY]
#
# EPOCHS and SEEDS may be set in the environment: EPOCHS=1 SEEDS="1 2 3" is a quick look.
set -eu
selvedge=${1:-.build/release/selvedge}
data=${2:-/usr/share/datasets/fashion-mnist}
epochs=${EPOCHS:-8}
seeds=${SEEDS:-1 2 3}

# accuracy NETWORK RULE PRECISION SEED: the test accuracy of one run, as a fraction
accuracy() {
  "$selvedge" train --data "$data" --hidden "$1" --rule "$2" --precision "$3" --seed "$4" \
    --epochs "$epochs" --json 2>/dev/null | sed -n 's/.*"test_accuracy": *\([0-9.e-]*\).*/\1/p'
}

# row NETWORK RULE PRECISION: one line of the table
row() {
  for seed in $seeds; do accuracy "$1" "$2" "$3" "$seed"; done |
    awk -v network="784-$1-10" -v rule="$2, $3" '
    { value = 100 * $1; sum += value; squares += value * value; list = list sprintf(" %.2f", value) }
    END {
      if (NR == 0) exit 1
      mean = sum / NR
      spread = NR > 1 ? sqrt((squares - NR * mean * mean) / (NR - 1)) : 0
      gsub(",", "-", network)
      printf "| %s | %s | %.2f ± %.2f |%s |\n", network, rule, mean, spread, list
    }'
}

echo "| network | rule, weights | test %, mean ± deviation | each seed |"
echo "|---|---|---|---|"
for rule in readout masked squared absolute direct frozen; do row 500 "$rule" float32; done
row 500 readout float16
for rule in readout masked frozen; do row 500,500 "$rule" float32; done
