//! The library's constructor runs before those of all others, which may ask the CPU.

fn main() {
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,initfirst");
}
