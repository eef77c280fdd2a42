//! What `page/` computes: which digit a picture shows ([`digit`]), and a small network that learns in the browser ([`points`]).
//!
//! JavaScript calls exported functions, and reads and writes the module's memory at the places that some of them return. Nothing is
//! imported, nothing is allocated, and nothing panics.
#![no_std]

mod digit;
mod memory;
mod points;
mod shapes;

use panic_halt as _;
