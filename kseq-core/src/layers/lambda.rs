//! `Lambda`: a function as a layer, with its derivative. For users: `docs/layers/Lambda.md`.
//!
//! Of single values it is a [`Lambda`], of whole samples a [`LambdaOf`]; which of them the macro takes says `output_shape`.
//!
//! ```
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::{Lambda, LambdaOf};
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let mut cx = Ctx::new(&Pool::Serial, 0, 0);
//! let mut y = [[0.0; 2]];
//! let square = Lambda::new(|x| x * x, |x| 2.0 * x);
//! square.infer(&NoParams, &NoParams, &[[3.0, -4.0]], &mut y, &mut cx);
//! assert_eq!(y, [[9.0, 16.0]]);
//!
//! let mut y = [[0.0]];
//! let sum = LambdaOf::<[f32; 2], [f32; 1]>::new(|x, y| *y = [x[0] + x[1]], |_, dy, dx| *dx = [dy[0]; 2]);
//! sum.infer(&NoParams, &NoParams, &[[3.0, -4.0]], &mut y, &mut cx);
//! assert_eq!(y, [[-1.0]]);
//! ```

use super::rules::same;
use crate::facts::{Reads, SampleWise, Streaming};
use crate::fusion::{Fusion, by_step};
use crate::layer::{Backward, Ctx, Layer};
use crate::params::NoParams;
use crate::pool::GRAIN;
use crate::shape::{Elem, MAX_RANK, Refusal, Rule, Shape};
use crate::tensor::Tensor;
use crate::text::Text;

/// A function of single values.
///
/// In a layer list `Lambda(..)`, whose arguments are explained in `kseq::layers::Lambda`.
pub struct Lambda {
    function: fn(f32) -> f32,
    gradient: fn(f32) -> f32,
}

impl Lambda {
    /// A function with its derivative.
    #[must_use]
    pub const fn new(function: fn(f32) -> f32, gradient: fn(f32) -> f32) -> Self {
        Lambda { function, gradient }
    }
}

/// A function of a whole sample.
///
/// In a layer list `Lambda(.., output_shape = ..)`, whose arguments are explained in `kseq::layers::Lambda`.
pub struct LambdaOf<In, Out> {
    function: fn(&In, &mut Out),
    gradient: fn(&In, &Out, &mut In),
}

impl<In, Out> LambdaOf<In, Out> {
    /// A function, and one that makes of the sample and the gradient of the output that of the sample.
    #[must_use]
    pub const fn new(function: fn(&In, &mut Out), gradient: fn(&In, &Out, &mut In)) -> Self {
        LambdaOf { function, gradient }
    }
}

/// The shape rule of a function of single values.
pub const fn shape(input: Shape) -> Rule {
    same(input, "Lambda")
}

/// The shape rule of a function of samples.
pub const fn declared(input: Shape, sizes: &[Option<usize>]) -> Rule {
    let (mut dims, mut axis) = ([0; MAX_RANK], 0);
    while axis < sizes.len() && axis < MAX_RANK {
        if let Some(size) = sizes[axis] {
            dims[axis] = size;
        }
        axis += 1;
    }
    let output = Shape::new(dims.split_at(axis).0);
    let (what, help) = if matches!(input.elem(), Elem::U32) {
        let what = Text::new().str("Lambda takes numbers, found tokens ");
        (what.text(&input.text()), "put it behind the Embedding")
    } else if input.open_axes() > 0 {
        let what = Text::new()
            .str("the function of a Lambda with output_shape takes samples of one shape, but these are of any length: ");
        (
            what.text(&input.text()),
            "put it where the samples have a shape, or leave output_shape out: then the function is one of single values",
        )
    } else if sizes.len() > MAX_RANK {
        let what = Text::new().str("output_shape has ").num(sizes.len());
        (
            what.str(" axes"),
            "a sample has 1 to 4, the batch axis is not counted",
        )
    } else if axis == 0 || output.is_empty() {
        let what = Text::new().str("output_shape has an axis without a size");
        (
            what,
            "give every axis its size, without the batch axis: output_shape = (4,)",
        )
    } else {
        return Ok(output);
    };
    let refusal = Refusal::new(what, help);
    Err(match axis {
        0 => refusal,
        _ => refusal.then(output),
    })
}

impl<In: Tensor<Elem = f32>> Layer<In, In> for Lambda {
    type Params = NoParams;
    type State = NoParams;
    const READS_OUTPUT: Reads = Reads::Nothing;

    fn infer(&self, _: &NoParams, _: &NoParams, x: &[In], y: &mut [In], cx: &mut Ctx<'_>) {
        let (x, f) = (In::flat(x), self.function);
        cx.pool.for_each_chunk(In::flat_mut(y), GRAIN, |i, y| {
            let x = x.get(i * GRAIN..).unwrap_or_default();
            y.iter_mut().zip(x).for_each(|(y, x)| *y = f(*x));
        });
    }

    fn backward(
        &self,
        _: &NoParams,
        pass: Backward<'_, In, In>,
        _: &mut NoParams,
        cx: &mut Ctx<'_>,
    ) {
        let (pass, f) = (pass.flat(), self.gradient);
        let Some(dx) = pass.dx else {
            return;
        };
        let (x, dy) = (pass.x, &*pass.dy);
        cx.pool.for_each_chunk(dx, GRAIN, |i, dx| {
            let [x, dy] = [x, dy].map(|all| all.get(i * GRAIN..).unwrap_or_default());
            let all = dx.iter_mut().zip(x.iter().zip(dy));
            all.for_each(|(dx, (x, dy))| *dx = f(*x) * dy);
        });
    }
}

impl<In: Tensor<Elem = f32>> Fusion<In, In> for Lambda {
    const SAMPLE_WISE: SampleWise = SampleWise::Always;
    const STREAMING: Streaming = by_step::<Self, In, In>();
}

impl<In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>> Layer<In, Out> for LambdaOf<In, Out> {
    type Params = NoParams;
    type State = NoParams;
    const READS_OUTPUT: Reads = Reads::Nothing;

    fn infer(&self, _: &NoParams, _: &NoParams, x: &[In], y: &mut [Out], _: &mut Ctx<'_>) {
        for (x, y) in x.iter().zip(y) {
            (self.function)(x, y);
        }
    }

    fn backward(
        &self,
        _: &NoParams,
        pass: Backward<'_, In, Out>,
        _: &mut NoParams,
        _: &mut Ctx<'_>,
    ) {
        for (dx, (x, dy)) in pass
            .dx
            .into_iter()
            .flatten()
            .zip(pass.x.iter().zip(pass.dy))
        {
            (self.gradient)(x, dy, dx);
        }
    }
}

impl<In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>> Fusion<In, Out> for LambdaOf<In, Out> {
    const SAMPLE_WISE: SampleWise = SampleWise::Always;
}
