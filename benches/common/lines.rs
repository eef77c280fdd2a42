//! Values that begin with a line of the cache, as parameters and tapes do.

use std::ops::{Deref, DerefMut};

/// A vector whose first element lies at a multiple of 64 bytes.
pub struct Lines {
    memory: Vec<f32>,
    at: usize,
    len: usize,
}

impl FromIterator<f32> for Lines {
    fn from_iter<I: IntoIterator<Item = f32>>(values: I) -> Self {
        let values: Vec<f32> = values.into_iter().collect();
        let len = values.len();
        let mut memory = vec![0.0; len + 16];
        let at = memory.as_ptr().align_offset(64).min(16);
        memory[at..at + len].copy_from_slice(&values);
        Lines { memory, at, len }
    }
}

impl Lines {
    pub fn zeros(len: usize) -> Self {
        std::iter::repeat_n(0.0, len).collect()
    }
}

impl Deref for Lines {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.memory[self.at..self.at + self.len]
    }
}

impl DerefMut for Lines {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.memory[self.at..self.at + self.len]
    }
}
