//! The gradients of a backward pass.

use super::{Gathered, Sink};
use crate::layer::Ctx;
use crate::layers::Windows;
use crate::tensor::Tensor;

/// The gradients of a backward pass: those of outputs in two buffers, those of parameters where the [`Sink`] wants them.
pub struct Grads<'m, S = Gathered<'m>> {
    pub(super) buffers: Alternating<'m>,
    /// The windows of a pooling that left its backward pass to the layer before: the gradient is that of its output.
    pub(super) pooled: Option<Windows>,
    /// The layer that left the end of its backward pass to the layer before.
    #[cfg(feature = "std")]
    pub(super) left: Option<Left>,
    /// Where the gradient of the model's input goes, if [`Sink::INPUT`] says so.
    pub(super) dx: Option<&'m mut [f32]>,
    pub(super) sink: S,
}

/// A layer that left the end of its backward pass: how many numbers that takes, and whether a `relu` stands behind it.
#[cfg(feature = "std")]
#[derive(Clone, Copy)]
pub(super) struct Left {
    pub layer: usize,
    pub numbers: usize,
    pub relu: bool,
}

/// Two buffers: a layer reads the gradient of its output from one and writes that of its input to the other.
pub(super) struct Alternating<'m> {
    buffers: [&'m mut [f32]; 2],
    swapped: bool,
}

impl Alternating<'_> {
    pub(super) fn get(&mut self, dy: usize, dx: usize) -> (&mut [f32], &mut [f32]) {
        let [a, b] = &mut self.buffers;
        let (from, to) = if self.swapped { (b, a) } else { (a, b) };
        (
            from.get_mut(..dy).unwrap_or_default(),
            to.get_mut(..dx).unwrap_or_default(),
        )
    }

    pub(super) fn swap(&mut self) {
        self.swapped = !self.swapped;
    }
}

impl<'m, S: Sink> Grads<'m, S> {
    /// The buffers for `batch` samples in `(sizes[0] + sizes[1]) * batch` values, and where the gradients of parameters go.
    #[must_use]
    pub fn new(memory: &'m mut [f32], sizes: [usize; 2], batch: usize, sink: S) -> Self {
        let (a, b) = memory
            .split_at_mut_checked(sizes[0] * batch)
            .unwrap_or_default();
        Grads {
            buffers: Alternating {
                buffers: [a, b],
                swapped: false,
            },
            pooled: None,
            #[cfg(feature = "std")]
            left: None,
            dx: None,
            sink,
        }
    }

    /// The same with memory for the gradient of the model's input.
    #[must_use]
    pub(crate) fn with_input(mut self, dx: Option<&'m mut [f32]>) -> Self {
        self.dx = dx;
        self
    }

    /// Where the loss writes the gradient of the output, of so many values.
    pub fn output<Out: Tensor<Elem = f32>>(&mut self, len: usize) -> &mut [Out] {
        Out::view_mut(self.buffers.get(len, 0).0)
    }

    /// What has become of the gradients of parameters.
    pub(crate) fn into_sink(self) -> S {
        self.sink
    }

    /// The first layer that the pass reaches.
    #[inline(always)]
    pub(super) fn first(&self, cx: &Ctx<'_>) -> u32 {
        S::FIRST.unwrap_or(cx.first)
    }
}
