//! The units of a row, vector by vector.

#![allow(unsafe_code)]

use crate::kernels::vector::Vector;

/// What is done with each vector of units.
pub trait EachVector<V: Vector> {
    /// With the vector that begins with unit `j`; with `TAIL` it goes beyond the last unit, and the mask tells how far it counts.
    ///
    /// # Safety
    /// It is a vector of units of the rows that this is about, and the CPU has the instructions.
    unsafe fn vector<const TAIL: bool>(&self, j: usize, mask: V::Mask);
}

/// All units.
///
/// # Safety
/// There are so many in the rows that `each` is about, and the CPU has the instructions.
#[inline(always)]
pub unsafe fn all<V: Vector>(units: usize, each: &impl EachVector<V>) {
    // SAFETY: promised by the caller: whole vectors of units, and those that are left.
    unsafe {
        let mut j = 0;
        let mask = V::mask(units % V::LANES);
        while j + V::LANES <= units {
            each.vector::<false>(j, mask);
            j += V::LANES;
        }
        if j < units {
            each.vector::<true>(j, mask);
        }
    }
}

/// # Safety
/// The lanes, with `TAIL` those of the mask, may be read.
#[inline(always)]
pub unsafe fn load<V: Vector, const TAIL: bool>(from: *const f32, mask: V::Mask) -> V {
    // SAFETY: promised by the caller.
    unsafe {
        match TAIL {
            true => V::load_some(from, mask),
            false => V::load(from),
        }
    }
}

/// # Safety
/// The lanes, with `TAIL` those of the mask, may be written.
#[inline(always)]
pub unsafe fn store<V: Vector, const TAIL: bool>(value: V, to: *mut f32, mask: V::Mask) {
    // SAFETY: promised by the caller.
    unsafe {
        match TAIL {
            true => value.store_some(to, mask),
            false => value.store(to),
        }
    }
}
