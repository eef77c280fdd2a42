//! The memory between predictions.

use std::sync::Mutex;
use std::vec::Vec;

use crate::params::{UNALIGNED, aligned};

/// Memory that a prediction leaves for the next one: what the system gives anew comes page by page, which costs a
/// model of convolutions a quarter of its time. Predictions at the same time have memory of their own.
#[derive(Default)]
pub(super) struct Spare(Mutex<Vec<f32>>);

impl Spare {
    /// Calls `f` with so many values, of any kind.
    pub fn with<R>(&self, len: usize, f: impl FnOnce(&mut [f32]) -> R) -> R {
        match self.0.try_lock() {
            Ok(mut spare) => {
                if spare.len() < len + UNALIGNED {
                    spare.resize(len + UNALIGNED, 0.0);
                }
                f(&mut aligned(&mut spare)[..len])
            }
            Err(_) => f(&mut std::vec![0.0; len]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_stays_for_the_next_one() {
        let spare = Spare::default();
        let place = spare.with(10, |large| {
            // Somebody else has memory of their own meanwhile.
            spare.with(3, |other| assert_ne!(other.as_ptr(), large.as_ptr()));
            large.as_ptr()
        });
        spare.with(5, |small| {
            assert_eq!((small.as_ptr(), small.len()), (place, 5))
        });
    }
}
