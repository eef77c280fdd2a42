//! What a program takes that does nothing: to be subtracted from the others.
#![no_std]
#![no_main]

#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn measured() {
    core::hint::black_box(());
}

#[measure::entry]
fn main() -> ! {
    measured();
    measure::end(core::hint::black_box(&[]))
}
