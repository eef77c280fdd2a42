//! What transposed convolutions and those over three axes share: the passes over the samples of a batch.
//!
//! A transposed convolution is a convolution from its output to its input, the other way round: its sums are the gradient of
//! that one's input, and its gradients are that one's sums. Its kernel `(.., filters, channels)` is the kernel of that one.

use super::activate::activate;
use super::conv::{self, Finish, Passes, back_activated, rows};
use super::window::{self, Window};
use crate::activations::{Act, Activation};
use crate::base::part::copy;
use crate::initializers::{Fans, Initializer};
use crate::kernels::conv::Volume;
use crate::kernels::dispatch::DEVICE;
use crate::kernels::gemm::Epilogue;
use crate::kernels::walk::Volumes;
use crate::layer::{Backward, Ctx};
use crate::pool::Pool;
use crate::rng::Rng;
use crate::shape::Shape;

/// A convolution, or the same from its outputs to its inputs.
#[derive(Clone, Copy)]
pub(super) struct Op {
    volume: Volume,
    transposed: bool,
}

impl Op {
    /// From samples of one shape to those of another, by a kernel of this size.
    #[cfg_attr(not(feature = "std"), inline(always))]
    pub(super) const fn new<const N: usize>(
        window: &Window<N>,
        kernel_size: [usize; N],
        [input, output]: [Shape; 2],
        transposed: bool,
    ) -> Self {
        let (from, to) = match transposed {
            true => (output, input),
            false => (input, output),
        };
        Op {
            volume: window::volume(window, kernel_size, from, to),
            transposed,
        }
    }

    const fn volumes(&self) -> Volumes {
        Volumes {
            volume: self.volume,
            transposed: self.transposed,
        }
    }

    /// The kernel as [`Passes::forward`] wants it.
    fn prepared<'a>(&self, kernel: &'a [f32], memory: &'a mut [f32], pool: &Pool) -> &'a [f32] {
        if !self.transposed {
            return kernel;
        }
        let memory = &mut memory[..kernel.len()];
        self.volume.flip(kernel, memory, pool);
        memory
    }
}

impl Passes for Op {
    fn input_len(&self) -> usize {
        match self.transposed {
            true => self.volume.output_len(),
            false => self.volume.input_len(),
        }
    }

    fn output_len(&self) -> usize {
        match self.transposed {
            true => self.volume.input_len(),
            false => self.volume.output_len(),
        }
    }

    fn kernel_len(&self) -> usize {
        self.volume.kernel_len()
    }

    fn lines(&self) -> usize {
        self.volume.lines()
    }

    fn filters(&self) -> usize {
        match self.transposed {
            true => self.volume.plane.channels,
            false => self.volume.plane.filters,
        }
    }

    fn input_rows(&self) -> [usize; 2] {
        match self.transposed {
            true => self.volume.output_rows(),
            false => self.volume.input_rows(),
        }
    }

    fn output_rows(&self) -> [usize; 2] {
        match self.transposed {
            true => self.volume.input_rows(),
            false => self.volume.output_rows(),
        }
    }

    fn forward(&self, x: &[f32], kernel: &[f32], y: &mut [f32], first: usize, ends: Epilogue<'_>) {
        match self.transposed {
            true => self.volume.transposed(x, kernel, y, first, ends),
            false => self.volume.forward(x, kernel, y, first, ends),
        }
    }

    fn turned<'a>(&self, kernel: &'a [f32], memory: &'a mut [f32], pool: &Pool) -> &'a [f32] {
        if self.transposed {
            return kernel;
        }
        self.volume.flip(kernel, memory, pool);
        memory
    }

    fn backward(&self, dz: &[f32], turned: &[f32], dx: &mut [f32], first: usize) {
        let ends = Epilogue::default();
        match self.transposed {
            true => self.volume.forward(dz, turned, dx, first, ends),
            false => self.volume.transposed(dz, turned, dx, first, ends),
        }
    }

    fn add_kernel_gradient(&self, x: &[f32], dz: &[f32], dkernel: &mut [f32], first: usize) {
        match self.transposed {
            true => self.volume.add_kernel_gradient(dz, x, dkernel, first),
            false => self.volume.add_kernel_gradient(x, dz, dkernel, first),
        }
    }
}

/// The scratch memory of a pass, in values a sample: in training, with a convolution's own, and in a prediction.
pub(super) const fn scratch(params: usize, kernel: usize, transposed: bool) -> [usize; 2] {
    if DEVICE {
        return [0; 2];
    }
    match transposed {
        // The kernel in another order, or the gradients of some samples.
        true => [params, kernel],
        false => [conv::scratch(params), 0],
    }
}

/// The initial kernel and bias.
#[cfg_attr(not(feature = "std"), inline(always))]
pub(super) fn init(op: &Op, p: &mut [f32], initializers: [Initializer; 2], rng: &mut Rng) {
    let Volume { deep, plane } = &op.volume;
    let (kernel, bias) = p.split_at_mut(p.len().min(op.volume.kernel_len()));
    let window = deep.taps * plane.axes[0].taps * plane.axes[1].taps;
    let channels = plane.channels / plane.groups.max(1);
    let [kernel_initializer, bias_initializer] = initializers;
    kernel_initializer.fill(kernel, Fans::conv(window, channels, plane.filters), rng);
    bias_initializer.fill(bias, Fans::vector(bias.len()), rng);
}

/// The output outside training: `y = activation(sums + bias)`.
#[cfg_attr(not(feature = "std"), inline(always))]
pub(super) fn infer<A: Activation>(op: &Op, p: &[f32], x: &[f32], y: &mut [f32], cx: &mut Ctx<'_>) {
    if DEVICE {
        op.volumes().sums(p, x, y);
        if !matches!(A::ACT, Some(Act::Linear)) {
            A::forward(y, op.filters());
        }
        return;
    }
    sums(op, p, x, y, Finish::of::<A>(), cx);
}

/// The output in training, and in the cache what the activation needs of its input.
#[cfg_attr(not(feature = "std"), inline(always))]
pub(super) fn forward<A: Activation>(
    op: &Op,
    p: &[f32],
    x: &[f32],
    y: &mut [f32],
    cache: &mut [f32],
    cx: &mut Ctx<'_>,
) {
    if !A::KEEPS_INPUT {
        return infer::<A>(op, p, x, y, cx);
    }
    match DEVICE {
        true => op.volumes().sums(p, x, cache),
        false => sums(op, p, x, cache, Finish::default(), cx),
    }
    copy(y, cache);
    activate(y, A::forward, op.filters(), cx.pool);
}

/// Compiled once, for all activations.
fn sums(op: &Op, p: &[f32], x: &[f32], y: &mut [f32], finish: Finish, cx: &mut Ctx<'_>) {
    let (kernel, bias) = p.split_at(op.volume.kernel_len());
    let kernel = op.prepared(kernel, cx.scratch, cx.pool);
    rows(op, (kernel, bias), x, y, finish, cx.pool);
}

/// The gradients of the parameters and the input.
#[cfg_attr(not(feature = "std"), inline(always))]
pub(super) fn backward<A: Activation>(
    op: &Op,
    p: &[f32],
    pass: Backward<'_, f32, f32>,
    dp: &mut [f32],
    cx: &mut Ctx<'_>,
) {
    if DEVICE {
        A::backward(pass.y, pass.cache, pass.dy, op.filters());
        if let Some(dx) = pass.dx {
            let kernel = p.get(..op.volume.kernel_len()).unwrap_or_default();
            op.volumes().input_gradient(kernel, pass.dy, dx);
        }
        if cx.trains() {
            op.volumes().kernel_gradient(pass.x, pass.dy, dp);
        }
        return;
    }
    back_activated::<A>(op, p, pass, dp, cx);
}

/// The struct of a layer, its parameters, and its passes: for each number of axes one, with the sizes of the kernel in
/// front of the others.
macro_rules! convolution {
    (
        $(#[$meta:meta])*
        pub struct $layer:ident<$($size:ident),+> over $axes:literal, transposed: $transposed:literal;
        $(#[$params_meta:meta])*
        pub struct $params:ident {
            $(#[$kernel_meta:meta])*
            kernel: $kernel:ty,
        }
    ) => {
        $(#[$meta])*
        pub struct $layer<
            $(const $size: usize,)+
            const C: usize,
            const F: usize,
            const B: usize,
            A = Linear,
        > {
            window: Window<$axes>,
            kernel_initializer: Initializer,
            bias_initializer: Initializer,
            activation: PhantomData<A>,
        }

        impl<$(const $size: usize,)+ const C: usize, const F: usize, const B: usize, A>
            $layer<$($size,)+ C, F, B, A>
        {
            /// The layer with its window and its initializers (Keras's defaults: `glorot_uniform`, `zeros`).
            #[must_use]
            pub const fn new(
                window: Window<$axes>,
                kernel_initializer: Initializer,
                bias_initializer: Initializer,
            ) -> Self {
                $layer {
                    window,
                    kernel_initializer,
                    bias_initializer,
                    activation: PhantomData,
                }
            }

            #[cfg_attr(not(feature = "std"), inline(always))]
            const fn op(&self, input: Shape, output: Shape) -> Op {
                Op::new(&self.window, [$($size),+], [input, output], $transposed)
            }
        }

        params! {
            $(#[$params_meta])*
            pub struct $params<$(const $size: usize,)+ const C: usize, const F: usize, const B: usize> {
                $(#[$kernel_meta])*
                pub kernel: $kernel,
                /// `(F,)`, or nothing with `use_bias = false`
                pub bias: [f32; B],
            }
        }

        impl<$(const $size: usize,)+ const C: usize, const F: usize, const B: usize, A, In, Out>
            Layer<In, Out> for $layer<$($size,)+ C, F, B, A>
        where
            A: Activation,
            In: Tensor<Elem = f32>,
            Out: LastAxis<F>,
        {
            type Params = $params<$($size,)+ C, F, B>;
            type State = NoParams;
            const CACHE: usize = if A::KEEPS_INPUT { Out::LEN } else { 0 };
            const READS_OUTPUT: Reads = A::READS_OUTPUT;
            /// Each pixel is multiplied by all weights of its group for a pixel of the other side.
            const MACS: usize = match $transposed {
                true => In::LEN.saturating_mul(F),
                false => Out::LEN.saturating_mul(C),
            }
            $(.saturating_mul($size))+;
            const SCRATCH: usize =
                volume::scratch(Self::Params::LEN, Self::Params::LEN - B, $transposed)[0];
            const INFER_SCRATCH: usize =
                volume::scratch(Self::Params::LEN, Self::Params::LEN - B, $transposed)[1];
            const NEEDS: Needs = Needs {
                scratch: PerStep::sample(<Self as Layer<In, Out>>::SCRATCH),
                infer_scratch: PerStep::sample(<Self as Layer<In, Out>>::INFER_SCRATCH),
                ..Needs::by_step(<Self as Layer<In, Out>>::CACHE, 0, 0)
            };

            fn init(&self, p: &mut Self::Params, _: &mut NoParams, rng: &mut Rng) {
                let initializers = [self.kernel_initializer, self.bias_initializer];
                // Of whatever length: only the kernel counts.
                let op = self.op(In::SHAPE.with_open([1; 2]), Out::SHAPE.with_open([1; 2]));
                volume::init(&op, p.as_f32s_mut(), initializers, rng);
            }

            fn infer(
                &self,
                p: &Self::Params,
                _: &NoParams,
                x: &[In],
                y: &mut [Out],
                cx: &mut Ctx<'_>,
            ) {
                let op = self.op(cx.input_shape::<In>(), cx.output_shape::<Out>());
                volume::infer::<A>(&op, p.as_f32s(), In::flat(x), Out::flat_mut(y), cx);
            }

            fn forward(
                &self,
                p: &Self::Params,
                _: &mut NoParams,
                x: &[In],
                y: &mut [Out],
                cache: &mut [f32],
                cx: &mut Ctx<'_>,
            ) {
                let op = self.op(cx.input_shape::<In>(), cx.output_shape::<Out>());
                volume::forward::<A>(&op, p.as_f32s(), In::flat(x), Out::flat_mut(y), cache, cx);
            }

            fn backward(
                &self,
                p: &Self::Params,
                pass: Backward<'_, In, Out>,
                dp: &mut Self::Params,
                cx: &mut Ctx<'_>,
            ) {
                let op = self.op(cx.input_shape::<In>(), cx.output_shape::<Out>());
                volume::backward::<A>(&op, p.as_f32s(), pass.flat(), dp.as_f32s_mut(), cx);
            }
        }

        impl<$(const $size: usize,)+ const C: usize, const F: usize, const B: usize, A, In, Out>
            Fusion<In, Out> for $layer<$($size,)+ C, F, B, A>
        where
            A: Activation,
            In: Tensor<Elem = f32>,
            Out: LastAxis<F>,
        {
            const SAMPLE_WISE: SampleWise = SampleWise::Always;
        }
    };
}
pub(super) use convolution;
