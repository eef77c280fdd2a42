//! The memory of a stream: what layers keep of the steps before, and the step that goes through them.

use crate::fusion::Fusion;
use crate::layer::Ctx;
use crate::tensor::Tensor;

/// A step on its way through the layers. Each call takes what its layer keeps from the front of the memory.
pub struct Steps<'m> {
    /// The output of the layer before, and that of the next one.
    buffers: [&'m mut [f32]; 2],
    /// What the layers keep that have not run yet, one after the other.
    states: &'m mut [f32],
    /// Whether the layers so far have given an output.
    given: bool,
}

impl<'m> Steps<'m> {
    /// A step in memory for two outputs, and for what all layers keep.
    pub(crate) fn new(outputs: &'m mut [f32], states: &'m mut [f32]) -> Self {
        let (a, b) = outputs.split_at_mut(outputs.len() / 2);
        Steps {
            buffers: [a, b],
            states,
            given: true,
        }
    }

    /// The first layer, on the user's step; `kept` values are its own.
    pub fn first<L: Fusion<In, Out>, In: Tensor, Out: Tensor<Elem = f32>>(
        &mut self,
        kept: usize,
        layer: &L,
        p: &L::Params,
        s: &L::State,
        x: &[In],
        cx: &mut Ctx<'_>,
    ) {
        cx.layer = 0;
        let state = take(&mut self.states, kept);
        let y = &mut *self.buffers[0];
        let y = y.get_mut(..Out::LEN).unwrap_or_default();
        self.given = layer.stream(p, s, x, state, Out::view_mut(y), cx);
    }

    /// Layer `i`, on what the layer before has given; nothing if it has not.
    pub fn next<L: Fusion<In, Out>, In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>>(
        &mut self,
        (i, kept): (usize, usize),
        layer: &L,
        p: &L::Params,
        s: &L::State,
        cx: &mut Ctx<'_>,
    ) {
        cx.layer = i as u32;
        let state = take(&mut self.states, kept);
        if !self.given {
            return;
        }
        let [x, y] = &mut self.buffers;
        let x = x.get(..In::LEN).unwrap_or_default();
        let out = y.get_mut(..Out::LEN).unwrap_or_default();
        let (x, out) = (In::view(x), Out::view_mut(out));
        if In::OPEN == 0 {
            layer.infer(p, s, x, out, cx);
        } else {
            self.given = layer.stream(p, s, x, state, out, cx);
        }
        self.buffers.swap(0, 1);
    }

    /// What the last layer has given.
    pub(crate) fn output(self, len: usize) -> Option<&'m mut [f32]> {
        let [y, _] = self.buffers;
        self.given.then(|| y.get_mut(..len).unwrap_or_default())
    }
}

/// The first values, which are not in the memory from now on.
fn take<'m>(memory: &mut &'m mut [f32], len: usize) -> &'m mut [f32] {
    let (first, rest) = core::mem::take(memory)
        .split_at_mut_checked(len)
        .unwrap_or_default();
    *memory = rest;
    first
}
