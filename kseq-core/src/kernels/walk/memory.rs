//! The input and the output of a kernel, which may overlap.

#![allow(unsafe_code)]

use core::marker::PhantomData;
use core::ops::Range;

/// The values that a kernel reads and those that it writes. They may overlap: what is read after it was written is another
/// value, and nothing worse.
pub struct Memory<'a> {
    pub(super) x: *const f32,
    pub(super) x_len: usize,
    pub(super) y: *mut f32,
    pub(super) y_len: usize,
    borrowed: PhantomData<&'a mut [f32]>,
}

impl<'a> Memory<'a> {
    /// Input and output that do not overlap.
    #[inline(always)]
    #[must_use]
    pub fn apart(x: &'a [f32], y: &'a mut [f32]) -> Self {
        Memory {
            x: x.as_ptr(),
            x_len: x.len(),
            y: y.as_mut_ptr(),
            y_len: y.len(),
            borrowed: PhantomData,
        }
    }

    /// Two parts of a memory; nothing if one of them is not inside.
    #[inline(always)]
    #[must_use]
    pub fn within(memory: &'a mut [f32], x: Range<usize>, y: Range<usize>) -> Self {
        let len = memory.len();
        let inside = |part: &Range<usize>| part.start <= part.end && part.end <= len;
        if !inside(&x) || !inside(&y) {
            debug_assert!(false, "{x:?} and {y:?} of {len} values");
            return Memory::apart(&[], &mut []);
        }
        let start = memory.as_mut_ptr();
        Memory {
            x: start.wrapping_add(x.start),
            x_len: x.len(),
            y: start.wrapping_add(y.start),
            y_len: y.len(),
            borrowed: PhantomData,
        }
    }

    /// The output, when it is finished.
    #[inline(always)]
    #[must_use]
    pub fn into_output(self) -> &'a mut [f32] {
        // SAFETY: the output is values that are borrowed exclusively, and `self`, by which the input is read, is gone.
        unsafe { core::slice::from_raw_parts_mut(self.y, self.y_len) }
    }
}
