//! What a normalization behind a product does with its sums, while they are in registers. Only with std: a microcontroller
//! has nothing of it.

#![allow(unsafe_code)]

#[cfg(not(feature = "std"))]
pub(in crate::kernels) use nothing::ThenAt;
#[cfg(not(feature = "std"))]
pub use nothing::{Normalised, Then};
#[cfg(feature = "std")]
pub(in crate::kernels) use something::ThenAt;
#[cfg(feature = "std")]
pub use something::{Normalised, Then};

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
    pub struct Normalised<'a> {
        mean: &'a [f32],
        factor: &'a [f32],
        shift: &'a [f32],
        relu: bool,
    }

    impl<'a> Normalised<'a> {
        /// The same numbers for each row: mean, factor and shift of each column.
        #[must_use]
        pub const fn new([mean, factor, shift]: [&'a [f32]; 3], relu: bool) -> Self {
            Normalised {
                mean,
                factor,
                shift,
                relu,
            }
        }

        /// The same, and `relu` behind it.
        #[must_use]
        pub const fn rectified(self, relu: bool) -> Self {
            Normalised { relu, ..self }
        }

        const fn numbers(&self) -> [&'a [f32]; 3] {
            [self.mean, self.factor, self.shift]
        }
    }

    /// A normalization, or nothing. (By reference: it is handed on with every product, and a small one takes no longer than some such
    /// copies.)
    #[derive(Clone, Copy, Debug, Default)]
    pub struct Then<'a>(Option<&'a Normalised<'a>>);

    impl<'a> Then<'a> {
        /// This one, or nothing if it is for no columns.
        #[must_use]
        pub const fn of(normalised: &'a Normalised<'a>) -> Self {
            match normalised.mean {
                [] => Then(None),
                _ => Then(Some(normalised)),
            }
        }

        /// Whether something is to be done.
        pub(in crate::kernels) const fn is_some(&self) -> bool {
            self.0.is_some()
        }

        /// Whether there are numbers for `n` columns, or nothing is to be done.
        pub(in crate::kernels) fn fits(&self, n: usize) -> bool {
            match self.0 {
                Some(all) => all.numbers().map(<[f32]>::len) == [n; 3],
                None => true,
            }
        }

        /// The same for `n` columns from the `first` on.
        pub(in crate::kernels) fn columns(self, first: usize, n: usize) -> Normalised<'a> {
            let part = |numbers: &'a [f32]| numbers.get(first..first + n).unwrap_or_default();
            match self.0 {
                Some(all) => Normalised::new(all.numbers().map(part), all.relu),
                None => Normalised::default(),
            }
        }

        /// Mean, factor and shift of each column.
        #[cfg_attr(
            not(any(target_arch = "x86_64", target_arch = "aarch64")),
            allow(dead_code)
        )]
        pub(in crate::kernels) fn numbers(&self) -> Option<[&'a [f32]; 3]> {
            self.0.map(Normalised::numbers)
        }

        /// Whether `relu` is the last of it.
        #[must_use]
        pub const fn is_relu(&self) -> bool {
            match self.0 {
                Some(all) => all.relu,
                None => false,
            }
        }

        /// What becomes of a value of column `j`.
        pub(in crate::kernels) fn value(&self, j: usize, y: f32) -> f32 {
            let Some(all) = self.0 else {
                return y;
            };
            match (all.mean.get(j), all.factor.get(j), all.shift.get(j)) {
                (Some(mean), Some(factor), Some(shift)) => {
                    let y = (y - mean) * factor + shift;
                    if all.relu { relu(y) } else { y }
                }
                _ => y,
            }
        }

        /// The same as a pointer.
        pub(in crate::kernels) fn at(&self) -> ThenAt {
            match self.0 {
                Some(all) => ThenAt {
                    all: core::ptr::from_ref(all).cast(),
                    column: 0,
                },
                None => ThenAt::NONE,
            }
        }
    }

    /// [`Then`] as a pointer, null if there is nothing to do, and the first of the columns.
    #[derive(Clone, Copy)]
    pub(in crate::kernels) struct ThenAt {
        all: *const Normalised<'static>,
        column: usize,
    }

    impl ThenAt {
        pub const NONE: ThenAt = ThenAt {
            all: core::ptr::null(),
            column: 0,
        };

        /// Whether something is to be done.
        #[inline(always)]
        pub fn is_some(&self) -> bool {
            !self.all.is_null()
        }

        /// Whether `relu` is the last of it.
        ///
        /// # Safety
        /// Something is to be done, and what it was made of is still borrowed.
        #[inline(always)]
        pub unsafe fn relu(&self) -> bool {
            // SAFETY: promised by the caller.
            unsafe { (*self.all).relu }
        }

        /// Mean, factor and shift from the first of the columns on.
        ///
        /// # Safety
        /// As for [`ThenAt::relu`].
        #[inline(always)]
        pub unsafe fn numbers(&self) -> [*const f32; 3] {
            // SAFETY: promised by the caller.
            let numbers = unsafe { (*self.all).numbers() };
            numbers.map(|from| from.as_ptr().wrapping_add(self.column))
        }

        /// The same from column `j` on.
        #[inline(always)]
        pub fn at_column(self, j: usize) -> Self {
            ThenAt {
                column: self.column + j,
                ..self
            }
        }
    }
}

#[cfg(not(feature = "std"))]
#[allow(
    dead_code,
    unused_unsafe,
    clippy::unused_self,
    reason = "what there is with std"
)]
mod nothing {
    use core::marker::PhantomData;

    /// There is nothing without std.
    #[derive(Clone, Copy, Debug, Default)]
    pub struct Normalised<'a>(PhantomData<&'a ()>);

    impl Normalised<'_> {
        /// There is none.
        #[must_use]
        pub const fn rectified(self, _: bool) -> Self {
            self
        }
    }

    /// As [`Normalised`].
    #[derive(Clone, Copy, Debug, Default)]
    pub struct Then<'a>(PhantomData<&'a ()>);

    impl<'a> Then<'a> {
        /// There is none.
        #[must_use]
        pub const fn of(_: &'a Normalised<'a>) -> Self {
            Then(PhantomData)
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

        pub(in crate::kernels) const fn columns(self, _: usize, _: usize) -> Normalised<'a> {
            Normalised(PhantomData)
        }

        pub(in crate::kernels) const fn numbers(&self) -> Option<[&'a [f32]; 3]> {
            None
        }

        pub(in crate::kernels) const fn value(&self, _: usize, y: f32) -> f32 {
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

        /// # Safety
        /// Always.
        pub const unsafe fn relu(&self) -> bool {
            false
        }

        /// # Safety
        /// Always.
        pub const unsafe fn numbers(&self) -> [*const f32; 3] {
            [core::ptr::null(); 3]
        }

        pub const fn at_column(self, _: usize) -> Self {
            self
        }
    }
}
