//! The same program, built with burn's feature `x86-v4`.
#[path = "main.rs"]
mod peer;

fn main() {
    peer::main();
}
