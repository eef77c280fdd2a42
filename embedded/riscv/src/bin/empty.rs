//! What a program takes that does nothing: to be subtracted from the others.
#![no_std]
#![no_main]

#[riscv_rt::entry]
fn main() -> ! {
    firmware_riscv::end(core::hint::black_box(true))
}
