//! What a program takes that does nothing: to be subtracted from the others.
#![no_std]
#![no_main]

#[cortex_m_rt::entry]
fn main() -> ! {
    firmware_cortex_m::end(core::hint::black_box(true))
}
