//! Slices cut into rows, without a division and without a panic, which the iterators of `core` link for a length of 0.

use crate::kernels::rolled;

/// Rows of `len` values; what is left does not come. None of 0 values.
pub(crate) const fn rows<T>(x: &[T], len: usize) -> Rows<'_, T> {
    Rows { rest: x, len }
}

/// As [`rows`].
pub(crate) const fn rows_mut<T>(x: &mut [T], len: usize) -> RowsMut<'_, T> {
    RowsMut { rest: x, len }
}

/// See [`rows`].
pub(crate) struct Rows<'a, T> {
    rest: &'a [T],
    len: usize,
}

/// See [`rows_mut`].
pub(crate) struct RowsMut<'a, T> {
    rest: &'a mut [T],
    len: usize,
}

impl<'a, T> Iterator for Rows<'a, T> {
    type Item = &'a [T];

    fn next(&mut self) -> Option<&'a [T]> {
        let (row, rest) = self.rest.split_at_checked(self.len)?;
        self.rest = rest;
        (self.len > 0).then_some(row)
    }
}

impl<'a, T> Iterator for RowsMut<'a, T> {
    type Item = &'a mut [T];

    fn next(&mut self) -> Option<&'a mut [T]> {
        if self.len == 0 || self.rest.len() < self.len {
            return None;
        }
        let (row, rest) = core::mem::take(&mut self.rest).split_at_mut_checked(self.len)?;
        self.rest = rest;
        (self.len > 0).then_some(row)
    }
}

/// As many values as both have.
pub(crate) fn copy<T: Copy>(from: &[T], to: &mut [T]) {
    for (to, from) in to.iter_mut().zip(from) {
        rolled();
        *to = *from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn rows_are_whole() {
        let mut x = [1, 2, 3, 4, 5];
        assert_eq!(rows(&x, 2).collect::<Vec<_>>(), [[1, 2], [3, 4]]);
        assert_eq!(rows(&x, 0).count() + rows(&x, 6).count(), 0);
        assert_eq!(rows_mut(&mut x, 0).count(), 0);
        assert_eq!(rows_mut(&mut x, 2).count(), 2);
    }
}
