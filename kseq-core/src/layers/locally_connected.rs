//! `LocallyConnected1D`, `LocallyConnected2D` of Keras 2: as a convolution, but each output has a kernel and a bias of its own:
//! `y[i] = activation(bias[i] + x[i * strides..][..kernel_size] kernel[i])`. For users: `docs/layers/LocallyConnected1D.md`.
//!
//! ```
//! use kseq_core::initializers::Initializer;
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::{LocallyConnected1D, LocallyConnectedParams};
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! // (2 outputs, 2 terms, 1 filter), (2 outputs, 1 filter)
//! let layer: LocallyConnected1D<[[[f32; 1]; 2]; 2], [[f32; 1]; 2]> =
//!     LocallyConnected1D::new([2], [1], Initializer::GLOROT_UNIFORM, Initializer::ZEROS);
//! let p = LocallyConnectedParams {
//!     kernel: [[[1.0], [10.0]], [[2.0], [20.0]]],
//!     bias: [[0.25], [0.5]],
//! };
//! let mut y = [[[0.0]; 2]];
//! let cx = &mut Ctx::new(&Pool::Serial, 0, 0);
//! layer.infer(&p, &NoParams, &[[[1.0], [2.0], [3.0]]], &mut y, cx);
//! assert_eq!(y, [[[21.25], [64.5]]]);
//! ```

use core::marker::PhantomData;

use super::activate::{activate, back_activation};
use super::rules::{expects, open_axis, windows_of};
use super::window::{self, Window, too_large, weights_too_large, zero};
use crate::activations::{Act, Activation, Linear};
use crate::base::part::{copy, from, from_mut, part, part_mut};
use crate::facts::{Reads, SampleWise};
use crate::fusion::Fusion;
use crate::initializers::{Fans, Initializer};
use crate::kernels::conv::{Axis, Conv};
use crate::kernels::elementwise::add_column_sums;
use crate::kernels::gemm::{Epilogue, Mat, gemm, gemm_with_epilogue};
use crate::layer::{Backward, Ctx, Layer, Needs};
use crate::params::{NoParams, ParamField, params};
use crate::pool::Pool;
use crate::rng::Rng;
use crate::shape::{Refusal, Rule, Shape};
use crate::tensor::Tensor;
use crate::text::Text;

/// A layer with a kernel for each step of a sequence; `K` and `B` are the types of kernel and bias.
///
/// In a layer list `LocallyConnected1D(..)`, whose arguments are explained in `kseq::layers::LocallyConnected1D`.
pub type LocallyConnected1D<K, B, A = Linear> = LocallyConnected<1, K, B, A>;

/// A layer with a kernel for each pixel of an image; `K` and `B` are the types of kernel and bias.
///
/// In a layer list `LocallyConnected2D(..)`, whose arguments are explained in `kseq::layers::LocallyConnected2D`.
pub type LocallyConnected2D<K, B, A = Linear> = LocallyConnected<2, K, B, A>;

/// The layer over `N` axes.
pub struct LocallyConnected<const N: usize, K, B, A = Linear> {
    kernel_size: [usize; N],
    strides: [usize; N],
    kernel_initializer: Initializer,
    bias_initializer: Initializer,
    types: PhantomData<(K, B, A)>,
}

impl<const N: usize, K, B, A> LocallyConnected<N, K, B, A> {
    /// The layer with its window and its initializers (Keras's defaults: `glorot_uniform`, `zeros`).
    #[must_use]
    pub const fn new(
        kernel_size: [usize; N],
        strides: [usize; N],
        kernel_initializer: Initializer,
        bias_initializer: Initializer,
    ) -> Self {
        LocallyConnected {
            kernel_size,
            strides,
            kernel_initializer,
            bias_initializer,
            types: PhantomData,
        }
    }

    const fn places<In: Tensor, Out: Tensor>(&self) -> Places {
        let window = window(self.strides);
        Places(window::geometry(
            &window,
            self.kernel_size,
            In::SHAPE,
            Out::SHAPE,
        ))
    }
}

params! {
    /// The parameters of a [`LocallyConnected`].
    pub struct LocallyConnectedParams<K, B> {
        /// `(outputs, kernel_size * channels, filters)`, where both sizes are those of all axes together
        pub kernel: K,
        /// `(outputs, filters)`, of an image `(rows, columns, filters)`, or nothing with `use_bias = false`
        pub bias: B,
    }
}

const fn window<const N: usize>(strides: [usize; N]) -> Window<N> {
    Window {
        strides,
        ..Window::DEFAULT
    }
}

/// The shape rule: the window over the spatial axes, within the input; the last axis becomes `filters`.
pub const fn shape<const N: usize>(
    input: Shape,
    filters: usize,
    kernel_size: [usize; N],
    strides: [usize; N],
) -> Rule {
    if let Some(refusal) = expects("LocallyConnected", input, N) {
        return Err(refusal);
    }
    let (class, help) = match N {
        1 => ("LocallyConnected1D", "Conv1D has one kernel for all places"),
        _ => ("LocallyConnected2D", "Conv2D has one kernel for all places"),
    };
    if let Some(refusal) = open_axis(class, input, ": each place has weights of its own", help) {
        return Err(refusal);
    }
    if let Some(refusal) = zero("filters", &[filters]) {
        return Err(refusal);
    }
    if let Some(refusal) = zero("kernel_size", &kernel_size) {
        return Err(refusal);
    }
    if let Some(refusal) = zero("strides", &strides) {
        return Err(refusal);
    }
    let window = window(strides);
    let (mut output, mut places, mut i) = (input.with_last(filters), 1usize, 0);
    while i < N {
        let size = windows_of(input.dim(i), kernel_size[i], strides[i], false);
        if size == 0 {
            return Err(inside(too_large(input, kernel_size, &window)));
        }
        output = output.with_dim(i, size);
        places = places.saturating_mul(size);
        i += 1;
    }
    let weights = places.saturating_mul(input.last());
    if let Some(refusal) = weights_too_large(weights, filters, &kernel_size) {
        return Err(refusal);
    }
    Ok(output)
}

/// There is no padding that would help.
const fn inside(refusal: Refusal) -> Refusal {
    let help = "use a smaller kernel_size, or drop a layer before that shrinks its input";
    Refusal {
        help: Text::new().str(help),
        ..refusal
    }
}

/// The shapes of kernel and bias; empty where the rule refuses.
#[must_use]
pub const fn weights<const N: usize>(
    input: Shape,
    filters: usize,
    kernel_size: [usize; N],
    strides: [usize; N],
) -> [Shape; 2] {
    let Ok(output) = shape(input, filters, kernel_size, strides) else {
        return [Shape::new(&[0]); 2];
    };
    let (mut places, mut terms, mut i) = (1, input.last(), 0);
    while i < N {
        places *= output.dim(i);
        terms *= kernel_size[i];
        i += 1;
    }
    [Shape::new(&[places, terms, filters]), output]
}

/// The places of the windows: those of a convolution.
struct Places(Conv);

impl Places {
    /// Calls `f` with each output: which one it is, and where the first value that it sees lies.
    #[inline(always)]
    fn each(&self, mut f: impl FnMut(usize, usize)) {
        let Conv { axes: [h, w], .. } = &self.0;
        let mut output = 0;
        for row in 0..h.output {
            for column in 0..w.output {
                let at = row * h.stride * w.input + column * w.stride;
                f(output, at * self.0.channels);
                output += 1;
            }
        }
    }

    /// Lines of a window, the values of one, and how far it is from one to the next in a sample.
    const fn lines(&self) -> [usize; 3] {
        let Conv { axes, channels, .. } = &self.0;
        let [Axis { taps: lines, .. }, w] = axes;
        [*lines, w.taps * *channels, w.input * *channels]
    }

    /// Weights of an output.
    const fn weights(&self) -> usize {
        let [lines, terms, _] = self.lines();
        lines * terms * self.0.filters
    }

    /// `bias + sums`, and `relu` of it if that is asked for, of some samples: each output of all of them together, so that its
    /// weights are read once.
    fn sums(&self, (kernel, bias): (&[f32], &[f32]), x: &[f32], y: &mut [f32], relu: bool) {
        let (filters, [lines, terms, line]) = (self.0.filters, self.lines());
        let (input, output) = (self.0.input_len(), self.0.output_len());
        let samples = y.len() / output.max(1);
        self.each(|place, at| {
            let kernel = part(kernel, place * self.weights(), self.weights());
            for i in 0..lines {
                let is_last = i + 1 == lines;
                let bias = match bias {
                    [] => &[],
                    bias if is_last => part(bias, place * filters, filters),
                    _ => &[],
                };
                let epilogue = Epilogue {
                    accumulate: i > 0,
                    bias,
                    relu: relu && is_last,
                };
                let x = Mat::rows(from(x, at + i * line), input);
                let k = Mat::rows(part(kernel, i * terms * filters, terms * filters), filters);
                let y = from_mut(y, place * filters);
                let pool = &Pool::Serial;
                gemm_with_epilogue(samples, filters, terms, x, k, y, output, epilogue, pool);
            }
        });
    }

    /// The gradient of the input of some samples.
    fn input_gradient(&self, kernel: &[f32], dz: &[f32], dx: &mut [f32]) {
        let (filters, [lines, terms, line]) = (self.0.filters, self.lines());
        let (input, output) = (self.0.input_len(), self.0.output_len());
        let samples = dz.len() / output.max(1);
        dx.fill(0.0);
        self.each(|place, at| {
            let kernel = part(kernel, place * self.weights(), self.weights());
            for i in 0..lines {
                let dz = Mat::rows(from(dz, place * filters), output);
                let k = Mat::rows(part(kernel, i * terms * filters, terms * filters), filters).t();
                let dx = from_mut(dx, at + i * line);
                gemm(
                    samples,
                    terms,
                    filters,
                    dz,
                    k,
                    dx,
                    input,
                    true,
                    &Pool::Serial,
                );
            }
        });
    }

    /// The gradient of the weights of an output whose window begins `at`, summed over some samples.
    fn kernel_gradient(&self, [place, at]: [usize; 2], x: &[f32], dz: &[f32], dkernel: &mut [f32]) {
        let (filters, [lines, terms, line]) = (self.0.filters, self.lines());
        let (input, output) = (self.0.input_len(), self.0.output_len());
        let samples = dz.len() / output.max(1);
        for i in 0..lines {
            let x = Mat::rows(from(x, at + i * line), input).t();
            let dz = Mat::rows(from(dz, place * filters), output);
            let dk = part_mut(dkernel, i * terms * filters, terms * filters);
            gemm(
                terms,
                filters,
                samples,
                x,
                dz,
                dk,
                filters,
                false,
                &Pool::Serial,
            );
        }
    }
}

/// Samples that one thread takes together.
fn together(samples: usize, pool: &Pool) -> usize {
    samples.div_ceil(pool.threads().max(1)).max(1)
}

impl<const N: usize, K, B, A, In, Out> Layer<In, Out> for LocallyConnected<N, K, B, A>
where
    K: ParamField,
    B: ParamField,
    A: Activation,
    In: Tensor<Elem = f32>,
    Out: Tensor<Elem = f32>,
{
    type Params = LocallyConnectedParams<K, B>;
    type State = NoParams;
    const CACHE: usize = if A::KEEPS_INPUT { Out::LEN } else { 0 };
    const READS_OUTPUT: Reads = A::READS_OUTPUT;
    const NEEDS: Needs = Needs::by_step(<Self as Layer<In, Out>>::CACHE, 0, 0);
    /// Each weight once.
    const MACS: usize = <K as Tensor>::LEN;

    fn init(&self, p: &mut Self::Params, _: &mut NoParams, rng: &mut Rng) {
        let (kernel, bias) = (p.kernel.as_f32s_mut(), Fans::of(B::SHAPE));
        self.kernel_initializer
            .fill(kernel, Fans::of(K::SHAPE), rng);
        self.bias_initializer.fill(p.bias.as_f32s_mut(), bias, rng);
    }

    fn infer(&self, p: &Self::Params, _: &NoParams, x: &[In], y: &mut [Out], cx: &mut Ctx<'_>) {
        let weights = (p.kernel.as_f32s(), p.bias.as_f32s());
        let (x, y) = (In::flat(x), Out::flat_mut(y));
        let relu = matches!(A::ACT, Some(Act::Relu));
        sums(&self.places::<In, Out>(), weights, x, y, relu, cx.pool);
        if !matches!(A::ACT, Some(Act::Linear | Act::Relu)) {
            activate(y, A::forward, Out::SHAPE.last(), cx.pool);
        }
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
        let places = self.places::<In, Out>();
        sums(&places, weights, In::flat(x), cache, false, cx.pool);
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
        let (dz, places) = (&*dz, self.places::<In, Out>());
        if cx.trains() {
            let dbias = dp.bias.as_f32s_mut();
            if !dbias.is_empty() {
                dbias.fill(0.0);
                add_column_sums(dbias, dz, cx.pool);
            }
            kernel_gradient(&places, x, dz, dp.kernel.as_f32s_mut(), cx.pool);
        }
        if let Some(dx) = pass.dx {
            let kernel = p.kernel.as_f32s();
            input_gradient(&places, kernel, dz, In::flat_mut(dx), cx.pool);
        }
    }
}

/// The outputs of a batch before the activation, but for `relu`.
fn sums(
    places: &Places,
    weights: (&[f32], &[f32]),
    x: &[f32],
    y: &mut [f32],
    relu: bool,
    pool: &Pool,
) {
    let (input, output) = (places.0.input_len(), places.0.output_len());
    let some = together(y.len() / output.max(1), pool);
    pool.for_each_chunk(y, (some * output).max(1), |i, y| {
        let x = part(x, i * some * input, y.len() / output.max(1) * input);
        places.sums(weights, x, y, relu);
    });
}

/// The gradient of the input of a batch.
fn input_gradient(places: &Places, kernel: &[f32], dz: &[f32], dx: &mut [f32], pool: &Pool) {
    let (input, output) = (places.0.input_len(), places.0.output_len());
    let some = together(dz.len() / output.max(1), pool);
    pool.for_each_chunk(dx, (some * input).max(1), |i, dx| {
        let dz = part(dz, i * some * output, dx.len() / input.max(1) * output);
        places.input_gradient(kernel, dz, dx);
    });
}

/// The gradient of the kernel, summed over a batch.
fn kernel_gradient(places: &Places, x: &[f32], dz: &[f32], dkernel: &mut [f32], pool: &Pool) {
    let [_, w] = &places.0.axes;
    let (weights, row) = (places.weights(), w.output.max(1));
    // By rows of outputs.
    pool.for_each_chunk(dkernel, (row * weights).max(1), |i, dkernel| {
        for column in 0..row {
            let at = i * places.0.axes[0].stride * w.input + column * w.stride;
            let dkernel = part_mut(dkernel, column * weights, weights);
            let place = [i * row + column, at * places.0.channels];
            places.kernel_gradient(place, x, dz, dkernel);
        }
    });
}

impl<const N: usize, K, B, A, In, Out> Fusion<In, Out> for LocallyConnected<N, K, B, A>
where
    K: ParamField,
    B: ParamField,
    A: Activation,
    In: Tensor<Elem = f32>,
    Out: Tensor<Elem = f32>,
{
    // The weights are many: they are read once for the whole batch.
    const SAMPLE_WISE: SampleWise = SampleWise::Never;
}
