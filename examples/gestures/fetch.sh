#!/bin/sh
# Fetches small data sets of real sensors into .build/aeon, as NAME/NAME_TRAIN.ts and NAME/NAME_TEST.ts:
#
#     examples/gestures/fetch.sh
#
# They come out of a Python package, of which nothing is installed or run. Its version is a fixed one,
# since the checksums that CI compares depend on every value.
set -eu
cd "$(dirname "$0")/../.."

package=aeon==1.6.0
sets='BasicMotions JapaneseVowels ItalyPowerDemand GunPoint PickupGestureWiimoteZ'
target=.build/aeon

fail() {
  echo "fetch.sh: $*" >&2
  exit 1
}

missing=''
for name in $sets; do
  for role in TRAIN TEST; do
    [ -s "$target/$name/${name}_$role.ts" ] || missing="$missing $name"
  done
done
if [ -z "$missing" ]; then
  echo "$target holds $sets"
  exit 0
fi

command -v python3 >/dev/null || fail 'python3 is needed (Debian: apt-get install python3)'
python3 -m pip --version >/dev/null 2>&1 ||
  fail 'the module pip of python3 is needed (Debian: apt-get install python3-pip)'

# What is half done lies apart, so that a file in its place is whole.
work=$target/unpacking
rm -rf "$work"
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
  --ignore-requires-python --dest "$work" "$package" ||
  fail "pip could not download $package; is there a network, and an index that has it?"
python3 -m zipfile -e "$work"/aeon-*.whl "$work" || fail "$package is no sound archive"
for name in $sets; do
  mkdir -p "$target/$name"
  for role in TRAIN TEST; do
    file=${name}_$role.ts
    [ -s "$work/aeon/datasets/data/$name/$file" ] || fail "$package has no $name/$file"
    mv "$work/aeon/datasets/data/$name/$file" "$target/$name/$file"
  done
done
echo "$target holds $sets"
