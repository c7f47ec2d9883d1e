#!/usr/bin/env bash
# Builds the C library of a board and packs it: `boards/release.sh BOARD [DIRECTORY]` writes
# selvedge-VERSION-BOARD.tar.gz into DIRECTORY (.build/release), and what is in it beside.
# `boards/release.sh --traits Float32,Maps BOARD` builds in these parts of the runtime alone (Package.swift lists
# them), as selvedge-VERSION-BOARD-float32-maps.tar.gz.
#
# The archive is the same byte for byte wherever and whenever it is built by the same compiler.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  echo "boards/release.sh: $*" >&2
  exit 1
}

traits=()
if [ "${1-}" = --traits ] && [ $# -ge 2 ]; then
  traits=(--traits "$2")
  shift 2
fi
bundle=boards/selvedge.artifactbundle
board=${1-}
output=${2-.build/release}
if [ $# -lt 1 ] || [ $# -gt 2 ]; then
  echo "usage: boards/release.sh [--traits LIST] BOARD [DIRECTORY]" >&2
  exit 2
fi
grep -q "\"$board\":" $bundle/info.json || fail "no board '$board'; selvedge boards lists them"
folder=$(tr -d '\n' <$bundle/info.json | sed -n "s|.*\"$board\": *{[^[]*\[{ *\"path\": *\"\([^\"]*\)\".*|\1|p")
triple=$(sed -n 's|^ *"\([a-z0-9_]*-[a-z0-9_-]*\)": {.*|\1|p' "$bundle/$folder/swift-sdk.json")

header=Sources/SelvedgeC/include/selvedge.h
number=$(sed -n 's|^#define SELVEDGE_VERSION 0x\([0-9a-f]*\)u$|\1|p' $header)
version=$((16#$number >> 16)).$((16#$number >> 8 & 255)).$((16#$number & 255))
suffix=$(tr ',' '-' <<<"${traits[1]+-${traits[1]}}" | tr '[:upper:]' '[:lower:]')
name=selvedge-$version-$board$suffix
scratch=.build/release-$board$suffix
# SwiftPM orders traits by chance otherwise, and compiles all again when that changes.
export SWIFT_DETERMINISTIC_HASHING=1

# core: the flags that name the core, each once.
core() {
  grep -o '[^"]*\.json' "$bundle/$folder/swift-sdk.json" | while read -r toolset; do
    grep -ohE -- '-m(arch|cpu|fpu)=[a-z0-9.+-]*' "$bundle/$folder/$toolset"
  done | awk '!seen[$0]++' | paste -sd ' '
}

# What the consumer's compiler has to say of itself, as a list of macros, and in words.
case $triple in
  x86_64-*)
    abi="x86-64 with 64-bit pointers" macros="__x86_64__;__LP64__" flags="-m64" binutils=""
    ;;
  aarch64-*)
    abi="AArch64, little-endian" macros="__aarch64__;__LP64__;__AARCH64EL__"
    flags="-mlittle-endian" binutils=aarch64-linux-gnu-
    ;;
  armv7-*)
    abi="ARMv7-A with floats in registers (hard)" macros="__arm__;__ARM_ARCH_7A__;__ARM_PCS_VFP"
    flags="$(core) -mfloat-abi=hard" binutils=arm-linux-gnueabihf-
    ;;
  armv7em-*)
    abi="ARMv7E-M with floats in registers (hard)"
    macros="__arm__;__ARM_ARCH_7EM__;__ARM_PCS_VFP"
    flags="$(core) -mfloat-abi=hard" binutils=arm-none-eabi-
    ;;
  *) fail "$board is for '$triple', which nobody has said the C compilers' words for" ;;
esac

# tool NAME: the toolchain's own; the system's may be older.
tool() {
  swiftc -print-target-info |
    sed -n "s|.*\"runtimeResourcePath\": \"\(.*\)/lib/swift\".*|\1/bin/$1|p"
}

# build LIBRARY: one object with the functions of selvedge.h alone to be seen, as lib/LIBRARY.
build() {
  local library=$1 log=$scratch/log objects roots
  mkdir -p "$scratch"
  swift build -c release --swift-sdks-path boards --swift-sdk "$board" --product SelvedgeC \
    --scratch-path "$scratch/$library" -Xswiftc -no-allocations -Xswiftc -Osize -Xswiftc -gnone \
    -Xswiftc -file-prefix-map -Xswiftc "$PWD=." "${traits[@]}" >"$log" 2>&1 || {
    cat "$log" >&2
    fail "the library for $board does not build"
  }
  mapfile -t objects < <(
    LC_ALL=C find -L "$scratch/$library/release/Selvedge.build" \
      "$scratch/$library/release/SelvedgeC.build" -name '*.o' | LC_ALL=C sort
  )
  mapfile -t roots < <("$(tool llvm-nm)" --defined-only "${objects[@]}" 2>/dev/null |
    awk '$2 == "T" && $3 ~ /^selvedge_/ { print "--undefined=" $3 }' | LC_ALL=C sort)
  "${binutils}ld" -r --gc-sections "${roots[@]}" "${objects[@]}" -o "$scratch/$library/selvedge.o"
  "$(tool llvm-objcopy)" --strip-debug --strip-unneeded --wildcard \
    --keep-global-symbol='selvedge_*' --remove-section=.swift1_autolink_entries \
    --remove-section=.comment --remove-section=.swift_modhash "$scratch/$library/selvedge.o"
  rm -f "$root/lib/$library"
  "$(tool llvm-ar)" rcsD "$root/lib/$library" "$scratch/$library/selvedge.o"
}

# fill TEMPLATE FILE
fill() {
  sed -e "s|@BOARD@|$board|g" -e "s|@VERSION@|$version|g" -e "s|@ABI@|$abi|g" \
    -e "s|@MACROS@|$macros|g" -e "s|@FLAGS@|$flags|g" "boards/release/$1" >"$root/$2"
}

root=$output/$name
rm -rf "$root"
mkdir -p "$root"/{include,lib/pkgconfig,lib/cmake/Selvedge}
cp $header "$root/include/"
cp LICENSE "$root/"
build libselvedge.a
fill README.md.in README.md
fill selvedge.pc.in lib/pkgconfig/selvedge.pc
fill SelvedgeConfig.cmake.in lib/cmake/Selvedge/SelvedgeConfig.cmake
fill SelvedgeConfigVersion.cmake.in lib/cmake/Selvedge/SelvedgeConfigVersion.cmake
find "$root" -type d -exec chmod 755 {} + -o -exec chmod 644 {} +
tar --create --format=ustar --sort=name --owner=0 --group=0 --numeric-owner \
  --mtime="@${SOURCE_DATE_EPOCH-1767225600}" --directory "$output" "$name" |
  gzip --no-name --best >"$output/$name.tar.gz"
echo "$output/$name.tar.gz"
