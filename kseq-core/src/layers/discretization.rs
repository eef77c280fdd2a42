//! `Discretization`: numbers as the intervals that they are in; an interval begins with its end. Their ends are given, or learned from
//! data by [`DiscretizationState::adapt`]. For users: `docs/layers/Discretization.md`.
//!
//! ```
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::{Discretization, DiscretizationState, OutputMode};
//! use kseq_core::{params::{NoParams, zeroed}, pool::Pool};
//!
//! let layer: Discretization<[f32; 0], 0> = Discretization::new(&[0.0, 1.0], OutputMode::Int);
//! let (mut y, cx) = ([[0.0; 4]], &mut Ctx::new(&Pool::Serial, 0, 0));
//! layer.infer(&NoParams, &zeroed(), &[[-5.0, 0.0, 0.5, 1.0]], &mut y, cx);
//! assert_eq!(y, [[0.0, 1.0, 1.0, 2.0]]);
//! ```

use core::marker::PhantomData;

use super::encoding::{self, Classes, OutputMode, Value, encoded, encodes};
use crate::error::Error;
use crate::facts::{Reads, SampleWise};
use crate::fusion::Fusion;
use crate::layer::{Backward, Ctx, Layer};
use crate::params::{Flat, NoParams, ParamField, params};
use crate::rng::Rng;
use crate::shape::{Refusal, Rule, Shape};
use crate::tensor::Tensor;
use crate::text::{Note, Text};

/// Numbers as the intervals that they are in. `B` is the array that their ends are learned in, without elements if they are given;
/// `EPSILON` are the bits of how exactly.
///
/// In a layer list `Discretization(..)`, whose arguments are explained in `kseq::layers::Discretization`.
pub struct Discretization<B, const EPSILON: usize> {
    boundaries: &'static [f32],
    mode: OutputMode,
    array: PhantomData<fn() -> B>,
}

impl<B, const EPSILON: usize> Discretization<B, EPSILON> {
    /// The layer with the ends of the intervals, which are empty if they are to be learned.
    #[must_use]
    pub const fn new(bin_boundaries: &'static [f32], mode: OutputMode) -> Self {
        Discretization {
            boundaries: bin_boundaries,
            mode,
            array: PhantomData,
        }
    }
}

params! {
    /// What a [`Discretization`] has learned from data.
    pub struct DiscretizationState<B; const EPSILON: usize> {
        /// The ends of the intervals: one less than `num_bins`, or nothing if they are given.
        pub bin_boundaries: B,
    }
}

/// Beyond all numbers: the end of intervals that there are not.
const NO_END: f32 = f32::MAX;

/// The length of an array.
const fn ends<B: Flat>() -> usize {
    B::LEN
}

impl<B: ParamField, const EPSILON: usize> Classes for Discretization<B, EPSILON> {
    type State = DiscretizationState<B, EPSILON>;

    fn mode(&self) -> OutputMode {
        self.mode
    }

    fn begin(s: &mut Self::State) {
        s.bin_boundaries.as_f32s_mut().fill(NO_END);
    }

    /// How many of the ends are not above it.
    fn class(&self, s: &Self::State, value: Value) -> Option<usize> {
        let x = value.number();
        let boundaries = match ends::<B>() {
            0 => self.boundaries,
            _ => s.bin_boundaries.as_f32s(),
        };
        Some(boundaries.partition_point(|end| *end <= x))
    }

    fn refused(&self, _: Value) -> Option<Note> {
        None
    }
}

encodes!([B: ParamField, const EPSILON: usize,] Discretization<B, EPSILON>, DiscretizationState<B, EPSILON>);

/// The shape rule; the ends are given, or so many intervals are to be learned.
pub const fn shape(
    input: Shape,
    bin_boundaries: Option<&[f32]>,
    num_bins: Option<usize>,
    mode: OutputMode,
) -> Rule {
    let classes = match (bin_boundaries, num_bins) {
        (Some(boundaries), None) => {
            let mut i = 1;
            while i < boundaries.len() {
                let ascends = boundaries[i - 1] < boundaries[i];
                if !ascends {
                    let what = Text::new()
                        .str("bin_boundaries must ascend, found ")
                        .float(boundaries[i]);
                    let what = what.str(" behind ").float(boundaries[i - 1]);
                    return Err(Refusal::new(
                        what,
                        "write the ends of the intervals in ascending order: [0.0, 1.0, 2.0]",
                    ));
                }
                i += 1;
            }
            boundaries.len() + 1
        }
        (None, Some(bins)) if bins > 0 => bins,
        (None, Some(_)) => {
            let what = Text::new().str("num_bins must be positive, found 0");
            return Err(Refusal::new(
                what,
                "give how many intervals are to be learned",
            ));
        }
        (given, _) => {
            let what = Text::new().str(match given {
                Some(_) => "Discretization has bin_boundaries, and num_bins to learn them",
                None => "Discretization has no intervals",
            });
            return Err(Refusal::new(
                what,
                "give bin_boundaries = [0.0, 1.0], or num_bins = 10 and call adapt before the training",
            ));
        }
    };
    encoded("Discretization", input, classes, mode)
}

/// The rule of `epsilon`.
#[must_use]
pub const fn epsilon_rule(epsilon: f32) -> Option<Refusal> {
    if epsilon > 0.0 && epsilon < 1.0 {
        return None;
    }
    let what = Text::new().str("epsilon must be more than 0 and less than 1, found ");
    let help = "with epsilon = 0.01 the ends are learned from about 100 values";
    Some(Refusal::new(what.float(epsilon), help))
}

#[cfg(feature = "std")]
mod learn {
    use std::vec::Vec;

    use super::{DiscretizationState, NO_END};
    use crate::error::Error;
    use crate::layers::encoding;
    use crate::params::ParamField;
    use crate::tensor::Tensor;
    use crate::text::Note;

    impl<B: ParamField, const EPSILON: usize> DiscretizationState<B, EPSILON> {
        /// Learns the ends of the intervals, between which there are as many values of the data each, as Keras's `layer.adapt(data)`: before
        /// the training, of what comes into the layer. Of less values than intervals some stay empty.
        ///
        /// ```text
        /// model.state_mut().discretization_1.adapt(&x)?;
        /// ```
        ///
        /// # Errors
        /// There is no value, one is NaN or infinite, or `bin_boundaries` are given in the list of layers. Nothing is changed then.
        pub fn adapt<X: Tensor>(&mut self, x: &[X]) -> Result<(), Error> {
            const WHAT: &str = "adapt";
            if super::ends::<B>() == 0 {
                let why = Note::new().str("bin_boundaries are given in the list of layers");
                return Err(Error::Argument { name: WHAT, why });
            }
            let x = X::flat(x);
            if x.is_empty() {
                return Err(Error::Empty { what: WHAT });
            }
            if let Some((at, value)) = X::first_not_finite(x) {
                let len = X::LEN.max(1);
                return Err(Error::NotFinite {
                    what: WHAT,
                    sample: at / len,
                    element: at % len,
                    value,
                });
            }
            let all = encoding::values(X::tokens(x), X::floats(x));
            let mut values: Vec<f32> = all.map(|value| value.number()).collect();
            values.sort_unstable_by(f32::total_cmp);
            let epsilon = as_written(f32::from_bits(EPSILON as u32));
            let bins = super::ends::<B>() + 1;
            let summary = Summary::of(&values, epsilon).compressed(epsilon);
            let learned = summary.compressed(1.0 / bins as f64).values;
            let learned = learned.split_last().map_or(&[][..], |(_, ends)| ends);
            let ends = self.bin_boundaries.as_f32s_mut();
            ends.fill(NO_END);
            ends.iter_mut()
                .zip(learned)
                .for_each(|(end, value)| *end = *value);
            Ok(())
        }
    }

    /// Keras's: some of the values in ascending order, and how many each stands for.
    struct Summary {
        values: Vec<f32>,
        weights: Vec<f32>,
    }

    impl Summary {
        fn of(sorted: &[f32], epsilon: f64) -> Self {
            let step = (sorted.len() as f64 / (1.0 / epsilon)).max(1.0);
            let some = sorted.iter().skip((step - 1.0) as usize);
            let values: Vec<f32> = some.step_by(step as usize).copied().collect();
            let weights = std::vec![step as f32; values.len()];
            Summary { values, weights }
        }

        /// To a share of `epsilon` of all values each.
        fn compressed(self, epsilon: f64) -> Self {
            if (self.values.len() as f64) * epsilon < 1.0 {
                return self;
            }
            let mut sum = 0.0f32;
            let sums: Vec<f32> = self
                .weights
                .iter()
                .map(|weight| {
                    sum += weight;
                    sum
                })
                .collect();
            let shares: Vec<f32> = sums.iter().map(|part| part / sum).collect();
            let bins = (1.0 / epsilon).ceil() as usize;
            let at = |i: usize| epsilon + i as f64 * epsilon;
            let mut before = 0.0;
            let (mut values, mut weights) = (Vec::new(), Vec::new());
            for i in 0..bins {
                values.push(between(at(i), &shares, &self.values) as f32);
                let sum = between(at(i), &shares, &sums);
                weights.push((sum - before) as f32);
                before = sum;
            }
            Summary { values, weights }
        }
    }

    /// The number that was written, as Python has it: 0.01 is no `f32`.
    fn as_written(x: f32) -> f64 {
        let text = std::format!("{x}");
        text.parse().unwrap_or(f64::from(x))
    }

    /// `np.interp`: the value at `x` on the lines between the points, whose `xs` ascend.
    fn between(x: f64, xs: &[f32], ys: &[f32]) -> f64 {
        let next = xs.partition_point(|at| f64::from(*at) <= x);
        let at = |of: &[f32], i: usize| of.get(i).copied().map_or(0.0, f64::from);
        let Some(last) = next.checked_sub(1) else {
            return at(ys, 0);
        };
        if next == xs.len() {
            return at(ys, last);
        }
        let slope = (at(ys, next) - at(ys, last)) / (at(xs, next) - at(xs, last));
        slope * (x - at(xs, last)) + at(ys, last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::encoding::tests::of;

    /// As `np.digitize` and Keras do.
    #[test]
    fn intervals_begin_with_their_ends() {
        let layer = |mode| Discretization::<[f32; 0], 0>::new(&[0.0, 1.0, 2.5], mode);
        let y: [f32; 5] = of(&layer(OutputMode::Int), [-1.0, 0.0, 0.5, 2.5, 9.0]);
        assert_eq!(y, [0.0, 1.0, 1.0, 3.0, 3.0]);
        let y: [[f32; 4]; 2] = of(&layer(OutputMode::OneHot), [-1.0, 1.0]);
        assert_eq!(y, [[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]);
    }

    #[test]
    fn what_is_refused() {
        let (hot, x) = (OutputMode::MultiHot, Shape::new(&[3]));
        let depth = |rule: Rule| rule.ok().map(|output| output.last());
        assert_eq!(depth(shape(x, Some(&[1.0, 2.0]), None, hot)), Some(3));
        assert_eq!(depth(shape(x, None, Some(5), hot)), Some(5));
        assert!(shape(x, Some(&[1.0, 1.0]), None, hot).is_err());
        assert!(shape(x, Some(&[1.0]), Some(2), hot).is_err());
        assert!(shape(x, None, None, hot).is_err() && shape(x, None, Some(0), hot).is_err());
    }

    /// As Keras's `adapt` learns them.
    #[cfg(feature = "std")]
    #[test]
    fn ends_are_learned() {
        fn learned<B: ParamField, const EPSILON: usize>(values: usize) -> std::vec::Vec<f32> {
            let value = |i: usize| ((i * 7919) % 1009) as f32 / 64.0 - 5.0;
            let x: std::vec::Vec<[f32; 1]> = (0..values).map(|i| [value(i)]).collect();
            let mut s = crate::params::zeroed_box::<DiscretizationState<B, EPSILON>>();
            s.adapt(&x).expect("data");
            s.bin_boundaries.as_f32s().to_vec()
        }
        fn close(found: &[f32], expected: &[f32]) {
            assert_eq!(found.len(), expected.len());
            let mut all = found.iter().zip(expected);
            assert!(
                all.all(|(a, b)| (a - b).abs() < 1e-5),
                "{found:?} {expected:?}"
            );
        }
        const FINE: usize = 0.01f32.to_bits() as usize;
        const COARSE: usize = 0.1f32.to_bits() as usize;
        close(
            &learned::<[f32; 3], FINE>(50),
            &[-1.218_75, 3.078_125, 6.664_062_5],
        );
        let seven = [
            -2.767_858_5,
            -0.504_467_67,
            1.758_926,
            4.006_695,
            6.254_463,
            8.502_232,
        ];
        close(&learned::<[f32; 6], FINE>(1000), &seven);
        let ten = [
            -3.5,
            -1.890_625_7,
            -0.328_126_28,
            1.218_748_3,
            2.828_123,
            4.437_498,
            5.937_498,
            7.484_374,
            9.031_248,
        ];
        close(&learned::<[f32; 9], COARSE>(333), &ten);
        // Of three values there are two ends.
        close(
            &learned::<[f32; 4], FINE>(3),
            &[-5.0, 5.984_375, NO_END, NO_END],
        );
        let mut s = crate::params::zeroed_box::<DiscretizationState<[f32; 2], FINE>>();
        assert!(s.adapt::<[f32; 1]>(&[]).is_err() && s.adapt(&[[f32::NAN]]).is_err());
        assert!(s.adapt(&[[1u32, 2, 3]]).is_ok() && s.bin_boundaries == [1.0, 2.0]);
    }
}
