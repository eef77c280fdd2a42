//! What a normalization behind a product does with its sums, while they are in registers. Only with std: a microcontroller
//! has nothing of it.

#[cfg(not(feature = "std"))]
pub use nothing::Then;
#[cfg(not(feature = "std"))]
pub(in crate::kernels) use nothing::ThenAt;
#[cfg(feature = "std")]
pub use something::Then;
#[cfg(feature = "std")]
pub(in crate::kernels) use something::ThenAt;

/// `max(x, 0)` of which NaN stays NaN.
pub(super) fn relu(x: f32) -> f32 {
    if x <= 0.0 { 0.0 } else { x }
}

#[cfg(feature = "std")]
mod something {
    use super::relu;

    /// What becomes of each value: `(y - mean) factor + shift`, rounded three times as in a pass of its own, and of that `relu` if
    /// wanted.
    #[derive(Clone, Copy, Debug, Default)]
    pub struct Then<'a> {
        mean: &'a [f32],
        factor: &'a [f32],
        shift: &'a [f32],
        relu: bool,
    }

    impl<'a> Then<'a> {
        /// The same numbers for each row: mean, factor and shift of each column.
        #[must_use]
        pub const fn new([mean, factor, shift]: [&'a [f32]; 3], relu: bool) -> Self {
            Then {
                mean,
                factor,
                shift,
                relu,
            }
        }

        /// The same, and `relu` behind it.
        #[must_use]
        pub const fn rectified(self, relu: bool) -> Self {
            Then { relu, ..self }
        }

        /// Whether `relu` is the last of it.
        #[must_use]
        pub const fn is_relu(&self) -> bool {
            self.relu
        }

        /// Whether something is to be done.
        pub(in crate::kernels) const fn is_some(&self) -> bool {
            !self.mean.is_empty()
        }

        /// Whether there are numbers for `n` columns, or nothing is to be done.
        pub(in crate::kernels) fn fits(&self, n: usize) -> bool {
            let lens = [self.mean, self.factor, self.shift].map(<[f32]>::len);
            lens == [n; 3] || lens == [0; 3]
        }

        /// The same for `n` columns from the `first` on.
        pub(in crate::kernels) fn columns(self, first: usize, n: usize) -> Self {
            let part = |numbers: &'a [f32]| numbers.get(first..first + n).unwrap_or_default();
            let numbers = [self.mean, self.factor, self.shift].map(part);
            Then::new(numbers, self.relu)
        }

        /// What becomes of a value of column `j`.
        pub(in crate::kernels) fn of(&self, j: usize, y: f32) -> f32 {
            match (self.mean.get(j), self.factor.get(j), self.shift.get(j)) {
                (Some(mean), Some(factor), Some(shift)) => {
                    let y = (y - mean) * factor + shift;
                    if self.relu { relu(y) } else { y }
                }
                _ => y,
            }
        }

        /// The same as pointers.
        pub(in crate::kernels) fn at(&self) -> ThenAt {
            match self.is_some() {
                true => ThenAt {
                    numbers: [self.mean, self.factor, self.shift].map(<[f32]>::as_ptr),
                    relu: self.relu,
                },
                false => ThenAt::NONE,
            }
        }
    }

    /// [`Then`] as pointers, null if there is nothing to do.
    #[derive(Clone, Copy)]
    pub(in crate::kernels) struct ThenAt {
        numbers: [*const f32; 3],
        relu: bool,
    }

    impl ThenAt {
        pub const NONE: ThenAt = ThenAt {
            numbers: [core::ptr::null(); 3],
            relu: false,
        };

        /// Whether something is to be done.
        #[inline(always)]
        pub fn is_some(&self) -> bool {
            !self.numbers[0].is_null()
        }

        /// Whether `relu` is the last of it.
        #[inline(always)]
        pub fn relu(&self) -> bool {
            self.relu
        }

        /// Mean, factor and shift.
        #[inline(always)]
        pub fn numbers(&self) -> [*const f32; 3] {
            self.numbers
        }

        /// The same from column `j` on.
        #[inline(always)]
        pub fn at_column(self, j: usize) -> Self {
            match self.is_some() {
                true => ThenAt {
                    numbers: self.numbers.map(|at| at.wrapping_add(j)),
                    ..self
                },
                false => self,
            }
        }
    }
}

#[cfg(not(feature = "std"))]
#[allow(dead_code, clippy::unused_self, reason = "what there is with std")]
mod nothing {
    use core::marker::PhantomData;

    /// There is nothing without std.
    #[derive(Clone, Copy, Debug, Default)]
    pub struct Then<'a>(PhantomData<&'a ()>);

    impl Then<'_> {
        /// There is none.
        #[must_use]
        pub const fn rectified(self, _: bool) -> Self {
            self
        }

        /// There is none.
        #[must_use]
        pub const fn is_relu(&self) -> bool {
            false
        }

        pub(in crate::kernels) const fn is_some(&self) -> bool {
            false
        }

        pub(in crate::kernels) const fn fits(&self, _: usize) -> bool {
            true
        }

        pub(in crate::kernels) const fn columns(self, _: usize, _: usize) -> Self {
            self
        }

        pub(in crate::kernels) const fn of(&self, _: usize, y: f32) -> f32 {
            y
        }

        pub(in crate::kernels) const fn at(&self) -> ThenAt {
            ThenAt
        }
    }

    /// As [`Then`].
    #[derive(Clone, Copy)]
    pub(in crate::kernels) struct ThenAt;

    impl ThenAt {
        pub const NONE: ThenAt = ThenAt;

        pub const fn is_some(&self) -> bool {
            false
        }

        pub const fn relu(&self) -> bool {
            false
        }

        pub const fn numbers(&self) -> [*const f32; 3] {
            [core::ptr::null(); 3]
        }

        pub const fn at_column(self, _: usize) -> Self {
            self
        }
    }
}
