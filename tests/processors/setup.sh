#!/usr/bin/env bash
# Installs what `cargo xtask processors` needs on Debian: a compiler with the standard library of other processors, linkers,
# and emulators. The toolchain of rustup stays as it is.
#
#   tests/processors/setup.sh [aarch64] [i686] [s390x]      default: all
#
# Run again at will: what is there is left as it is. The library is Debian's, unpacked into a folder of ours; of a processor
# for which Debian has none of the compiler's version it is built from source, which takes three minutes of a CPU.
set -euo pipefail
home=${KSEQ_PROCESSORS:-$HOME/.cache/kseq-processors}
names=("$@")
[ ${#names[@]} -gt 0 ] || names=(aarch64 i686 s390x)

# Debian's names: of the architecture, and in the packages of the C library.
debian() {
  case $1 in
    aarch64) echo arm64 arm64 ;;
    i686) echo i386 i386 ;;
    s390x) echo s390x s390x ;;
    *) echo "setup.sh: unknown processor $1: aarch64, i686 or s390x" >&2; exit 2 ;;
  esac
}

# 1. Compiler, linkers, emulators.
want=(rustc-web rust-web-src gcc libc6-dev)
for name in "${names[@]}"; do
  read -r _ libc <<< "$(debian "$name")"
  want+=("gcc-$name-linux-gnu" "libc6-dev-$libc-cross")
  # A 32-bit program needs no emulator here.
  [ "$name" = i686 ] || want+=(qemu-user)
done
missing=()
for package in "${want[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -qq
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
fi

# 2. A sysroot: the host's library, which proc macros need, and beside it those of the others.
rustc=/usr/bin/rustc
host=$($rustc -vV | sed -n 's/^host: //p')
version=$(dpkg-query -W -f '${Version}' rustc-web)
sysroot=$home/sysroot
if [ "$(cat "$home/version" 2>/dev/null)" != "$version" ]; then
  rm -rf "$sysroot"
  mkdir -p "$sysroot/lib/rustlib"
  ln -s "$($rustc --print sysroot)/lib/rustlib/$host" "$sysroot/lib/rustlib/$host"
  echo "$version" > "$home/version"
fi
mkdir -p "$home/bin"
printf '#!/bin/sh\nexec %s --sysroot "%s" "$@"\n' "$rustc" "$sysroot" > "$home/bin/rustc"
chmod +x "$home/bin/rustc"

# Debian's library for an architecture, with an index of packages of our own: the machine's stays without that architecture.
from_debian() {
  local arch=$1 target=$2 work=$3
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
  cat > "$work/apt.conf" << CONF
#clear APT::Architectures;
APT::Architectures { "$(dpkg --print-architecture)"; "$arch"; };
APT::Sandbox::User "root";
Acquire::Languages "none";
Dir::State::lists "$work/lists";
Dir::State::status "/dev/null";
Dir::Cache "$work/cache";
CONF
  export APT_CONFIG=$work/apt.conf
  # A mirror that is in between two states fails for some lists; the one that counts may be there.
  apt-get update -qq > /dev/null 2>&1 || true
  (cd "$work" && apt-get download -qq "libstd-rust-web-dev:$arch=$version" > /dev/null 2>&1) || return 1
  dpkg-deb -x "$work"/*.deb "$work/unpacked"
  mkdir -p "$sysroot/lib/rustlib"
  cp -r "$work/unpacked/usr/lib/rustlib/$target" "$sysroot/lib/rustlib/"
}

# `RUSTC_BOOTSTRAP` is set here alone: kseq is held to stable Rust.
from_source() {
  local target=$1 work=$2
  mkdir -p "$work/src"
  printf '[package]\nname = "stub"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n' > "$work/Cargo.toml"
  echo '#![no_std]' > "$work/src/lib.rs"
  (cd "$work" && env -u CARGO_ENCODED_RUSTFLAGS -u CARGO_BUILD_TARGET RUSTC=$rustc RUSTC_BOOTSTRAP=1 \
    CARGO_TARGET_DIR="$work/target" cargo build --quiet --release \
    -Zbuild-std=std,panic_unwind,test -Zbuild-std-features= --target "$target")
  mkdir -p "$sysroot/lib/rustlib/$target/lib"
  cp "$work/target/$target/release/deps"/*.rlib "$sysroot/lib/rustlib/$target/lib/"
  rm -f "$sysroot/lib/rustlib/$target/lib"/libstub-*
}

for name in "${names[@]}"; do
  target=$name-unknown-linux-gnu
  [ -e "$sysroot/lib/rustlib/$target/.done" ] && continue
  rm -rf "$sysroot/lib/rustlib/$target"
  read -r arch _ <<< "$(debian "$name")"
  work=$(mktemp -d)
  (from_debian "$arch" "$target" "$work") || from_source "$target" "$work"
  touch "$sysroot/lib/rustlib/$target/.done"
  rm -rf "$work"
done
echo "ready: ${names[*]} ($($rustc --version | cut -d' ' -f1-2))"
