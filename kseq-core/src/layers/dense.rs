//! `Dense`: `y = activation(x W + b)` over the last axis. For users: `docs/layers/Dense.md`.
//!
//! ```
//! use kseq_core::activations::Relu;
//! use kseq_core::initializers::Initializer;
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::{Dense, DenseParams};
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let dense: Dense<2, 3, 3, Relu> = Dense::new(Initializer::GLOROT_UNIFORM, Initializer::ZEROS);
//! let p = DenseParams { kernel: [[1.0, 2.0, 3.0], [4.0, 5.0, -6.0]], bias: [0.5, 0.0, 0.0] };
//! let mut y = [[0.0; 3]];
//! dense.infer(&p, &NoParams, &[[1.0, 1.0]], &mut y, &mut Ctx::new(&Pool::Serial, 0, 0));
//! assert_eq!(y, [[5.5, 7.0, 0.0]]);
//! ```

use core::marker::PhantomData;
use core::ops::Range;

use super::activate::{activate, back_activation};
use super::rules::{fits, open_features, same};
use super::sink::{Sink, update_dense};
use crate::activations::{Act, Activation, Linear};
use crate::base::operator::Operator;
use crate::base::part::copy;
use crate::facts::{Mask, Reads, Stage, Streaming};
use crate::fusion::{Fusion, by_step};
use crate::initializers::{Fans, Initializer};
use crate::kernels::dispatch::DEVICE;
use crate::kernels::elementwise::add_column_sums;
use crate::kernels::gemm::{Epilogue, Mat, device, gemm, gemm_with_epilogue};
use crate::kernels::row::row_with_epilogue;
use crate::layer::{Backward, Ctx, Layer};
use crate::params::{Flat, NoParams, params};
use crate::pool::Pool;
use crate::rng::Rng;
use crate::shape::{Refusal, Rule, Shape};
use crate::tensor::{LastAxis, Tensor};
use crate::text::Text;

/// A fully connected layer from `I` to `O` features; `B` is `O` with a bias and 0 without.
///
/// In a layer list `Dense(..)`, whose arguments are explained in `kseq::layers::Dense`.
pub struct Dense<const I: usize, const O: usize, const B: usize, A = Linear> {
    kernel_initializer: Initializer,
    bias_initializer: Initializer,
    activation: PhantomData<A>,
}

impl<const I: usize, const O: usize, const B: usize, A> Dense<I, O, B, A> {
    /// The layer with its initializers (Keras's defaults: `glorot_uniform`, `zeros`).
    #[must_use]
    pub const fn new(kernel_initializer: Initializer, bias_initializer: Initializer) -> Self {
        Dense {
            kernel_initializer,
            bias_initializer,
            activation: PhantomData,
        }
    }

    /// What it is in integers.
    #[must_use]
    pub const fn int8<In: Tensor, Out: Tensor>(&self) -> Operator
    where
        A: Activation,
    {
        Operator::dense(In::LEN, [I, O], B > 0, A::INT8)
    }
}

params! {
    /// The parameters of a [`Dense`].
    pub struct DenseParams<const I: usize, const O: usize, const B: usize> {
        /// `(I, O)`
        pub kernel: [[f32; O]; I],
        /// `(O,)`, or nothing with `use_bias = false`
        pub bias: [f32; B],
    }
}

/// The shape rule: the last axis becomes `units`.
pub const fn shape(input: Shape, units: usize) -> Rule {
    if let Err(refusal) = same(input, "Dense") {
        return Err(refusal);
    }
    if units == 0 {
        let what = Text::new().str("units must be a positive integer, found 0");
        return Err(Refusal::new(what, "give the number of output features"));
    }
    if let Some(refusal) = open_features("Dense", "", input) {
        return Err(refusal.then(input.with_last(units)));
    }
    let kernel = Shape::new(&[input.last(), units]);
    if !fits(&kernel) {
        let what = Text::new()
            .str("its kernel ")
            .text(&kernel.text())
            .str(" is larger than the address space");
        return Err(Refusal::new(what, "use fewer units"));
    }
    Ok(input.with_last(units))
}

impl<const I: usize, const O: usize, const B: usize, A, In> Layer<In, In::With<O>>
    for Dense<I, O, B, A>
where
    A: Activation,
    In: LastAxis<I>,
{
    type Params = DenseParams<I, O, B>;
    type State = NoParams;
    const CACHE: usize = if A::KEEPS_INPUT {
        <In::With<O> as Tensor>::LEN
    } else {
        0
    };
    const READS_OUTPUT: Reads = A::READS_OUTPUT;
    /// Each output is a sum over the features.
    const MACS: usize = <In::With<O> as Tensor>::LEN.saturating_mul(I);
    const MASK: Mask = Mask::Keeps;

    fn init(&self, p: &mut Self::Params, _: &mut NoParams, rng: &mut Rng) {
        let fans = Fans::dense(I, O);
        self.kernel_initializer
            .fill(p.kernel.as_flattened_mut(), fans, rng);
        self.bias_initializer
            .fill(&mut p.bias, Fans::dense(O, O), rng);
    }

    fn infer(
        &self,
        p: &Self::Params,
        _: &NoParams,
        x: &[In],
        y: &mut [In::With<O>],
        cx: &mut Ctx<'_>,
    ) {
        let y = <In::With<O>>::flat_mut(y);
        let (w, b) = (p.kernel.as_flattened(), &p.bias);
        let relu = matches!(A::ACT, Some(Act::Relu));
        product(In::flat(x), (w, b, relu), y, (I, O), cx.pool);
        if !matches!(A::ACT, Some(Act::Linear | Act::Relu)) {
            activate(y, A::forward, O, cx.pool);
        }
    }

    fn forward(
        &self,
        p: &Self::Params,
        s: &mut NoParams,
        x: &[In],
        y: &mut [In::With<O>],
        cache: &mut [f32],
        cx: &mut Ctx<'_>,
    ) {
        if !A::KEEPS_INPUT {
            return self.infer(p, s, x, y, cx);
        }
        let (w, b) = (p.kernel.as_flattened(), &p.bias);
        product(In::flat(x), (w, b, false), cache, (I, O), cx.pool);
        let y = <In::With<O>>::flat_mut(y);
        copy(y, cache);
        activate(y, A::forward, O, cx.pool);
    }

    fn backward(
        &self,
        p: &Self::Params,
        pass: Backward<'_, In, In::With<O>>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        let dz = <In::With<O>>::flat_mut(pass.dy);
        let y = <In::With<O>>::flat(pass.y);
        back_activation(y, pass.cache, dz, A::backward, O, cx.pool);
        let (dz, trains, pool) = (&*dz, cx.trains(), cx.pool);
        let x = In::flat(pass.x);
        let mut kernel = || {
            if trains {
                if B > 0 {
                    dp.bias.fill(0.0);
                    add_column_sums(&mut dp.bias, dz, pool);
                }
                back_kernel(x, dz, dp.kernel.as_flattened_mut(), (I, O), pool);
            }
        };
        let Some(dx) = pass.dx else { return kernel() };
        let dx = In::flat_mut(dx);
        let w = p.kernel.as_flattened();
        pool.both(&mut kernel, &mut || back_input(dz, w, dx, (I, O), pool));
    }
}

impl<const I: usize, const O: usize, const B: usize, A, In> Fusion<In, In::With<O>>
    for Dense<I, O, B, A>
where
    A: Activation,
    In: LastAxis<I>,
{
    const STREAMING: Streaming = by_step::<Self, In, In::With<O>>();
    const REPEATS: bool = true;
    const STAGE: Stage = if O > 16 && In::SHAPE.rank() == 1 {
        Stage::Sink
    } else {
        Stage::None
    };

    fn infer_part(
        &self,
        p: &Self::Params,
        x: &[In],
        y: &mut [In::With<O>],
        part: Range<usize>,
        cx: &mut Ctx<'_>,
    ) -> Range<usize> {
        if part.is_empty() {
            return 0..0;
        }
        let (x, w) = (
            &In::flat(x)[part.clone()],
            &p.kernel.as_flattened()[part.start * O..part.end * O],
        );
        let y = <In::With<O>>::flat_mut(y);
        let last = part.end == I;
        let epilogue = Epilogue {
            accumulate: part.start > 0,
            bias: if last { &p.bias } else { &[] },
            relu: last && matches!(A::ACT, Some(Act::Relu)),
            ..Epilogue::default()
        };
        row_with_epilogue(x, w, epilogue, y, cx.pool);
        if last && !matches!(A::ACT, Some(Act::Linear | Act::Relu)) {
            A::forward(y, O);
        }
        0..if last { O } else { 0 }
    }

    const STREAMS: bool = true;

    fn backward_streamed(
        &self,
        p: &mut Self::Params,
        pass: Backward<'_, In, In::With<O>>,
        (first, sink): (usize, &mut impl Sink),
        cx: &mut Ctx<'_>,
    ) {
        let dz = <In::With<O>>::flat_mut(pass.dy);
        let y = <In::With<O>>::flat(pass.y);
        back_activation(y, pass.cache, dz, A::backward, O, cx.pool);
        if let Some(dx) = pass.dx {
            let w = p.kernel.as_flattened();
            back_input(dz, w, In::flat_mut(dx), (I, O), cx.pool);
        }
        if cx.trains() {
            let (p, x) = (p.as_f32s_mut(), In::flat(pass.x));
            update_dense(sink, first, p, x, dz, (I, O), cx.pool);
        }
    }
}

/// `y = x W + b` for all rows of `x`, and `relu` of it if that is the activation. (Without std in line, where the sizes are known.)
#[cfg_attr(not(feature = "std"), inline(always))]
pub(crate) fn product(
    x: &[f32],
    (w, b, relu): (&[f32], &[f32], bool),
    y: &mut [f32],
    (i, o): (usize, usize),
    pool: &Pool,
) {
    let epilogue = Epilogue {
        bias: b,
        relu,
        ..Epilogue::default()
    };
    if DEVICE {
        // One row after the other: a second function for several would be more code than it saves time.
        let mut rows = x.chunks_exact(i.max(1));
        for y in y.chunks_exact_mut(o.max(1)) {
            let x = rows.next().unwrap_or_default();
            device::row(x, Mat::rows(w, o), epilogue, y);
        }
        return;
    }
    if x.len() == i {
        return row_with_epilogue(x, w, epilogue, y, pool);
    }
    let rows = y.len() / o;
    let (x, w) = (Mat::rows(x, i), Mat::rows(w, o));
    gemm_with_epilogue(rows, o, i, x, w, y, o, epilogue, pool);
}

/// `dW = x^T dz`.
fn back_kernel(x: &[f32], dz: &[f32], dw: &mut [f32], (i, o): (usize, usize), pool: &Pool) {
    let rows = dz.len() / o;
    let (xt, dz) = (Mat::rows(x, i).t(), Mat::rows(dz, o));
    gemm(i, o, rows, xt, dz, dw, o, false, pool);
}

/// `dx = dz W^T`.
fn back_input(dz: &[f32], w: &[f32], dx: &mut [f32], (i, o): (usize, usize), pool: &Pool) {
    let rows = dz.len() / o;
    let (dz, wt) = (Mat::rows(dz, o), Mat::rows(w, o).t());
    gemm(rows, i, o, dz, wt, dx, i, false, pool);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_axis_becomes_the_units() {
        let cases: [(&[usize], &[usize]); 3] = [
            (&[5], &[7]),
            (&[4, 5], &[4, 7]),
            (&[2, 3, 4, 5], &[2, 3, 4, 7]),
        ];
        for (input, output) in cases {
            let rule = shape(Shape::new(input), 7).expect("fits");
            assert_eq!(rule, Shape::new(output));
        }
    }

    #[test]
    fn refusals_say_what_was_found() {
        let refused = |input, units| match shape(input, units) {
            Ok(_) => panic!("must be refused"),
            Err(refusal) => refusal.what,
        };
        let tokens = refused(Shape::tokens(&[80]), 3);
        assert_eq!(
            tokens.as_str(),
            "Dense expects f32 features, found integer tokens (80,)"
        );
        let none = refused(Shape::new(&[5]), 0);
        assert_eq!(none.as_str(), "units must be a positive integer, found 0");
        let half = 1 << (usize::BITS / 2 + 1);
        let huge = refused(Shape::new(&[half]), half);
        assert!(huge.as_str().contains("larger than the address space"));
    }
}
