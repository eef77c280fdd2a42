//! `Normalization`: `y = (x - mean) / max(sqrt(variance), 1e-7)`, of values that are known before the training. For users:
//! `docs/layers/Normalization.md`.
//!
//! Mean and variance are given, or learned from data by [`NormalizationState::adapt`]. No training changes them.
//!
//! ```
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::{Normalization, NormalizationState};
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let mut s = NormalizationState::<[f32; 2], f32, 1> { mean: [0.0; 2], variance: [1.0; 2], count: 0.0 };
//! s.adapt(&[[1.0, 10.0], [3.0, 30.0]])?;
//! assert_eq!((s.mean, s.variance), ([2.0, 20.0], [1.0, 100.0]));
//! let layer = Normalization::<[f32; 2], f32, 1>::new(&[], &[], false);
//! let mut y = [[0.0; 2]];
//! layer.infer(&NoParams, &s, &[[3.0, 5.0]], &mut y, &mut Ctx::new(&Pool::Serial, 0, 0));
//! assert_eq!(y, [[1.0, -1.5]]);
//! # Ok::<(), kseq_core::error::Error>(())
//! ```

mod kept;

#[cfg(feature = "std")]
use kept::Kept;
use kept::{Moments, Way, samples};

use super::axis;
use super::rules::same;
use crate::base::part::{copy, part, part_mut};
#[cfg(feature = "std")]
use crate::error::Error;
use crate::facts::{Mask, Reads, SampleWise, Streaming};
use crate::fusion::{Fusion, by_step};
use crate::layer::{Backward, Ctx, Layer, Needs, PerStep};
use crate::params::{Flat, NoParams, ParamField, params};
use crate::rng::Rng;
use crate::shape::{MAX_RANK, Refusal, Rule, Shape};
use crate::tensor::Tensor;
#[cfg(feature = "std")]
use crate::text::Note;
use crate::text::Text;

/// Normalises with a mean and a variance for each place on the axes that are kept, as bits from the last one on: `AXES`. `A` is
/// the array that they are learned in, `C` the one of the count; without elements if they are given.
///
/// In a layer list `Normalization(..)`, whose arguments are explained in `kseq::layers::Normalization`.
pub struct Normalization<A, C, const AXES: usize> {
    mean: &'static [f32],
    variance: &'static [f32],
    invert: bool,
    arrays: core::marker::PhantomData<fn() -> (A, C)>,
}

impl<A, C, const AXES: usize> Normalization<A, C, AXES> {
    /// The layer with mean and variance, which are empty if they are to be learned; `invert` does the opposite.
    #[must_use]
    pub const fn new(mean: &'static [f32], variance: &'static [f32], invert: bool) -> Self {
        Normalization {
            mean,
            variance,
            invert,
            arrays: core::marker::PhantomData,
        }
    }
}

params! {
    /// What a [`Normalization`] has learned from data.
    pub struct NormalizationState<A, C; const AXES: usize> {
        /// One for each place on the axes that are kept, or nothing if it is given.
        pub mean: A,
        /// The same.
        pub variance: A,
        /// Keras's, which it keeps for older files: 0.
        pub count: C,
    }
}

impl<A: ParamField, C: ParamField, const AXES: usize> NormalizationState<A, C, AXES> {
    /// Learns mean and variance of data, as Keras's `layer.adapt(data)`: before the training, of what comes into the layer.
    ///
    /// ```text
    /// model.state_mut().normalization_1.adapt(&x)?;
    /// ```
    ///
    /// The samples may have more axes than the layer's, in front, and fewer where those are not kept: the steps of sequences of any
    /// length, one after the other.
    ///
    /// # Errors
    /// There is no sample, a value is NaN or infinite, the axes that are kept have other sizes, or mean and variance
    /// are given in the list of layers. Nothing is changed then.
    #[cfg(feature = "std")]
    pub fn adapt<X: Tensor<Elem = f32>>(&mut self, x: &[X]) -> Result<(), Error> {
        const WHAT: &str = "adapt";
        let other = |why: Note| Err(Error::Argument { name: WHAT, why });
        if means::<A>() == 0 {
            return other(Note::new().str("mean and variance are given in the list of layers"));
        }
        if x.is_empty() {
            return Err(Error::Empty { what: WHAT });
        }
        let axes = Kept::of(X::SHAPE, AXES);
        if axes.len() != means::<A>()
            || X::SHAPE.rank() < (usize::BITS - AXES.leading_zeros()) as usize
        {
            let why = Note::new()
                .str("the axes that the layer keeps are ")
                .text(&A::SHAPE.text());
            return other(why.str(", samples have the shape ").text(&X::SHAPE.text()));
        }
        let values = X::flat(x);
        if let Some((at, value)) = X::first_not_finite(values) {
            let (sample, element) = (at / X::LEN.max(1), at % X::LEN.max(1));
            return Err(Error::NotFinite {
                what: WHAT,
                sample,
                element,
                value,
            });
        }
        let count = (values.len() / means::<A>()) as f64;
        let mut mean = std::vec![0.0; means::<A>()];
        axes.each(values, |k, x| mean[k] += f64::from(x) / count);
        let mut variance = std::vec![0.0; means::<A>()];
        axes.each(values, |k, x| {
            variance[k] += (f64::from(x) - mean[k]).powi(2) / count
        });
        let set = |to: &mut A, from: &[f64]| {
            let to = to.as_f32s_mut();
            to.iter_mut()
                .zip(from)
                .for_each(|(to, from)| *to = *from as f32);
        };
        set(&mut self.mean, &mean);
        set(&mut self.variance, &variance);
        Ok(())
    }
}

/// The length of an array.
const fn means<A: Flat>() -> usize {
    A::LEN
}

/// The axes of a sample that are kept, as bits from the last one on; 0 where the rule refuses.
#[must_use]
pub const fn bits(input: Shape, axes: &[isize]) -> usize {
    let (mut bits, mut i) = (0, 0);
    while i < axes.len() {
        if let Some(axis) = axis::axis(input, axes[i]) {
            bits |= 1 << (input.rank() - 1 - axis);
        }
        i += 1;
    }
    bits
}

/// The shape of mean and variance.
#[must_use]
pub const fn weight(input: Shape, axes: &[isize]) -> Shape {
    let bits = bits(input, axes);
    let (mut dims, mut kept, mut i) = ([0; MAX_RANK], 0, 0);
    while i < input.rank() {
        if bits >> (input.rank() - 1 - i) & 1 == 1 && !input.is_open(i) {
            dims[kept] = input.dim(i);
            kept += 1;
        }
        i += 1;
    }
    Shape::new(dims.split_at(kept).0)
}

/// The number of means; 0 where there are too many.
#[must_use]
pub const fn size(input: Shape, axes: &[isize]) -> usize {
    match weight(input, axes).len() {
        Some(n) => n,
        None => 0,
    }
}

/// The arrays of a layer whose mean and variance are given.
pub const GIVEN: Shape = Shape::new(&[0]);

/// The shape rule: the output is as the input, which has the axes that are kept. Mean and variance are both given or both
/// empty.
pub const fn shape(input: Shape, axes: &[isize], mean: &[f32], variance: &[f32]) -> Rule {
    const LAYER: &str = "Normalization";
    let mut i = 0;
    while i < axes.len() {
        let Some(at) = axis::axis(input, axes[i]) else {
            return Err(axis::refusal(LAYER, input, axes[i]));
        };
        if let Some(refusal) = axis::open(LAYER, input, at) {
            return Err(refusal);
        }
        i += 1;
    }
    let kept = weight(input, axes);
    let size = size(input, axes);
    if mean.len() != variance.len() {
        let what = counted(mean.len(), "mean")
            .str(" and ")
            .num(variance.len())
            .str(" of variance");
        let help = "give both, with as many values, or none of them and call adapt";
        return Err(Refusal::new(what, help).then(input));
    }
    if mean.len() > 1 && mean.len() != size && mean.len() != kept.last() {
        let what = counted(mean.len(), "mean")
            .str(" for the axes that it keeps, ")
            .text(&kept.text());
        let what = what.str(" of its input ").text(&input.text());
        return Err(
            Refusal::new(what, "give one number, or one for each feature or channel").then(input),
        );
    }
    same(input, LAYER)
}

const fn counted(values: usize, name: &str) -> Text {
    Text::new()
        .str("Normalization has ")
        .num(values)
        .str(" values of ")
        .str(name)
}

impl<A: ParamField, C: ParamField, const AXES: usize> Normalization<A, C, AXES> {
    /// Those that are given, or have been learned.
    fn moments<'a>(&self, s: &'a NormalizationState<A, C, AXES>) -> Moments<'a> {
        match means::<A>() {
            0 => Moments {
                mean: self.mean,
                variance: self.variance,
            },
            _ => Moments {
                mean: s.mean.as_f32s(),
                variance: s.variance.as_f32s(),
            },
        }
    }
}

impl<A, C, const AXES: usize, In> Layer<In, In> for Normalization<A, C, AXES>
where
    A: ParamField,
    C: ParamField,
    In: Tensor<Elem = f32>,
{
    type Params = NoParams;
    type State = NormalizationState<A, C, AXES>;
    /// The variance, once for the batch: the backward pass does not see the state.
    const CACHE: usize = means::<A>();
    const READS_OUTPUT: Reads = Reads::Nothing;
    const MASK: Mask = Mask::Keeps;
    const NEEDS: Needs = Needs {
        cache: PerStep::sample(means::<A>()),
        ..Needs::by_step(0, 0, 0)
    };

    fn init(&self, _: &mut NoParams, s: &mut Self::State, _: &mut Rng) {
        s.variance.as_f32s_mut().fill(1.0);
    }

    fn infer(&self, _: &NoParams, s: &Self::State, x: &[In], y: &mut [In], cx: &mut Ctx<'_>) {
        let way = Way {
            invert: self.invert,
            back: false,
        };
        let shape = cx.input_shape::<In>();
        samples(
            In::flat(x),
            In::flat_mut(y),
            shape,
            AXES,
            &self.moments(s),
            way,
            cx.pool,
        );
    }

    fn forward(
        &self,
        p: &NoParams,
        s: &mut Self::State,
        x: &[In],
        y: &mut [In],
        cache: &mut [f32],
        cx: &mut Ctx<'_>,
    ) {
        if !x.is_empty() {
            copy(part_mut(cache, 0, means::<A>()), s.variance.as_f32s());
        }
        self.infer(p, s, x, y, cx);
    }

    fn backward(
        &self,
        _: &NoParams,
        pass: Backward<'_, In, In>,
        _: &mut NoParams,
        cx: &mut Ctx<'_>,
    ) {
        let Some(dx) = pass.dx else { return };
        let way = Way {
            invert: self.invert,
            back: true,
        };
        let variance = match means::<A>() {
            0 => self.variance,
            n => part(pass.cache, 0, n.min(pass.cache.len())),
        };
        // (The mean is not looked at.)
        let moments = Moments {
            mean: variance,
            variance,
        };
        let shape = cx.input_shape::<In>();
        samples(
            In::flat(pass.dy),
            In::flat_mut(dx),
            shape,
            AXES,
            &moments,
            way,
            cx.pool,
        );
    }
}

impl<A, C, const AXES: usize, In> Fusion<In, In> for Normalization<A, C, AXES>
where
    A: ParamField,
    C: ParamField,
    In: Tensor<Elem = f32>,
{
    const SAMPLE_WISE: SampleWise = SampleWise::Inference;
    const STREAMING: Streaming = by_step::<Self, In, In>();
    const REPEATS: bool = true;
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;

    type Image = [[[f32; 2]; 3]; 2];

    fn adapted<const AXES: usize, A: ParamField>(x: &[Image]) -> std::vec::Vec<f32> {
        let mut s = crate::params::zeroed_box::<NormalizationState<A, f32, AXES>>();
        s.adapt(x).expect("data");
        s.mean.as_f32s().to_vec()
    }

    #[test]
    fn means_over_all_other_axes() {
        let image: Image = [
            [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]],
            [[7.0, 8.0], [9.0, 10.0], [11.0, 12.0]],
        ];
        let x = [
            image,
            image.map(|row| row.map(|pixel| pixel.map(|x| x + 2.0))),
        ];
        assert_eq!(adapted::<0b1, [f32; 2]>(&x), [7.0, 8.0]);
        assert_eq!(adapted::<0b10, [f32; 3]>(&x), [5.5, 7.5, 9.5]);
        assert_eq!(adapted::<0b100, [f32; 2]>(&x), [4.5, 10.5]);
        assert_eq!(adapted::<0b101, [[f32; 2]; 2]>(&x), [4.0, 5.0, 10.0, 11.0]);
        assert_eq!(adapted::<0, f32>(&x), [7.5]);
        let mut s = crate::params::zeroed_box::<NormalizationState<[f32; 2], f32, 1>>();
        assert!(s.adapt::<[f32; 3]>(&[[0.0; 3]]).is_err());
        assert!(s.adapt::<[f32; 2]>(&[]).is_err());
        assert!(s.adapt(&[[f32::NAN, 0.0]]).is_err());
        assert!(s.mean == [0.0; 2]);
    }

    #[test]
    fn what_is_refused() {
        let image = Shape::new(&[4, 5, 3]);
        assert!(shape(image, &[-1], &[], &[]).is_ok());
        assert!(shape(image, &[], &[], &[]).is_ok());
        assert!(shape(image, &[1, 3], &[0.0; 3], &[1.0; 3]).is_ok());
        assert!(shape(image, &[-1], &[0.0; 2], &[1.0; 2]).is_err());
        assert!(shape(image, &[-1], &[0.0; 3], &[]).is_err());
        assert!(shape(image, &[4], &[], &[]).is_err());
        assert!(shape(image, &[0], &[], &[]).is_err());
        assert!(shape(Shape::new(&[Shape::NONE, 3]), &[1], &[], &[]).is_err());
        assert_eq!(weight(image, &[-1, 1]), Shape::new(&[4, 3]));
    }
}
