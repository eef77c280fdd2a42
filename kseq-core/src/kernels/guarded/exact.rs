//! Memory whose ends Miri knows.

use core::ops::{Deref, DerefMut};
use std::vec::Vec;

use super::Place;

/// `f32`s in an allocation of their own. (Where it lies, Miri decides.)
pub struct Guarded(Vec<f32>);

impl Guarded {
    pub fn new(values: &[f32], _: Place) -> Self {
        Guarded(values.to_vec())
    }
}

impl Deref for Guarded {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.0
    }
}

impl DerefMut for Guarded {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.0
    }
}
