//! `Masking`: steps of nothing but one value are padding. For users: `docs/layers/Masking.md`.
//!
//! It finds the mask of its input (`Ctx::find_mask`), which takes the place of any before.
//!
//! ```
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::Masking;
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let mut y = [[[9.0; 2]; 3]];
//! let x = [[[-1.0, 2.0], [-1.0, -1.0], [0.0, 0.0]]];
//! Masking::new(-1.0).infer(&NoParams, &NoParams, &x, &mut y, &mut Ctx::new(&Pool::Serial, 0, 0));
//! assert_eq!(y, [[[-1.0, 2.0], [0.0, 0.0], [0.0, 0.0]]]);
//! ```

use super::rules::same;
use crate::base::part::part;
use crate::facts::{Mask, Reads, Streaming};
use crate::fusion::{Fusion, by_step};
use crate::kernels::dispatch::simd_fn;
use crate::layer::{Backward, Ctx, Layer};
use crate::params::NoParams;
use crate::pool::{GRAIN, Pool, rows_of};
use crate::shape::{Refusal, Rule, Shape};
use crate::tensor::Tensor;
use crate::text::Text;

/// Masks the steps that consist of one value, and makes them 0.
///
/// In a layer list `Masking(..)`, whose arguments are explained in `kseq::layers::Masking`.
pub struct Masking {
    mask_value: f32,
}

impl Masking {
    /// The layer with the value of padding.
    #[must_use]
    pub const fn new(mask_value: f32) -> Self {
        Masking { mask_value }
    }
}

/// The shape rule: the output is as the input.
pub const fn shape(input: Shape) -> Rule {
    match same(input, "Masking") {
        Err(refusal) => Err(Refusal {
            help: Text::new().str("padding among tokens masks Embedding(.., mask_zero = True)"),
            ..refusal
        }),
        rule => rule,
    }
}

/// The rule of `mask_value`: a number.
#[must_use]
pub const fn mask_value_rule(mask_value: f32) -> Option<Refusal> {
    if !mask_value.is_nan() {
        return None;
    }
    let what = Text::new().str("mask_value must be a number, found ");
    let help = "nothing is equal to NaN, so no step would be masked: replace NaN in the data by a number that is not in them";
    Some(Refusal::new(what.float(mask_value), help))
}

impl<In: Tensor<Elem = f32>> Layer<In, In> for Masking {
    type Params = NoParams;
    type State = NoParams;
    const READS_OUTPUT: Reads = Reads::Nothing;
    const MASK: Mask = Mask::Finds;

    fn infer(&self, _: &NoParams, _: &NoParams, x: &[In], y: &mut [In], cx: &mut Ctx<'_>) {
        let (x, width, value) = (In::flat(x), In::SHAPE.last().max(1), self.mask_value);
        copy_unmasked(x, x, In::flat_mut(y), width, value, cx.pool);
        let pool = cx.pool;
        cx.find_mask(x.len() / width, |flags| {
            pool.for_each_chunk(flags, GRAIN, |i, flags| {
                let x = part(x, i * GRAIN * width, flags.len() * width);
                find(x, width, value, flags);
            });
        });
    }

    fn backward(
        &self,
        _: &NoParams,
        pass: Backward<'_, In, In>,
        _: &mut NoParams,
        cx: &mut Ctx<'_>,
    ) {
        cx.leave_mask();
        let Some(dx) = pass.dx else { return };
        let (x, dy, dx) = (In::flat(pass.x), In::flat(pass.dy), In::flat_mut(dx));
        let width = In::SHAPE.last().max(1);
        copy_unmasked(x, dy, dx, width, self.mask_value, cx.pool);
    }
}

impl<In: Tensor<Elem = f32>> Fusion<In, In> for Masking {
    const STREAMING: Streaming = Streaming {
        mask: In::LEN
            / if In::SHAPE.last() == 0 {
                1
            } else {
                In::SHAPE.last()
            }
            + 1,
        ..by_step::<Self, In, In>()
    };
}

/// The rows of `from` where those of `x` are not masked, and else zeros.
fn copy_unmasked(x: &[f32], from: &[f32], to: &mut [f32], width: usize, value: f32, pool: &Pool) {
    let chunk = rows_of(width);
    pool.for_each_chunk(to, chunk, |i, to| {
        let (x, from) = (
            part(x, i * chunk, to.len()),
            part(from, i * chunk, to.len()),
        );
        copy_rows(x, from, to, width, value);
    });
}

simd_fn! {
    fn copy_rows(x: &[f32], from: &[f32], to: &mut [f32], width: usize, value: f32) {
        let rows = x.chunks_exact(width).zip(from.chunks_exact(width));
        for ((x, from), to) in rows.zip(to.chunks_exact_mut(width)) {
            let masked = is_masked(x, value);
            for (to, from) in to.iter_mut().zip(from) {
                *to = if masked { 0.0 } else { *from };
            }
        }
    }
}

simd_fn! {
    fn find(x: &[f32], width: usize, value: f32, flags: &mut [u32]) {
        for (flag, x) in flags.iter_mut().zip(x.chunks_exact(width)) {
            *flag = u32::from(!is_masked(x, value));
        }
    }
}

/// Whether all are that value; NaN is none.
#[inline(always)]
#[allow(clippy::float_cmp, reason = "padding is exactly that value")]
fn is_masked(x: &[f32], value: f32) -> bool {
    x.iter().fold(true, |all, x| all & (*x == value))
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::layers::testing::{back, forward};

    const X: [f32; 6] = [-1.0, -1.0, -1.0, 3.0, 0.0, 0.0];

    #[test]
    fn forward_and_back() {
        let layer = Masking::new(-1.0);
        let y = forward::<_, [[f32; 2]; 3], [[f32; 2]; 3]>(&layer, &X);
        assert_eq!(y, [0.0, 0.0, -1.0, 3.0, 0.0, 0.0]);
        let dy = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let dx = back::<_, [[f32; 2]; 3], [[f32; 2]; 3]>(&layer, &X, &dy);
        assert_eq!(dx, [0.0, 0.0, 3.0, 4.0, 5.0, 6.0]);
        // A step with NaN is not masked.
        let y = forward::<_, [[f32; 2]; 1], [[f32; 2]; 1]>(&layer, &[f32::NAN, -1.0]);
        assert!(y[0].is_nan() && y[1] == -1.0);
    }

    #[test]
    fn what_is_refused() {
        assert!(shape(Shape::tokens(&[3])).is_err() && shape(Shape::new(&[3])).is_ok());
        assert!(mask_value_rule(-1e9).is_none() && mask_value_rule(f32::INFINITY).is_none());
        assert!(mask_value_rule(f32::NAN).is_some());
    }
}
