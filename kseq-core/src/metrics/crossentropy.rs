//! Keras 2's word `"crossentropy"` among the metrics.

use super::mean::{Mean, counts_in_a_mean};
use super::{Direction, Metric};
use crate::base::sealed::Sealed;
use crate::losses::{self, AsMetric, SparseCategoricalCrossentropy, Weights};
use crate::open::Open;
use crate::tensor::Tensor;

/// What Keras 2's metric `"crossentropy"`, or `"ce"`, means: the crossentropy of yes and no for one unit, between classes for
/// several, with targets as the outputs or class numbers.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::metrics::{Crossentropy, Metric};
/// let mut metric = Crossentropy::new();
/// metric.update(&[[0.5, 0.5], [0.5, 0.5]], &[1u32, 0], None);
/// assert!((Metric::<[f32; 2], u32>::result(&metric) - 2f32.ln()).abs() < 1e-6);
/// ```
#[derive(Clone, Copy, Default, Debug)]
pub struct Crossentropy {
    mean: Mean,
}

impl Crossentropy {
    /// With nothing counted yet.
    #[must_use]
    pub const fn new() -> Self {
        Crossentropy { mean: Mean::new() }
    }
}

#[diagnostic::do_not_recommend]
impl<Out: Tensor<Elem = f32>, Y: CrossentropyTarget<Out>> Metric<Out, Y> for Crossentropy {
    fn name(&self) -> &'static str {
        "crossentropy"
    }

    fn direction(&self) -> Option<Direction> {
        Some(Direction::Down)
    }

    fn masked(&self) -> bool {
        true
    }

    fn update(&mut self, out: &[Out], y: &[Y], weight: Option<&[f32]>) {
        let (weights, mean) = (Weights::new(out, weight), &mut self.mean);
        let mut row = 0;
        for (out, y) in out.iter().zip(y) {
            y.rows(out, &mut |value| {
                let weight = f64::from(weights.of(row));
                mean.add(if weight == 0.0 { 0.0 } else { weight * value }, weight);
                row += 1;
            });
        }
    }

    counts_in_a_mean!();
}

/// Targets that [`Crossentropy`] can compare with outputs `Out`: the type of the outputs, or class numbers.
#[diagnostic::on_unimplemented(
    message = "metric `Crossentropy` does not fit: the model gives `{Out}` and the targets are `{Self}`",
    label = "this metric",
    note = "targets are of the type of the outputs, or class numbers: `u32` for `[f32; N]`"
)]
pub trait CrossentropyTarget<Out>: Sealed {
    /// Calls `f` with the value of each row.
    #[doc(hidden)]
    fn rows(&self, out: &Out, f: &mut dyn FnMut(f64));
}

impl<const N: usize> CrossentropyTarget<[f32; N]> for [f32; N] {
    fn rows(&self, out: &[f32; N], f: &mut dyn FnMut(f64)) {
        let (out, y) = (core::slice::from_ref(out), core::slice::from_ref(self));
        f(losses::Crossentropy.total(out, y, None).0);
    }
}

impl<const N: usize> CrossentropyTarget<[f32; N]> for u32 {
    fn rows(&self, out: &[f32; N], f: &mut dyn FnMut(f64)) {
        let loss = SparseCategoricalCrossentropy::new();
        if let [p] = out.as_slice() {
            let y = [if *self == 0 { 0.0 } else { 1.0 }];
            return f(losses::Crossentropy.total(&[[*p]], &[y], None).0);
        }
        let (out, y) = (core::slice::from_ref(out), core::slice::from_ref(self));
        f(loss.total(out, y, None).0);
    }
}

impl<Out, Y: CrossentropyTarget<Out>, const A: usize> CrossentropyTarget<[Out; A]> for [Y; A] {
    fn rows(&self, out: &[Out; A], f: &mut dyn FnMut(f64)) {
        for (out, y) in out.iter().zip(self) {
            y.rows(out, f);
        }
    }
}

impl<Out, Y: CrossentropyTarget<Out>, const AXES: usize> CrossentropyTarget<Open<Out, AXES>>
    for Open<Y, AXES>
{
    fn rows(&self, out: &Open<Out, AXES>, f: &mut dyn FnMut(f64)) {
        self.0.rows(&out.0, f);
    }
}
