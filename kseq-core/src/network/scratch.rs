//! The memory of a prediction without a heap, as a number and as a type.
//!
//! The type is there because the stack's memory needs a length that is known where it lies: a model names it
//! ([`Model::Scratch`]), and `predict` of a [`Baked`](crate::baked::Baked) asks of it what only some models fulfil, so that
//! what does not is an error of `cargo check`, in words.

use crate::model::{Model, infer_memory};

/// The bytes that a prediction takes of the stack at most. Above that the memory is the caller's.
pub const STACK_BYTES: usize = 8 * 1024;

/// The larger of two sizes: the scratch memory that two models share.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::scratch::max;
/// const SHARED: usize = max(max(7, 42), 13);
/// assert_eq!(SHARED, 42);
/// ```
#[must_use]
pub const fn max(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

/// Whether the stack has room for that memory.
#[must_use]
pub const fn fits<M: Model>() -> bool {
    infer_memory::<M>() <= STACK_BYTES / size_of::<f32>()
}

/// The length of that memory; 0 if it does not fit.
#[must_use]
pub const fn on_stack<M: Model>() -> usize {
    match fits::<M>() {
        true => infer_memory::<M>(),
        false => 0,
    }
}

/// What a prediction needs: so many `f32`s, whether these fit on the stack, and whether the model carries a state from batch
/// to batch. `sequential!` writes it.
#[allow(missing_debug_implementations)]
pub struct Scratch<const LEN: usize, const FITS: bool, const STATEFUL: bool>;

/// The memory of a prediction may lie on the stack.
#[diagnostic::on_unimplemented(
    message = "a prediction of this model needs more memory than the 8 KB that `predict` takes of the stack",
    label = "the memory is the caller's",
    note = "`let mut scratch = [0.0; Baked::<Net>::SCRATCH];`, in `main` or in a `static_cell`, and `NET.predict_into(&x, &mut y, &mut scratch)`"
)]
pub trait OnStack {
    /// `[f32; LEN]`
    type Memory: AsMut<[f32]>;

    /// The memory before a prediction.
    const ZEROS: Self::Memory;
}

impl<const LEN: usize, const STATEFUL: bool> OnStack for Scratch<LEN, true, STATEFUL> {
    type Memory = [f32; LEN];

    const ZEROS: [f32; LEN] = [0.0; LEN];
}

/// The model carries nothing from one batch to the next.
#[diagnostic::on_unimplemented(
    message = "this model carries a state from batch to batch (`stateful = true`), which weights in the program cannot hold",
    label = "the state is missing",
    note = "`let mut net = NET.stateful();` is a value with the state: `net.predict(&x)`, `net.predict_into(&x, &mut y, &mut scratch)`, `net.reset_states()`"
)]
pub trait Stateless {}

impl<const LEN: usize, const FITS: bool> Stateless for Scratch<LEN, FITS, false> {}

/// The model carries a state from one batch to the next.
#[diagnostic::on_unimplemented(
    message = "this model carries nothing from batch to batch: no layer has `stateful = true`",
    label = "there is no state",
    note = "predict with the model itself: `NET.predict(&x)`, `NET.predict_into(&x, &mut y, &mut scratch)`"
)]
pub trait Carries {}

impl<const LEN: usize, const FITS: bool> Carries for Scratch<LEN, FITS, true> {}
