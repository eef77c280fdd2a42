//! `SpectralNormalization`: a layer whose kernel is divided by its largest singular value before each step of the training.
//! For users: `docs/layers/SpectralNormalization.md`.
//!
//! As in Keras it is the kernel itself that is divided, and the gradient is that of the kernel as it then is. So the layer
//! works as the one in it; what is done before a step is in [`normalise`], by the table of the model.
//!
//! ```
//! use kseq_core::activations::Linear;
//! use kseq_core::initializers::Initializer;
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::{Dense, DenseParams, SpectralNormalization, SpectralNormalizationState};
//! use kseq_core::pool::Pool;
//!
//! let dense: Dense<2, 1, 1, Linear> = Dense::new(Initializer::GLOROT_UNIFORM, Initializer::ZEROS);
//! let layer = SpectralNormalization::<_, 1>::new(dense);
//! let p = DenseParams { kernel: [[1.0], [10.0]], bias: [0.5] };
//! let s = SpectralNormalizationState { vector_u: [[1.0]] };
//! let mut y = [[0.0]];
//! layer.infer(&p, &s, &[[1.0, 2.0]], &mut y, &mut Ctx::new(&Pool::Serial, 0, 0));
//! assert_eq!(y, [[21.5]]);
//! ```

use crate::activations::softmax::dot;
use crate::base::layer_info::{ArrayAt, LayerInfo};
use crate::base::part::{part_mut, rows};
use crate::error::Error;
use crate::facts::{Mask, Reads, SampleWise, Streaming};
use crate::fusion::Fusion;
use crate::initializers::{Fans, Initializer};
use crate::kernels::dispatch::simd_fn;
use crate::layer::{Backward, Ctx, Layer, Needs};
use crate::math;
use crate::params::{NoParams, ParamSpec, params};
use crate::rng::Rng;
use crate::tensor::Tensor;

/// A layer whose kernel has `N` columns, and the largest singular value 1 in training.
///
/// In a layer list `SpectralNormalization(..)`, whose arguments are explained in `kseq::layers::SpectralNormalization`.
pub struct SpectralNormalization<L, const N: usize> {
    layer: L,
}

impl<L, const N: usize> SpectralNormalization<L, N> {
    /// The wrapper of a layer.
    #[must_use]
    pub const fn new(layer: L) -> Self {
        SpectralNormalization { layer }
    }
}

params! {
    /// The state of a [`SpectralNormalization`].
    pub struct SpectralNormalizationState<const N: usize> {
        /// What comes near the right singular vector of the largest singular value
        pub vector_u: [[f32; N]; 1],
    }
}

/// The columns of a layer's first array: its kernel, or its table.
#[must_use]
pub const fn columns(specs: &[ParamSpec]) -> usize {
    if specs.is_empty() {
        0
    } else {
        specs[0].shape.last()
    }
}

const fn max(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

impl<L, const N: usize, In: Tensor, Out: Tensor> Layer<In, Out> for SpectralNormalization<L, N>
where
    L: Layer<In, Out, State = NoParams>,
{
    type Params = L::Params;
    type State = SpectralNormalizationState<N>;
    const CACHE: usize = L::CACHE;
    const READS_OUTPUT: Reads = L::READS_OUTPUT;
    /// The next vector, before the step.
    const SCRATCH: usize = max(L::SCRATCH, N);
    const INFER_SCRATCH: usize = L::INFER_SCRATCH;
    const NEEDS: Needs = {
        let mut needs = L::NEEDS;
        needs.scratch.sample = max(needs.scratch.sample, N);
        needs
    };
    /// As Keras's, which says nothing of masks.
    const MASK: Mask = Mask::Drops;
    const MACS: usize = L::MACS;

    fn init(&self, p: &mut Self::Params, s: &mut Self::State, rng: &mut Rng) {
        self.layer.init(p, &mut NoParams, rng);
        let initializer = Initializer::TruncatedNormal {
            mean: 0.0,
            stddev: 0.02,
        };
        let [vector_u] = &mut s.vector_u;
        initializer.fill(vector_u, Fans::dense(1, N), rng);
    }

    fn check(&self, x: &[In]) -> Result<(), Error> {
        self.layer.check(x)
    }

    fn infer(&self, p: &Self::Params, _: &Self::State, x: &[In], y: &mut [Out], cx: &mut Ctx<'_>) {
        self.layer.infer(p, &NoParams, x, y, cx);
    }

    fn forward(
        &self,
        p: &Self::Params,
        _: &mut Self::State,
        x: &[In],
        y: &mut [Out],
        cache: &mut [f32],
        cx: &mut Ctx<'_>,
    ) {
        self.layer.forward(p, &mut NoParams, x, y, cache, cx);
    }

    fn backward(
        &self,
        p: &Self::Params,
        pass: Backward<'_, In, Out>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        self.layer.backward(p, pass, dp, cx);
    }
}

impl<L, const N: usize, In: Tensor, Out: Tensor> Fusion<In, Out> for SpectralNormalization<L, N>
where
    L: Fusion<In, Out, State = NoParams>,
{
    const SAMPLE_WISE: SampleWise = L::SAMPLE_WISE;
    const REPEATS: bool = false;
    const OCCURRENCES: usize = L::OCCURRENCES;
    const STREAMING: Streaming = Streaming::NEVER;
}

/// The kernel of a layer that is divided, and its vector.
#[derive(Clone, Copy, Debug)]
pub struct Normalised {
    kernel: ArrayAt,
    /// The first value of the vector among the model's state.
    vector: usize,
    iterations: usize,
}

impl Normalised {
    /// The first array of layer `layer` (from 0).
    #[must_use]
    pub const fn new(layers: &[LayerInfo], layer: usize, iterations: usize) -> Self {
        let (mut vector, mut i) = (0, 0);
        while i < layer && i < layers.len() {
            vector += layers[i].count_state();
            i += 1;
        }
        let name = match layers.len() > layer && !layers[layer].params.is_empty() {
            true => layers[layer].params[0].name,
            false => "",
        };
        Normalised {
            kernel: ArrayAt::find(layers, layer, name),
            vector,
            iterations,
        }
    }

    /// The same of a model that is layer `layer`, whose parameters begin with number `first`, and its state with number `state`.
    pub(crate) const fn moved(self, layer: usize, first: usize, state: usize) -> Self {
        Normalised {
            kernel: self.kernel.moved(layer, first),
            vector: self.vector + state,
            ..self
        }
    }
}

/// Divides kernels by their largest singular values, as they are after so many iterations from their vectors on.
pub fn normalise(all: &[Normalised], params: &mut [f32], state: &mut [f32], scratch: &mut [f32]) {
    for one in all {
        let columns = one.kernel.shape.last();
        let Some(kernel) = params.get_mut(one.kernel.range()) else {
            continue;
        };
        let u = part_mut(state, one.vector, columns);
        let next = part_mut(scratch, 0, columns);
        if kernel.iter().all(|w| *w == 0.0) {
            continue;
        }
        let mut value = 1.0;
        for _ in 0..one.iterations {
            value = iterate(kernel, u, next);
        }
        for w in kernel {
            *w /= value;
        }
    }
}

simd_fn! {
    /// The power method: `v` is the direction of `W u`, the next `u` that of `v W`; returns `v W u`.
    fn iterate(kernel: &[f32], u: &mut [f32], next: &mut [f32]) -> f32 {
        let n = u.len();
        next.fill(0.0);
        let mut square = 0.0;
        for row in rows(kernel, n) {
            // One value of `W u`, which is needed at once only.
            let value = dot(row, u);
            square += value * value;
            next.iter_mut().zip(row).for_each(|(next, w)| *next += value * w);
        }
        let length = math::sqrt(dot(next, next));
        if length > 0.0 {
            u.iter_mut().zip(&*next).for_each(|(u, next)| *u = next / length);
        }
        let value = length / math::sqrt(square);
        if value > 0.0 { value } else { 1.0 }
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;

    #[test]
    fn the_largest_singular_value_becomes_1() {
        // The singular values of this matrix are 4 and 2.
        let mut kernel = [2.4, -1.6, 3.2, 1.2];
        let (mut u, mut next) = ([1.0, 0.5], [0.0; 2]);
        let mut value = 0.0;
        for _ in 0..50 {
            value = iterate(&kernel, &mut u, &mut next);
        }
        assert!((value - 4.0).abs() < 1e-5, "{value}");
        assert!((u[0] * u[0] + u[1] * u[1] - 1.0).abs() < 1e-5);
        kernel.iter_mut().for_each(|w| *w /= value);
        assert!((iterate(&kernel, &mut u, &mut next) - 1.0).abs() < 1e-5);
    }
}
