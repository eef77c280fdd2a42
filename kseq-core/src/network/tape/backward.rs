//! The backward pass over a tape: a call for each layer.

use super::{Grads, Sink, Tape, Taped};
use crate::base::dims::Dims;
use crate::base::work::Work;
use crate::fusion::{BackwardPooled, Fusion};
use crate::layer::{Backward, BackwardInPlace, Ctx, InPlace};
use crate::layers::Windows;
use crate::params::Flat;
use crate::plan::Placement;
use crate::regularizers::Regularizer;
use crate::tensor::Tensor;
#[cfg(feature = "std")]
use {super::grads::Left, crate::layers::Undo};

impl<T: Taped> Tape<'_, T> {
    /// Adds the gradient of the penalty on the output of layer `i`.
    pub fn back_penalty<Out: Tensor<Elem = f32>>(
        &self,
        i: usize,
        regularizer: &Regularizer,
        g: &mut Grads<'_, impl Sink>,
        cx: &Ctx<'_>,
    ) {
        if (i as u32) < g.first(cx) {
            return;
        }
        let (dy, _) = g.buffers.get(self.output_len::<Out>(i), 0);
        let dims = Dims::batched(self.batch, cx.output_shape_of::<Out>(i));
        let factor = cx.share_of_samples() / self.batch as f32;
        regularizer.add_gradient(self.y(i), dims.get(), factor, dy, cx.pool);
    }

    /// The backward pass of the first layer: nobody asks for the gradient of the user's samples.
    #[inline(always)] // What the compiler knows not to be trained is not there, then.
    pub fn back_first<L: Fusion<In, Out>, In: Tensor, Out: Tensor<Elem = f32>>(
        &mut self,
        layer: &L,
        p: &mut L::Params,
        x: &[In],
        g: &mut Grads<'_, impl Sink>,
        cx: &mut Ctx<'_>,
    ) {
        if g.first(cx) == 0 {
            self.first_backward(layer, p, x, g, cx);
        }
    }

    fn first_backward<L, In, Out, S>(
        &mut self,
        layer: &L,
        p: &mut L::Params,
        x: &[In],
        g: &mut Grads<'_, S>,
        cx: &mut Ctx<'_>,
    ) where
        L: Fusion<In, Out>,
        In: Tensor,
        Out: Tensor<Elem = f32>,
        S: Sink,
    {
        cx.enter(0, Work::Backward);
        let of = self.at(0).params;
        if let Some(windows) = g.pooled.take() {
            let (dy, _) = g.buffers.get(self.batch * windows.output_len(), 0);
            let (_, y, _) = self.split(0);
            let pass = BackwardPooled {
                x,
                y: Out::view_mut(y),
                dy,
                windows: &windows,
                dx: input_gradient::<In, S>(&mut g.dx),
            };
            return into(&mut g.sink, of, p, cx, |p, dp, cx| {
                layer.backward_pooled(p, pass, dp, cx);
            });
        }
        #[cfg(feature = "std")]
        let left = if L::UNDOES { g.left.take() } else { None };
        let (dy, _) = g.buffers.get(self.output_len::<Out>(0), 0);
        let pass = Backward {
            x,
            y: Out::view(self.y(0)),
            cache: self.cache(0),
            dy: Out::view_mut(dy),
            dx: input_gradient::<In, S>(&mut g.dx),
        };
        #[cfg(feature = "std")]
        if let Some(left) = left {
            let cx = &mut cx.undoing(self.undo(left));
            return backward(&mut g.sink, of, layer, p, pass, cx);
        }
        backward(&mut g.sink, of, layer, p, pass, cx);
    }

    /// The backward pass of layer `i`; the gradient changes its buffer. A pooling may leave it to the layer before.
    #[inline(always)] // As above.
    pub fn back<L: Fusion<In, Out>, In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>>(
        &mut self,
        i: usize,
        layer: &L,
        p: &mut L::Params,
        g: &mut Grads<'_, impl Sink>,
        cx: &mut Ctx<'_>,
    ) {
        if i as u32 >= g.first(cx) {
            self.next_backward(i, layer, p, g, cx);
        }
    }

    fn next_backward<L: Fusion<In, Out>, In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>>(
        &mut self,
        i: usize,
        layer: &L,
        p: &mut L::Params,
        g: &mut Grads<'_, impl Sink>,
        cx: &mut Ctx<'_>,
    ) {
        cx.enter(i, Work::Backward);
        let (of, is_first) = (self.at(i).params, cx.layer == g.first(cx));
        if L::POOLS && !T::KEPT && !is_first && self.at(i - 1).unpools {
            g.pooled = layer.windows(cx).filter(Windows::apart);
            if g.pooled.is_some() {
                return;
            }
        }
        if let Some(windows) = g.pooled.take() {
            let pooled = self.batch * windows.output_len();
            let (dy, dx) = g.buffers.get(pooled, self.input_len::<In>(i));
            let (x, y, _) = self.split(i);
            let pass = BackwardPooled {
                x: In::view(x),
                y: Out::view_mut(y),
                dy,
                windows: &windows,
                dx: (!is_first).then(|| In::view_mut(dx)),
            };
            into(&mut g.sink, of, p, cx, |p, dp, cx| {
                layer.backward_pooled(p, pass, dp, cx);
            });
            g.buffers.swap();
            return;
        }
        #[cfg(feature = "std")]
        if L::RECTIFIES && !T::KEPT && !is_first && self.at(i - 1).undoes {
            let relu = self.is_rectified(i, cx);
            let (dy, _) = g.buffers.get(self.output_len::<Out>(i), 0);
            let (x, _, cache) = self.split(i);
            let (x, cx) = (In::view(x), &mut cx.rectifying(relu));
            if let Some(numbers) = layer.leaves(x, cache.len(), cx) {
                let gradient = (x, Out::view_mut(dy));
                into(&mut g.sink, of, p, cx, |p, dp, cx| {
                    layer.backward_left(p, gradient, cache, dp, cx);
                });
                g.left = Some(Left {
                    layer: i,
                    numbers,
                    relu,
                });
                return;
            }
        }
        #[cfg(feature = "std")]
        let left = if L::UNDOES { g.left.take() } else { None };
        let relu = L::RECTIFIES && self.is_rectified(i, cx);
        let (dy, dx) = g
            .buffers
            .get(self.output_len::<Out>(i), self.input_len::<In>(i));
        let pass = Backward {
            x: In::view(self.y(i - 1)),
            y: Out::view(self.y(i)),
            cache: self.cache(i),
            dy: Out::view_mut(dy),
            dx: (!is_first).then(|| In::view_mut(dx)),
        };
        #[cfg(feature = "std")]
        if let Some(left) = left {
            let cx = &mut cx.undoing(self.undo(left));
            backward(&mut g.sink, of, layer, p, pass, cx);
            return g.buffers.swap();
        }
        // (Another context only where it is needed: a layer that leaves its mask says so to this one.)
        match relu {
            true => backward(&mut g.sink, of, layer, p, pass, &mut cx.rectifying(true)),
            false => backward(&mut g.sink, of, layer, p, pass, cx),
        }
        g.buffers.swap();
    }

    /// The end of a backward pass that a layer has left to the one before.
    #[cfg(feature = "std")]
    fn undo(&self, left: Left) -> Undo<'_> {
        let numbers = self.cache(left.layer).get(..left.numbers);
        Undo::of(numbers.unwrap_or_default(), left.relu)
    }

    /// The backward pass of layer `i` in the gradient's own memory.
    #[inline(always)] // As above.
    pub fn back_in_place<L: InPlace, Out: Tensor<Elem = f32>>(
        &self,
        i: usize,
        layer: &L,
        p: &mut L::Params,
        g: &mut Grads<'_, impl Sink>,
        cx: &mut Ctx<'_>,
    ) {
        if i as u32 >= g.first(cx) {
            self.in_place_backward::<L, Out>(i, layer, p, g, cx);
        }
    }

    fn in_place_backward<L: InPlace, Out: Tensor<Elem = f32>>(
        &self,
        i: usize,
        layer: &L,
        p: &mut L::Params,
        g: &mut Grads<'_, impl Sink>,
        cx: &mut Ctx<'_>,
    ) {
        cx.enter(i, Work::Backward);
        if L::IS_RELU && i > 0 && self.is_rectified(i - 1, cx) {
            return; // The layer before does it.
        }
        let Placement {
            params, positive, ..
        } = self.at(i);
        let (dy, _) = g.buffers.get(self.output_len::<Out>(i), 0);
        let pass = BackwardInPlace {
            y: self.y(i),
            cache: self.cache(i),
            dy,
            positive,
            width: Out::SHAPE.last(),
        };
        into(&mut g.sink, params, p, cx, |p, dp, cx| {
            layer.backward_in_place(p, pass, dp, cx);
        });
    }
}

/// Where the gradient of the model's input goes, if anywhere.
#[inline(always)]
fn input_gradient<'m, In: Tensor, S: Sink>(dx: &mut Option<&'m mut [f32]>) -> Option<&'m mut [In]> {
    match S::INPUT {
        true => dx.take().and_then(In::of_floats_mut),
        false => None,
    }
}

/// The backward pass of a layer with the parameters `of` the model's.
fn backward<L: Fusion<In, Out>, In: Tensor, Out: Tensor<Elem = f32>, S: Sink>(
    sink: &mut S,
    of: (usize, usize),
    layer: &L,
    p: &mut L::Params,
    pass: Backward<'_, In, Out>,
    cx: &mut Ctx<'_>,
) {
    if S::UPDATES && L::STREAMS {
        return layer.backward_streamed(p, pass, (of.0, sink), cx);
    }
    into(sink, of, p, cx, |p, dp, cx| {
        layer.backward_of(p, pass, dp, cx);
    });
}

/// Lets a layer write the gradient of its parameters.
#[inline(always)]
fn into<P: Flat>(
    sink: &mut impl Sink,
    of: (usize, usize),
    p: &mut P,
    cx: &mut Ctx<'_>,
    write: impl FnOnce(&mut P, &mut P, &mut Ctx<'_>),
) {
    let Some(dp) = P::of_f32s_mut(sink.memory(of)) else {
        return;
    };
    write(p, dp, cx);
    if P::LEN > 0 && cx.trains() {
        sink.written(of.0, p.as_f32s_mut());
    }
}
