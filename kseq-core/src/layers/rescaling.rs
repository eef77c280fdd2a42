//! `Rescaling`: `y = x * scale + offset`. For users: `docs/layers/Rescaling.md`.
//!
//! ```
//! use kseq_core::layer::{Ctx, InPlace};
//! use kseq_core::layers::Rescaling;
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let mut y = [0.0, 127.5, 255.0];
//! let cx = Ctx::new(&Pool::Serial, 0, 0);
//! Rescaling::new(&[1.0 / 127.5], &[-1.0]).infer_in_place(&NoParams, &NoParams, &mut y, 3, &cx);
//! assert_eq!(y, [-1.0, 0.0, 1.0]);
//! ```

use super::rules::same;
use crate::base::part::rows_mut;
use crate::facts::{Mask, Reads, SampleWise};
use crate::kernels::dispatch::simd_fn;
use crate::layer::{BackwardInPlace, Ctx, InPlace};
use crate::params::NoParams;
use crate::pool::rows_of;
use crate::shape::{Refusal, Rule, Shape};
use crate::text::Text;

/// Multiplies by a scale and adds an offset: the same for all values, or one for each of the last axis.
///
/// In a layer list `Rescaling(..)`, whose arguments are explained in `kseq::layers::Rescaling`.
pub struct Rescaling {
    scale: &'static [f32],
    offset: &'static [f32],
}

impl Rescaling {
    /// The layer with one value, or one for each of the last axis.
    #[must_use]
    pub const fn new(scale: &'static [f32], offset: &'static [f32]) -> Self {
        Rescaling { scale, offset }
    }
}

/// The shape rule: the output is as the input, whose last axis is as long as a list of several values.
pub const fn shape(input: Shape, scale: &[f32], offset: &[f32]) -> Rule {
    match (
        one_or_each(input, "scale", scale),
        one_or_each(input, "offset", offset),
    ) {
        (Some(refusal), _) | (None, Some(refusal)) => Err(refusal.then(input)),
        (None, None) => same(input, "Rescaling"),
    }
}

/// Refuses a list that has neither one value nor one for each of the last axis.
const fn one_or_each(input: Shape, name: &str, list: &[f32]) -> Option<Refusal> {
    if list.len() == 1 || list.len() == input.last() {
        return None;
    }
    let what = Text::new()
        .str("Rescaling has ")
        .num(list.len())
        .str(" values of ")
        .str(name)
        .str(" for the last axis of its input ")
        .text(&input.text());
    Some(Refusal::new(
        what,
        "give one number, or one for each feature or channel",
    ))
}

impl InPlace for Rescaling {
    type Params = NoParams;
    type State = NoParams;
    const READS_OUTPUT: Reads = Reads::Nothing;
    const MASK: Mask = Mask::Keeps;
    const SAMPLE_WISE: SampleWise = SampleWise::Always;
    const POINTWISE: bool = true;

    fn infer_in_place(
        &self,
        _: &NoParams,
        _: &NoParams,
        y: &mut [f32],
        width: usize,
        cx: &Ctx<'_>,
    ) {
        cx.pool
            .for_each_chunk(y, rows_of(width), |_, y| match (self.scale, self.offset) {
                ([scale], [offset]) => plain(y, *scale, *offset),
                (scale, offset) => each(y, width, scale, offset),
            });
    }

    fn backward_in_place(
        &self,
        _: &NoParams,
        pass: BackwardInPlace<'_>,
        _: &mut NoParams,
        cx: &Ctx<'_>,
    ) {
        let width = pass.width;
        cx.pool
            .for_each_chunk(pass.dy, rows_of(width), |_, dy| match self.scale {
                [scale] => plain(dy, *scale, 0.0),
                scale => each(dy, width, scale, &[0.0]),
            });
    }
}

simd_fn! {
    /// (Rounded twice, as TensorFlow does.)
    fn plain(y: &mut [f32], scale: f32, offset: f32) {
        for y in y {
            *y = *y * scale + offset;
        }
    }
}

simd_fn! {
    fn each(y: &mut [f32], width: usize, scale: &[f32], offset: &[f32]) {
        for y in rows_mut(y, width) {
            match scale {
                [scale] => y.iter_mut().for_each(|y| *y *= scale),
                _ => y.iter_mut().zip(scale).for_each(|(y, scale)| *y *= scale),
            }
            match offset {
                [offset] => y.iter_mut().for_each(|y| *y += offset),
                _ => y.iter_mut().zip(offset).for_each(|(y, offset)| *y += offset),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::Pool;

    #[test]
    fn one_for_each_channel() {
        let cx = Ctx::new(&Pool::Serial, 0, 0);
        let layer = Rescaling::new(&[2.0, 3.0], &[1.0]);
        let mut y = [1.0, 2.0, 3.0, 4.0];
        layer.infer_in_place(&NoParams, &NoParams, &mut y, 2, &cx);
        assert_eq!(y, [3.0, 7.0, 7.0, 13.0]);
        let pass = BackwardInPlace {
            y: &[],
            cache: &[],
            dy: &mut y,
            positive: false,
            width: 2,
        };
        layer.backward_in_place(&NoParams, pass, &mut NoParams, &cx);
        assert_eq!(y, [6.0, 21.0, 14.0, 39.0]);
    }

    #[test]
    fn as_many_values_as_channels() {
        let image = Shape::new(&[4, 4, 3]);
        assert!(shape(image, &[1.0], &[0.0; 3]).is_ok_and(|shape| shape.same(&image)));
        assert!(shape(image, &[1.0; 2], &[0.0]).is_err());
        assert!(shape(image, &[1.0], &[0.0; 4]).is_err());
        assert!(shape(Shape::tokens(&[4]), &[1.0], &[0.0]).is_err());
    }
}
