#!/usr/bin/env bash
# Measures the models of tests/promises.rs in the emulator and writes tests/promises.txt: name, bytes of code above the weights and an
# empty program, bytes of stack of a prediction.
#   KIT=../../../shared/embedded ./promises.sh
set -euo pipefail
cd "$(dirname "$0")"
kit=$(realpath "${KIT:-../../../shared/embedded}") here=$PWD target=thumbv7em-none-eabihf
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r Cargo.toml Cargo.lock build.rs memory.x src "$work"
sed -i "s|path = \"../..\"|path = \"$(realpath ../..)\"|" "$work/Cargo.toml"
cd "$work"
find src/bin -name '*.rs' ! -name empty.rs -delete
models=$(sed -n 's/^    \([A-Z][A-Za-z]*\) = \[\(.*\)\];$/\1|\2/p' "$here/../../tests/promises.rs")
while IFS='|' read -r name layers; do
  printf '#![no_std]\n#![no_main]\nmeasure::predict!(Net = [%s], 0.3);\n' "$layers" >"src/bin/$name.rs"
done <<<"$models"
export CARGO_TARGET_DIR=$here/target/promises
"$kit/bin/cargo-mcu" build --quiet --release --target "$target" --bins
dir=$CARGO_TARGET_DIR/$target/release
code() { arm-none-eabi-size -A "$1" | awk '/^\.(text|rodata|vector_table|data) / { sum += $2 } END { print sum + 0 }'; }
data() { arm-none-eabi-nm -SC "$1" | awk '$4 ~ /::(PARAMS|X)$/ { print $2 }' | while read -r n; do echo $((16#$n)); done | awk '{ n += $1 } END { print n + 0 }'; }
empty=$(code "$dir/empty")
while IFS='|' read -r name _; do
  COUNT=measured COUNT_OUT=counts "$kit/bin/qemu-run" "$dir/$name"
  stack=$(sed -n 's/^fn measured .* stack=\([0-9]*\).*/\1/p' counts)
  echo "$name $(($(code "$dir/$name") - empty - $(data "$dir/$name"))) $stack"
done <<<"$models" | tee "$here/../../tests/promises.txt"
