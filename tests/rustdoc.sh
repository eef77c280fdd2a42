#!/bin/sh
# rustdoc with the options that only a nightly one has otherwise: `cargo xtask api`, `cargo xtask doc`.
RUSTC_BOOTSTRAP=1 exec rustdoc "$@"
