//! Lines of an image, copied.
#![allow(unsafe_code)]

use super::rolled;

/// Copies `lines` runs of `len` values, of which the next one is `from_step` and `to_step` values further on. What does not fit is not
/// copied.
#[inline(always)]
pub(crate) fn copy_lines(
    from: &[i8],
    from_step: usize,
    to: &mut [i8],
    to_step: usize,
    len: usize,
    lines: usize,
) {
    let Some(last) = lines.checked_sub(1) else {
        return;
    };
    if last * from_step + len > from.len() || last * to_step + len > to.len() {
        return;
    }
    let (from, to) = (from.as_ptr(), to.as_mut_ptr());
    let mut done = 0;
    // SAFETY: each is a part of the runs, which are within both slices, as the last one is.
    unsafe {
        while len - done >= 8 {
            column::<[u32; 2]>(from.add(done), from_step, to.add(done), to_step, lines);
            done += 8;
        }
        if len - done >= 4 {
            column::<u32>(from.add(done), from_step, to.add(done), to_step, lines);
            done += 4;
        }
        while done < len {
            column::<u8>(from.add(done), from_step, to.add(done), to_step, lines);
            done += 1;
        }
    }
}

/// Sets all values, by words.
#[inline(always)]
pub(crate) fn fill(to: &mut [i8], value: i8) {
    let (words, rest) = to.as_chunks_mut::<4>();
    for word in words {
        rolled();
        *word = [value; 4];
    }
    for to in rest {
        rolled();
        *to = value;
    }
}

/// A part of each line. It need not be aligned.
///
/// # Safety
/// There is a `T` in each of `lines` lines, of which there is one, and none of them is at both.
#[inline(always)]
unsafe fn column<T>(
    mut from: *const i8,
    from_step: usize,
    mut to: *mut i8,
    to_step: usize,
    mut lines: usize,
) {
    loop {
        rolled();
        // SAFETY: as the caller says.
        unsafe {
            to.cast::<T>()
                .write_unaligned(from.cast::<T>().read_unaligned());
        }
        // What is behind the last line is not read.
        from = from.wrapping_add(from_step);
        to = to.wrapping_add(to_step);
        lines -= 1;
        if lines == 0 {
            return;
        }
    }
}
