//! `SpatialDropout1D`, `2D` and `3D`, and `Dropout` with a `noise_shape`: what is dropped is the same along some axes. For
//! users: `docs/layers/SpatialDropout1D.md`, `docs/layers/Dropout.md`.
//!
//! ```
//! use kseq_core::layer::{Ctx, InPlace};
//! use kseq_core::layers::SpatialDropout1D;
//! use kseq_core::{params::NoParams, pool::Pool, shape::Shape};
//!
//! let mut y = [1.0; 4 * 100];
//! let cx = Ctx::new(&Pool::Serial, 7, 0);
//! let dropout = SpatialDropout1D::spatial(0.5, Shape::new(&[4, 100]));
//! dropout.forward_in_place(&NoParams, &mut NoParams, &mut y, &mut [], 100, &cx);
//! let (first, others) = y.split_at(100);
//! assert!(first.contains(&0.0) && first.contains(&2.0));
//! assert!(others.chunks(100).all(|step| step == first));
//! ```

use super::axis::Groups;
use super::noise::{self, VALUES};
use super::rules::{expects, same};
use crate::base::part::part_mut;
use crate::facts::{Mask, Reads, SampleWise};
use crate::kernels::dispatch::simd_fn;
use crate::kernels::elementwise::scale;
use crate::layer::{BackwardInPlace, Ctx, InPlace};
use crate::params::NoParams;
use crate::pool::{GRAIN, for_samples};
use crate::rng::Rng;
use crate::shape::{MAX_RANK, Rule, Shape};

/// Sets values to 0 at random while training, all those that differ only in their places on some axes.
///
/// In a layer list `SpatialDropout1D(..)` and the like, or `Dropout(noise_shape = ..)`.
pub struct SharedDropout {
    rate: f32,
    seed: Option<u64>,
    /// That of a sample, whose lengths may come with the data.
    shape: Shape,
    is_shared: [bool; MAX_RANK],
    /// Whether all samples are the same.
    by_batch: bool,
}

/// Drops whole features of a sequence.
pub type SpatialDropout1D = SharedDropout;
/// Drops whole channels of an image.
pub type SpatialDropout2D = SharedDropout;
/// Drops whole channels of a volume.
pub type SpatialDropout3D = SharedDropout;

impl SharedDropout {
    /// What drops whole channels of samples of this shape: the same on all axes but the last one.
    #[must_use]
    pub const fn spatial(rate: f32, shape: Shape) -> Self {
        let mut is_shared = [false; MAX_RANK];
        let mut at = 0;
        while at + 1 < shape.rank() && at < MAX_RANK {
            is_shared[at] = true;
            at += 1;
        }
        SharedDropout {
            rate,
            seed: None,
            shape,
            is_shared,
            by_batch: false,
        }
    }

    /// What drops each value by itself.
    #[must_use]
    pub(super) const fn each(rate: f32, shape: Shape) -> Self {
        SharedDropout {
            is_shared: [false; MAX_RANK],
            ..SharedDropout::spatial(rate, shape)
        }
    }

    /// With a `noise_shape`, which [`noise::noise_shape`] has taken.
    #[must_use]
    pub const fn of(rate: f32, shape: Shape, noise_shape: &[Option<usize>]) -> Self {
        let axes = noise_shape.len();
        let mut dropout = SharedDropout::spatial(rate, shape);
        // Axes that a shorter one does not name are shared, as everywhere where shapes are broadcast.
        dropout.is_shared = [true; MAX_RANK];
        dropout.by_batch = axes <= shape.rank();
        let mut i = 0;
        while i < axes && axes <= shape.rank() + 1 {
            let is_shared = matches!(noise_shape[i], Some(1));
            let at = shape.rank() + 1 + i - axes;
            if at == 0 {
                dropout.by_batch = is_shared;
            } else if at <= MAX_RANK {
                dropout.is_shared[at - 1] = is_shared;
            }
            i += 1;
        }
        dropout
    }

    /// The same with random numbers of its own, whatever the model's seed.
    #[must_use]
    pub const fn seed(self, seed: u64) -> Self {
        SharedDropout {
            seed: Some(seed),
            ..self
        }
    }

    /// Puts what is left in place of the values: their multiples plus `shift` where they are kept, else `dropped`.
    pub(super) fn mask(
        &self,
        values: &mut [f32],
        [factor, shift, dropped]: [f32; 3],
        cx: &Ctx<'_>,
    ) {
        let rng = noise::rng(self.seed, cx);
        let groups = Groups::along(cx.with_lengths(self.shape), self.is_shared);
        let blocks = groups.count().div_ceil(VALUES);
        let (threshold, len) = (noise::threshold(self.rate), groups.sample);
        let put = Put {
            threshold,
            factor,
            shift,
            dropped,
        };
        let (before, _) = cx.place(values.len().checked_div(len).unwrap_or(0));
        for_samples(cx.pool, values, len, len, |i, sample| {
            let first = if self.by_batch {
                0
            } else {
                (before + i) * blocks
            };
            mask(sample, &groups, &rng, first, &put);
        });
    }
}

/// What comes in place of values.
struct Put {
    threshold: u32,
    factor: f32,
    shift: f32,
    dropped: f32,
}

simd_fn! {
    /// One sample. The random numbers are those of `groups` of values, in their order, from the group `first` of words on.
    fn mask(sample: &mut [f32], groups: &Groups, rng: &Rng, first: usize, put: &Put) {
        let (run, together) = (groups.run().max(1), groups.together().max(1));
        for block in 0..groups.count().div_ceil(VALUES) {
            let mut factors = [1.0; VALUES];
            noise::each(&mut factors, rng, (first + block) * VALUES, put.threshold, |_, kept| {
                if kept { put.factor } else { 0.0 }
            });
            let mut shifts = [0.0; VALUES];
            for (shift, factor) in shifts.iter_mut().zip(&factors) {
                *shift = if *factor == 0.0 { put.dropped } else { put.shift };
            }
            let mut group = block * VALUES;
            let end = (group + VALUES).min(groups.count());
            while group < end {
                // As many groups as have their values side by side.
                let many = (run - group % run).min(end - group);
                let start = groups.start(group);
                let (factors, shifts) = (&factors[group % VALUES..], &shifts[group % VALUES..]);
                for value in (0..groups.values).step_by(together) {
                    let at = start + groups.value(value);
                    if together > 1 {
                        let (factor, shift) = (factors[0], shifts[0]);
                        for v in part_mut(sample, at, together) {
                            *v = if factor == 0.0 { shift } else { *v * factor + shift };
                        }
                    } else {
                        let values = part_mut(sample, at, many).iter_mut();
                        for ((v, factor), shift) in values.zip(factors).zip(shifts) {
                            *v = if *factor == 0.0 { *shift } else { *v * factor + shift };
                        }
                    }
                }
                group += many;
            }
        }
    }
}

/// The shape rule of `SpatialDropout1D`, `2D` and `3D`: the output is as the input, which has so many axes before the last.
pub const fn spatial_shape(input: Shape, axes: usize) -> Rule {
    match expects("SpatialDropout", input, axes) {
        Some(refusal) => Err(refusal.then(input)),
        None => Ok(input),
    }
}

/// The shape rule of `Dropout` with a `noise_shape`.
pub const fn shape(input: Shape, noise_shape: &[Option<usize>]) -> Rule {
    noise::noise_shape(same(input, "Dropout"), noise_shape)
}

impl InPlace for SharedDropout {
    type Params = NoParams;
    type State = NoParams;
    const READS_OUTPUT: Reads = Reads::Nothing;
    const MASK: Mask = Mask::Keeps;
    const SAMPLE_WISE: SampleWise = SampleWise::Inference;
    const POINTWISE: bool = true;
    const RISES: bool = true;
    const KEEPS_SIGN: bool = true;

    fn infer_in_place(&self, _: &NoParams, _: &NoParams, _: &mut [f32], _: usize, _: &Ctx<'_>) {}

    fn forward_in_place(
        &self,
        _: &NoParams,
        _: &mut NoParams,
        y: &mut [f32],
        _: &mut [f32],
        _: usize,
        cx: &Ctx<'_>,
    ) {
        if self.rate > 0.0 && cx.training {
            self.mask(y, [1.0 / (1.0 - self.rate), 0.0, 0.0], cx);
        }
    }

    fn backward_in_place(
        &self,
        _: &NoParams,
        pass: BackwardInPlace<'_>,
        _: &mut NoParams,
        cx: &Ctx<'_>,
    ) {
        if self.rate <= 0.0 || !cx.training {
            return;
        }
        let factor = 1.0 / (1.0 - self.rate);
        if !pass.positive {
            return self.mask(pass.dy, [factor, 0.0, 0.0], cx);
        }
        // What was dropped is 0 in `y`, so its gradient is dropped next.
        cx.pool
            .for_each_chunk(pass.dy, GRAIN, |_, dy| scale(factor, dy));
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::pool::Pool;
    use std::vec;
    use std::vec::Vec;

    const SHAPE: Shape = Shape::new(&[3, 4, 150]);

    fn dropped(dropout: &SharedDropout, seed: u64) -> Vec<f32> {
        let (mut y, cx) = (vec![1.0; 5 * 1800], Ctx::new(&Pool::Serial, seed, 0));
        dropout.forward_in_place(&NoParams, &mut NoParams, &mut y, &mut [], 150, &cx);
        y
    }

    /// For every noise shape: values that differ only on shared axes are the same, and there are both kinds.
    #[test]
    fn shared_axes_share() {
        let all = [None, Some(1)];
        for [b, h, w, c] in (0..16).map(|i| [i & 1, i >> 1 & 1, i >> 2 & 1, i >> 3]) {
            let noise = [all[b], all[h], all[w], all[c]];
            let y = dropped(&SharedDropout::of(0.5, SHAPE, &noise), 7);
            let (mut zeros, mut places) = (0, 0);
            for i in 0..y.len() {
                let place = [i / 1800, i / 600 % 3, i / 150 % 4, i % 150];
                let [pb, ph, pw, pc] = core::array::from_fn(|axis| match noise[axis] {
                    Some(_) => 0,
                    None => place[axis],
                });
                assert_eq!(y[i], y[pb * 1800 + ph * 600 + pw * 150 + pc], "{noise:?}");
                if [pb, ph, pw, pc] == place {
                    places += 1;
                    zeros += usize::from(y[i] == 0.0);
                }
            }
            let share = zeros as f64 / places as f64;
            assert!(
                places < 100 || (share - 0.5).abs() < 0.2,
                "{noise:?}: {share}"
            );
        }
    }

    #[test]
    fn the_gradient_has_the_same_mask() {
        let dropout = SharedDropout::spatial(0.3, SHAPE).seed(9);
        let y = dropped(&dropout, 1);
        assert_eq!(y, dropped(&dropout, 2));
        let (mut dy, cx) = (vec![1.0; y.len()], Ctx::new(&Pool::Serial, 3, 0));
        let pass = BackwardInPlace {
            y: &y,
            cache: &[],
            dy: &mut dy,
            positive: false,
            width: 150,
        };
        dropout.backward_in_place(&NoParams, pass, &mut NoParams, &cx);
        assert_eq!(y, dy);
        // A shorter noise shape is for the last axes: all samples are the same.
        let y = dropped(&SharedDropout::of(0.5, SHAPE, &[None]), 1);
        assert!(y.chunks(150).all(|row| *row == y[..150]));
    }

    #[test]
    fn what_is_refused() {
        assert!(spatial_shape(Shape::new(&[4, 5]), 1).is_ok());
        assert!(spatial_shape(Shape::new(&[4, 5]), 2).is_err());
        assert!(shape(Shape::new(&[4, 5]), &[None, Some(1), None]).is_ok());
        assert!(shape(Shape::new(&[4, 5]), &[None, Some(3), None]).is_err());
    }
}
