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

mod places;

use core::marker::PhantomData;

use super::activate::{activate, back_activation};
use super::rules::{expects, open_axis, windows_of};
use super::window::{self, Padding, Window, too_large, weights_too_large, zero};
use crate::activations::{Act, Activation, Linear};
use crate::base::part::{copy, part, part_mut};
use crate::facts::{Reads, SampleWise};
use crate::fusion::Fusion;
use crate::initializers::{Fans, Initializer};
use crate::kernels::elementwise::add_column_sums;
use crate::layer::{Backward, Ctx, Layer, Needs};
use crate::params::{NoParams, ParamField, params};
use crate::pool::Pool;
use crate::rng::Rng;
use crate::shape::{Refusal, Rule, Shape};
use crate::tensor::Tensor;
use crate::text::Text;
use places::Places;

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
    padding: Padding,
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
            padding: Padding::Valid,
            kernel_initializer,
            bias_initializer,
            types: PhantomData,
        }
    }

    /// The same with what is beyond the borders of the input: nothing or zeros.
    #[must_use]
    pub const fn padding(self, padding: Padding) -> Self {
        LocallyConnected { padding, ..self }
    }

    const fn places<In: Tensor, Out: Tensor>(&self) -> Places {
        let window = window(self.strides, self.padding);
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

const fn window<const N: usize>(strides: [usize; N], padding: Padding) -> Window<N> {
    Window {
        strides,
        padding,
        ..Window::DEFAULT
    }
}

/// The shape rule: the window over the spatial axes; the last axis becomes `filters`.
pub const fn shape<const N: usize>(
    input: Shape,
    filters: usize,
    kernel_size: [usize; N],
    strides: [usize; N],
    padding: Padding,
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
    let window = window(strides, padding);
    let same = matches!(padding, Padding::Same);
    let (mut output, mut places, mut i) = (input.with_last(filters), 1usize, 0);
    while i < N {
        let size = windows_of(input.dim(i), kernel_size[i], strides[i], same);
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

/// The refusal of a padding with `implementation = 1`.
#[must_use]
pub const fn padding_rule() -> Option<Refusal> {
    let what = Text::new().str("padding = \"same\" needs implementation = 2 or 3, as in Keras");
    Some(Refusal::new(
        what,
        "add implementation = 2, or leave padding out",
    ))
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
    padding: Padding,
) -> [Shape; 2] {
    let Ok(output) = shape(input, filters, kernel_size, strides, padding) else {
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
        if self.padding == Padding::Same {
            let places = self.places::<In, Out>();
            places.clear_unseen(p.kernel.as_f32s_mut());
        }
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
            let dkernel = part_mut(dkernel, column * weights, weights);
            let seen = places.seen(i, column);
            places.kernel_gradient(i * row + column, &seen, x, dz, dkernel);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::{Flat, zeroed};

    type Kernel = [[[f32; 2]; 6]; 3];
    type Same = LocallyConnected1D<Kernel, [f32; 0]>;

    /// As on an input with zeros around it.
    #[test]
    fn padding_is_zeros() {
        let [kernel, bias] = [Initializer::GLOROT_UNIFORM, Initializer::ZEROS];
        let same = Same::new([3], [2], kernel, bias).padding(Padding::Same);
        let valid = Same::new([3], [2], kernel, bias);
        let mut p: LocallyConnectedParams<Kernel, [f32; 0]> = zeroed();
        let values = p.kernel.as_f32s_mut().iter_mut().enumerate();
        values.for_each(|(i, weight)| *weight = (i % 7) as f32 - 3.0);
        let x = [[
            [1.0, -2.0],
            [0.5, 3.0],
            [-1.0, 4.0],
            [2.0, 0.25],
            [5.0, -0.5],
        ]];
        let mut padded = [[[0.0; 2]; 7]];
        padded[0][1..6].copy_from_slice(&x[0]);
        let (mut y, mut expected) = ([[[0.0f32; 2]; 3]], [[[0.0f32; 2]; 3]]);
        let cx = &mut Ctx::new(&Pool::Serial, 0, 0);
        same.infer(&p, &NoParams, &x, &mut y, cx);
        valid.infer(&p, &NoParams, &padded, &mut expected, cx);
        assert_eq!(y, expected);
        // What sees nothing but zeros begins with 0.
        let mut rng = Rng::new(0, crate::rng::Purpose::Init, 0, 0);
        Layer::<[[f32; 2]; 5], [[f32; 2]; 3]>::init(&same, &mut p, &mut NoParams, &mut rng);
        let unseen =
            |place: usize, terms: core::ops::Range<usize>| p.kernel[place][terms] == [[0.0; 2]; 2];
        assert!(unseen(0, 0..2) && unseen(2, 4..6) && !unseen(0, 2..4) && !unseen(1, 0..2));
    }
}
