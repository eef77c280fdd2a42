#!/usr/bin/env bash
# Builds and runs what is here for a Cortex-M4F in the emulator, and prints a table: instructions of a call, code (.text and
# .rodata above the weights and above an empty program), RAM (.data, .bss and the stack of the call).
#   KIT=../../../shared/embedded ./measure.sh [cargo arguments, e.g. --config 'profile.release.opt-level="s"']
set -euo pipefail
cd "$(dirname "$0")"
kit=${KIT:-../../../shared/embedded}
target=thumbv7em-none-eabihf
"$kit/bin/cargo-mcu" build --quiet --release --target "$target" --bins "$@"
dir=${CARGO_TARGET_DIR:-target/mcu}/$target/release
sections() { arm-none-eabi-size -A "$1" | awk -v names="$2" 'index(names, "|" $1 "|") { sum += $2 } END { print sum + 0 }'; }
code='|.text|.rodata|.vector_table|.data|' ram='|.data|.bss|.uninit|'
empty=$(sections "$dir/empty" "$code")
printf '%-12s %12s %10s %10s %10s %10s\n' work instructions code static stack RAM
# Weights, the input and its target, which are data of the program.
data() { arm-none-eabi-nm -SC "$1" | awk '$4 ~ /::(PARAMS|X|TARGET)$/ { print $2 }' | while read -r n; do echo $((16#$n)); done | awk '{ n += $1 } END { print n + 0 }'; }
for name in mlp cnn lstm sgd_large sgd_small adam_small sgd_frozen; do
  elf=$dir/$name
  counts=$(mktemp)
  if COUNT=measured COUNT_OUT=$counts "$kit/bin/qemu-run" "$elf"; then
    line=$(grep '^fn measured ' "$counts")
    insns=$(sed 's/.* max=\([0-9]*\).*/\1/' <<<"$line") stack=$(sed 's/.* stack=\([0-9]*\).*/\1/' <<<"$line")
  else
    insns=FAILED stack=0
  fi
  rm -f "$counts"
  static=$(sections "$elf" "$ram")
  printf '%-12s %12s %10s %10s %10s %10s\n' "$name" "$insns" \
    $(($(sections "$elf" "$code") - empty - $(data "$elf"))) "$static" "$stack" $((static + stack))
done
