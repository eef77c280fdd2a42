//! Parts of slices at places that a layer has computed from its own sizes. One that is not there is a mistake of this crate's:
//! on a host a panic, as of any index. A program for a microcontroller has no way to panic, so there it is empty.

use crate::kernels::dispatch::DEVICE;
use crate::kernels::fpu::rolled;

/// `x[at..at + len]`
#[inline(always)]
pub(crate) fn part<T>(x: &[T], at: usize, len: usize) -> &[T] {
    match DEVICE {
        true => x.get(at..).and_then(|x| x.get(..len)).unwrap_or_default(),
        false => &x[at..][..len],
    }
}

/// `x[at..at + len]`
#[inline(always)]
pub(crate) fn part_mut(x: &mut [f32], at: usize, len: usize) -> &mut [f32] {
    match DEVICE {
        true => x
            .get_mut(at..)
            .and_then(|x| x.get_mut(..len))
            .unwrap_or_default(),
        false => &mut x[at..][..len],
    }
}

/// `x[at..]`
#[inline(always)]
pub(crate) fn from(x: &[f32], at: usize) -> &[f32] {
    match DEVICE {
        true => x.get(at..).unwrap_or_default(),
        false => &x[at..],
    }
}

/// `x[at..]`
#[inline(always)]
pub(crate) fn from_mut(x: &mut [f32], at: usize) -> &mut [f32] {
    match DEVICE {
        true => x.get_mut(at..).unwrap_or_default(),
        false => &mut x[at..],
    }
}

/// `x[at]`
#[inline(always)]
pub(crate) fn value(x: &[f32], at: usize) -> f32 {
    match DEVICE {
        true => x.get(at).copied().unwrap_or_default(),
        false => x[at],
    }
}

/// `x[at] = value`
#[inline(always)]
pub(crate) fn set(x: &mut [f32], at: usize, value: f32) {
    match DEVICE {
        true => x.get_mut(at).into_iter().for_each(|x| *x = value),
        false => x[at] = value,
    }
}

/// The `N` values from `at` on.
#[inline(always)]
pub(crate) fn array<const N: usize>(x: &[f32], at: usize) -> &[f32; N] {
    let nothing = const { &[0.0; N] };
    match DEVICE {
        true => x.get(at..).and_then(|x| x.first_chunk()).unwrap_or(nothing),
        false => x[at..][..N].first_chunk().unwrap_or(nothing),
    }
}

/// What lies before a place, and the rest.
#[inline(always)]
pub(crate) fn split(x: &[f32], at: usize) -> (&[f32], &[f32]) {
    match DEVICE {
        true => x.split_at_checked(at).unwrap_or_default(),
        false => x.split_at(at),
    }
}

/// What lies before a place, and the rest.
#[inline(always)]
pub(crate) fn split_mut(x: &mut [f32], at: usize) -> (&mut [f32], &mut [f32]) {
    match DEVICE {
        true => x.split_at_mut_checked(at).unwrap_or_default(),
        false => x.split_at_mut(at),
    }
}

/// Rows of `n` values, one after the other. A pair of [`chunks_exact`](slice::chunks_exact) divides by `n` where it begins,
/// which the compiler may put into a function that does not know of an `n` above 0.
#[inline(always)]
pub(crate) fn rows(x: &[f32], n: usize) -> impl Iterator<Item = &[f32]> {
    let mut rows = x.chunks_exact(n.max(1));
    core::iter::from_fn(move || rows.next())
}

/// [`rows`] to write to.
#[inline(always)]
pub(crate) fn rows_mut(x: &mut [f32], n: usize) -> impl Iterator<Item = &mut [f32]> {
    let mut rows = x.chunks_exact_mut(n.max(1));
    core::iter::from_fn(move || rows.next())
}

/// Copies as many values as there are; value by value on a microcontroller, whose `memcpy` is longer than this.
#[inline(always)]
pub(crate) fn copy(to: &mut [f32], from: &[f32]) {
    if !DEVICE {
        return to.copy_from_slice(from);
    }
    for (to, from) in to.iter_mut().zip(from) {
        rolled();
        *to = *from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_as_by_index() {
        let mut x = [0.0, 1.0, 2.0, 3.0];
        assert_eq!(part(&x, 1, 2), &x[1..3]);
        assert_eq!(from(&x, 3), [3.0]);
        assert_eq!(array::<2>(&x, 2), &[2.0, 3.0]);
        assert_eq!(value(&x, 2), 2.0);
        assert_eq!(split(&x, 1), x.split_at(1));
        assert!(rows(&x, 3).eq([&x[..3]]) && rows(&x, 0).count() == 4);
        copy(part_mut(&mut x, 3, 1), &[7.0]);
        copy(from_mut(&mut x, 2), &[8.0, 9.0]);
        set(split_mut(&mut x, 1).0, 0, 5.0);
        assert_eq!(x, [5.0, 1.0, 8.0, 9.0]);
    }

    #[cfg(kseq_device)]
    #[test]
    fn what_is_not_there_is_empty() {
        let mut x = [1.0, 2.0];
        assert!(part(&x, 1, 2).is_empty() && part_mut(&mut x, 3, 0).is_empty());
        assert!(from(&x, 3).is_empty() && from_mut(&mut x, 3).is_empty());
        assert_eq!(array::<2>(&x, 1), &[0.0; 2]);
        set(&mut x, 2, 9.0);
        assert_eq!(value(&x, 2), 0.0);
        assert!(split(&x, 3).1.is_empty() && split_mut(&mut x, 3).0.is_empty());
    }
}
