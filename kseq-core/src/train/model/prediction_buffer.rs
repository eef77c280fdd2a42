//! The memory that predictions of a model leave for the next one.

use std::sync::Mutex;
use std::vec::Vec;

use crate::params::{UNALIGNED, aligned};

/// Memory that a prediction leaves for the next one: the system maps new memory page by page, which costs a
/// model of convolutions a quarter of its time. Predictions at the same time have memory of their own.
#[derive(Default)]
pub(in crate::train) struct PredictionBuffer(Mutex<Vec<f32>>);

impl PredictionBuffer {
    /// Calls `f` with `len` values from the begin of a line of the cache on, which may be anything.
    pub fn with<R>(&self, len: usize, f: impl FnOnce(&mut [f32]) -> R) -> R {
        match self.0.try_lock() {
            Ok(mut buffer) => {
                if buffer.len() < len + UNALIGNED {
                    buffer.resize(len + UNALIGNED, 0.0);
                }
                f(aligned(&mut buffer).get_mut(..len).unwrap_or_default())
            }
            Err(_) => {
                let mut buffer = std::vec![0.0; len + UNALIGNED];
                f(aligned(&mut buffer).get_mut(..len).unwrap_or_default())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::unaligned;

    #[test]
    fn memory_stays_for_the_next_one() {
        let buffer = PredictionBuffer::default();
        let address = buffer.with(10, |large| {
            // Somebody else has memory of their own meanwhile.
            buffer.with(3, |other| {
                assert_ne!(other.as_ptr(), large.as_ptr());
                assert_eq!(unaligned(other), 0);
            });
            assert_eq!(unaligned(large), 0);
            large.as_ptr()
        });
        buffer.with(5, |small| {
            assert_eq!((small.as_ptr(), small.len()), (address, 5))
        });
    }
}
