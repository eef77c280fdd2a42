//! `EinsumDense`: sums of products along the axes that an equation names, `"ab,bc->ac"`, then a bias and an activation. For users:
//! `docs/layers/EinsumDense.md`.
//!
//! Where the axes lie in the order of a matrix product it is one, for the whole batch; else the products are taken one by one.
//!
//! ```
//! use kseq_core::initializers::Initializer;
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::einsum_dense::{EinsumDense, EinsumDenseParams, plan_of};
//! use kseq_core::{params::NoParams, pool::Pool, shape::Shape};
//!
//! let plan = plan_of(Shape::new(&[2, 2]), "abc,cd->abd", &[None, Some(1)], "");
//! let layer: EinsumDense<[[f32; 1]; 2], [f32; 0]> =
//!     EinsumDense::new(plan, Initializer::GLOROT_UNIFORM, Initializer::ZEROS);
//! let p = EinsumDenseParams { kernel: [[1.0], [10.0]], bias: [] };
//! let (mut y, cx) = ([[[0.0]; 2]], &mut Ctx::new(&Pool::Serial, 0, 0));
//! layer.infer(&p, &NoParams, &[[[1.0, 2.0], [3.0, 4.0]]], &mut y, cx);
//! assert_eq!(y, [[[21.0], [43.0]]]);
//! ```

mod equation;
mod plan;
mod words;

use core::marker::PhantomData;

use super::activate::{activate, back_activation};
use crate::activations::{Activation, Linear};
use crate::base::part::{copy, part};
use crate::facts::Reads;
use crate::fusion::Fusion;
use crate::initializers::{Fans, Initializer};
use crate::kernels::gemm::{Mat, gemm};
use crate::layer::{Backward, Ctx, Layer};
use crate::params::{NoParams, ParamField, params};
use crate::pool::for_samples;
use crate::rng::Rng;
use crate::tensor::Tensor;

pub use equation::{plan_of, shape, weights};
pub use plan::Plan;

/// Sums of products; `K` and `B` are the types of kernel and bias.
///
/// In a layer list `EinsumDense(..)`, whose arguments are explained in `kseq::layers::EinsumDense`.
pub struct EinsumDense<K, B, A = Linear> {
    plan: Plan,
    kernel_initializer: Initializer,
    bias_initializer: Initializer,
    types: PhantomData<(K, B, A)>,
}

impl<K, B, A> EinsumDense<K, B, A> {
    /// The layer with what its equation comes to ([`plan_of`]).
    #[must_use]
    pub const fn new(
        plan: Plan,
        kernel_initializer: Initializer,
        bias_initializer: Initializer,
    ) -> Self {
        EinsumDense {
            plan,
            kernel_initializer,
            bias_initializer,
            types: PhantomData,
        }
    }
}

params! {
    /// The parameters of an [`EinsumDense`].
    pub struct EinsumDenseParams<K, B> {
        /// As the equation says.
        pub kernel: K,
        /// As `bias_axes` say, or nothing without them.
        pub bias: B,
    }
}

impl Plan {
    /// The outputs of a batch, before the activation.
    fn sums(&self, (kernel, bias): (&[f32], &[f32]), x: &[f32], y: &mut [f32], cx: &Ctx<'_>) {
        if let Some([terms, columns]) = self.product() {
            let rows = y.len() / columns.max(1);
            let (x, k) = (Mat::rows(x, terms), Mat::rows(kernel, columns));
            gemm(rows, columns, terms, x, k, y, columns, false, cx.pool);
        }
        let (input, output) = (self.input_len(), self.output_len());
        for_samples(cx.pool, y, output, self.products(), |i, y| {
            if self.product().is_none() {
                let x = part(x, i * input, input);
                y.fill(0.0);
                self.each(|a, w, b| add_product(y, b, x, a, kernel, w));
            }
            if !bias.is_empty() {
                let all = y.iter_mut().enumerate();
                all.for_each(|(at, y)| *y += bias.get(self.bias_at(at)).copied().unwrap_or(0.0));
            }
        });
    }

    /// The gradient of the parameters, summed over a batch.
    fn parameter_gradients(
        &self,
        x: &[f32],
        dz: &[f32],
        (dkernel, dbias): (&mut [f32], &mut [f32]),
        cx: &Ctx<'_>,
    ) {
        let (input, output) = (self.input_len(), self.output_len().max(1));
        if !dbias.is_empty() {
            dbias.fill(0.0);
            for (at, dz) in dz.iter().enumerate() {
                if let Some(dbias) = dbias.get_mut(self.bias_at(at % output)) {
                    *dbias += dz;
                }
            }
        }
        if let Some([terms, columns]) = self.product() {
            let rows = dz.len() / columns.max(1);
            let (x, dz) = (Mat::rows(x, terms).t(), Mat::rows(dz, columns));
            return gemm(
                terms, columns, rows, x, dz, dkernel, columns, false, cx.pool,
            );
        }
        dkernel.fill(0.0);
        for (i, dz) in dz.chunks_exact(output).enumerate() {
            let x = part(x, i * input, input);
            self.each(|a, w, b| add_product(dkernel, w, x, a, dz, b));
        }
    }

    /// The gradient of the input of a batch.
    fn input_gradient(&self, kernel: &[f32], dz: &[f32], dx: &mut [f32], cx: &Ctx<'_>) {
        if let Some([terms, columns]) = self.product() {
            let rows = dz.len() / columns.max(1);
            let (dz, k) = (Mat::rows(dz, columns), Mat::rows(kernel, columns).t());
            return gemm(rows, terms, columns, dz, k, dx, terms, false, cx.pool);
        }
        let (input, output) = (self.input_len(), self.output_len());
        for_samples(cx.pool, dx, input, self.products(), |i, dx| {
            let dz = part(dz, i * output, output);
            dx.fill(0.0);
            self.each(|a, w, b| add_product(dx, a, dz, b, kernel, w));
        });
    }
}

/// `to[i] += a[j] * b[k]`
#[inline(always)]
fn add_product(to: &mut [f32], i: usize, a: &[f32], j: usize, b: &[f32], k: usize) {
    if let (Some(to), Some(a), Some(b)) = (to.get_mut(i), a.get(j), b.get(k)) {
        *to += a * b;
    }
}

impl<K, B, A, In, Out> Layer<In, Out> for EinsumDense<K, B, A>
where
    K: ParamField,
    B: ParamField,
    A: Activation,
    In: Tensor<Elem = f32>,
    Out: Tensor<Elem = f32>,
{
    type Params = EinsumDenseParams<K, B>;
    type State = NoParams;
    const CACHE: usize = if A::KEEPS_INPUT { Out::LEN } else { 0 };
    const READS_OUTPUT: Reads = A::READS_OUTPUT;
    /// Each weight for each row, if there are rows.
    const MACS: usize = match Out::LEN.checked_div(Out::SHAPE.last()) {
        Some(rows) => rows.saturating_mul(<K as Tensor>::LEN),
        None => 0,
    };

    fn init(&self, p: &mut Self::Params, _: &mut NoParams, rng: &mut Rng) {
        let (inputs, outputs) = self.plan.fans();
        self.kernel_initializer
            .fill(p.kernel.as_f32s_mut(), Fans::dense(inputs, outputs), rng);
        self.bias_initializer
            .fill(p.bias.as_f32s_mut(), Fans::of(B::SHAPE), rng);
    }

    fn infer(&self, p: &Self::Params, _: &NoParams, x: &[In], y: &mut [Out], cx: &mut Ctx<'_>) {
        let weights = (p.kernel.as_f32s(), p.bias.as_f32s());
        let (x, y) = (In::flat(x), Out::flat_mut(y));
        self.plan.sums(weights, x, y, cx);
        activate(y, A::forward, Out::SHAPE.last(), cx.pool);
    }

    fn forward(
        &self,
        p: &Self::Params,
        s: &mut NoParams,
        x: &[In],
        y: &mut [Out],
        cache: &mut [f32],
        cx: &mut Ctx<'_>,
    ) {
        if !A::KEEPS_INPUT {
            return self.infer(p, s, x, y, cx);
        }
        let weights = (p.kernel.as_f32s(), p.bias.as_f32s());
        self.plan.sums(weights, In::flat(x), cache, cx);
        let y = Out::flat_mut(y);
        copy(y, cache);
        activate(y, A::forward, Out::SHAPE.last(), cx.pool);
    }

    fn backward(
        &self,
        p: &Self::Params,
        pass: Backward<'_, In, Out>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        let (x, y, dz) = (In::flat(pass.x), Out::flat(pass.y), Out::flat_mut(pass.dy));
        let width = Out::SHAPE.last();
        back_activation(y, pass.cache, dz, A::backward, width, cx.pool);
        let dz = &*dz;
        if cx.trains() {
            let to = (dp.kernel.as_f32s_mut(), dp.bias.as_f32s_mut());
            self.plan.parameter_gradients(x, dz, to, cx);
        }
        if let Some(dx) = pass.dx {
            let kernel = p.kernel.as_f32s();
            self.plan.input_gradient(kernel, dz, In::flat_mut(dx), cx);
        }
    }
}

impl<K, B, A, In, Out> Fusion<In, Out> for EinsumDense<K, B, A>
where
    K: ParamField,
    B: ParamField,
    A: Activation,
    In: Tensor<Elem = f32>,
    Out: Tensor<Elem = f32>,
{
}
