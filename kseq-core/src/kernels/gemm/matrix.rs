//! Matrices as views of slices.

/// A read-only view of a matrix over a slice: element (i, j) is `data[i * rs + j * cs]`.
///
/// Rows may overlap, as the patches of a convolution do.
#[derive(Clone, Copy, Debug)]
pub struct Mat<'a> {
    /// The elements.
    pub data: &'a [f32],
    /// From one row to the next.
    pub rs: usize,
    /// From one column to the next.
    pub cs: usize,
}

impl<'a> Mat<'a> {
    /// A matrix stored row after row.
    pub const fn rows(data: &'a [f32], columns: usize) -> Self {
        Mat {
            data,
            rs: columns,
            cs: 1,
        }
    }

    /// The transposed matrix: the same elements with the strides exchanged.
    #[must_use]
    pub const fn t(self) -> Self {
        Mat {
            data: self.data,
            rs: self.cs,
            cs: self.rs,
        }
    }

    /// Whether all elements of a `rows` by `columns` matrix are inside of the slice.
    #[inline]
    pub(in crate::kernels) fn holds(&self, rows: usize, columns: usize) -> bool {
        fits(self.data.len(), rows, self.rs, columns, self.cs)
    }
}

/// Whether `(rows - 1) * rs + (columns - 1) * cs < len`, without overflow.
#[cfg_attr(feature = "std", inline)]
#[cfg_attr(not(feature = "std"), inline(never))]
pub(super) fn fits(len: usize, rows: usize, rs: usize, columns: usize, cs: usize) -> bool {
    let (Some(row), Some(column)) = (rows.checked_sub(1), columns.checked_sub(1)) else {
        return true; // no element at all
    };
    let last = row
        .checked_mul(rs)
        .zip(column.checked_mul(cs))
        .and_then(|(r, c)| r.checked_add(c));
    last.is_some_and(|last| last < len)
}
