//! The memory between predictions.

use core::mem::take;
use std::sync::Mutex;
use std::vec::Vec;

/// Memory that a prediction leaves for the next one: what the system gives anew comes page by page, which costs a
/// model of convolutions a quarter of its time. Predictions at the same time have memory of their own.
#[derive(Default)]
pub(super) struct Spare(Mutex<Vec<f32>>);

impl Spare {
    /// At least so many values, of any kind.
    pub fn take(&self, len: usize) -> Vec<f32> {
        let spare = self.0.try_lock().map(|mut spare| take(&mut *spare));
        match spare {
            Ok(spare) if spare.len() >= len => spare,
            _ => std::vec![0.0; len],
        }
    }

    /// For the next one, if it is more than there is.
    pub fn give(&self, memory: Vec<f32>) {
        if let Ok(mut spare) = self.0.try_lock()
            && spare.len() < memory.len()
        {
            *spare = memory;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_taken_once_and_the_larger_one_is_kept() {
        let spare = Spare::default();
        let large = spare.take(10);
        let place = large.as_ptr();
        let small = spare.take(3);
        spare.give(large);
        spare.give(small);
        let (kept, new) = (spare.take(5), spare.take(5));
        assert_eq!((kept.as_ptr(), kept.len()), (place, 10));
        assert_eq!(new.len(), 5);
    }
}
