//! Layers that do in a prediction what a normalization behind them does, and a `relu` behind that, too.

use core::ops::Range;

use super::Buffers;
use crate::fusion::Fusion;
use crate::kernels::dispatch::DEVICE;
use crate::kernels::gemm::Then;
use crate::layer::Ctx;
use crate::plan::Spot;
use crate::shape::Shape;
use crate::tensor::Tensor;

impl Buffers<'_> {
    /// As [`first`](Self::first), behind which a normalization follows, and a `relu` if `is_relu`: if the layer can do so, it does what
    /// they do with its sums.
    #[inline(always)]
    pub fn first_normalised<L, N, In, Out>(
        &mut self,
        spot: &Spot,
        (layer, p, s): (&L, &L::Params, &L::State),
        behind: (&N, &N::Params, &N::State, bool),
        x: &[In],
        cx: &mut Ctx<'_>,
    ) where
        L: Fusion<In, Out>,
        N: Fusion<Out, Out>,
        In: Tensor,
        Out: Tensor<Elem = f32>,
    {
        if !self.goes_on::<L, N, In, Out>(0) {
            return self.first(spot, layer, p, s, x, cx);
        }
        cx.layer = 0;
        let shape = cx.output_shape::<Out>();
        let is_relu = self.does(0, behind.3);
        let len = self.output_len::<Out>(0);
        let y = match self.out.0 {
            1 => self.buffers(1, 0, len).1,
            _ => self.buffers(0, len, 0).0,
        };
        let y = Out::view_mut(y);
        if !infer_on::<L, N, In, Out>((layer, p, s), behind, (x, y), (shape, is_relu), cx) {
            self.set_done(0..0);
            self.first(spot, layer, p, s, x, cx);
        }
    }

    /// As [`next`](Self::next), in the same way.
    #[inline(always)]
    pub fn next_normalised<L, N, In, Out>(
        &mut self,
        spot: &Spot,
        (layer, p, s): (&L, &L::Params, &L::State),
        behind: (&N, &N::Params, &N::State, bool),
        cx: &mut Ctx<'_>,
    ) where
        L: Fusion<In, Out>,
        N: Fusion<Out, Out>,
        In: Tensor<Elem = f32>,
        Out: Tensor<Elem = f32>,
    {
        let i = spot.layer;
        if !self.goes_on::<L, N, In, Out>(i) {
            return self.next(spot, layer, p, s, cx);
        }
        cx.layer = i as u32;
        let shape = cx.output_shape::<Out>();
        let is_relu = self.does(i, behind.3);
        let (now, next) = (self.input_len::<In>(i), self.output_len::<Out>(i));
        // Where the normalization would write.
        let (x, y) = self.buffers(i + 1, now, next);
        let data = (In::view(x), Out::view_mut(y));
        if !infer_on::<L, N, In, Out>((layer, p, s), behind, data, (shape, is_relu), cx) {
            self.set_done(0..0);
            return self.next(spot, layer, p, s, cx);
        }
        self.swapped = !self.swapped;
    }

    /// Whether the layer before has done what layer `i` does.
    #[inline(always)]
    pub(super) fn is_done(&self, i: usize) -> bool {
        #[cfg(feature = "std")]
        let is_done = self.done.contains(&i);
        #[cfg(not(feature = "std"))]
        let is_done = {
            let _ = i;
            false
        };
        is_done
    }

    /// The layers of which that is so.
    #[inline(always)]
    fn set_done(&mut self, layers: Range<usize>) {
        #[cfg(feature = "std")]
        {
            self.done = layers;
        }
        #[cfg(not(feature = "std"))]
        let _ = layers;
    }

    /// Whether layer `i` may do at once what the one behind it does.
    #[inline(always)]
    fn goes_on<L, N, In, Out>(&mut self, i: usize) -> bool
    where
        L: Fusion<In, Out>,
        N: Fusion<Out, Out>,
        In: Tensor,
        Out: Tensor<Elem = f32>,
    {
        if DEVICE || !cfg!(feature = "std") || !L::GOES_ON || N::THEN == 0 {
            return false;
        }
        let both = self.layers.contains(&i) && self.layers.contains(&(i + 1));
        if self.layers.contains(&i) {
            self.set_done(0..0);
        }
        both && self.parted.is_none()
    }

    /// Layer `i` does what the next one does, and the one behind that if it is a `relu` which runs as well: whether it does.
    #[inline(always)]
    fn does(&mut self, i: usize, is_relu: bool) -> bool {
        let is_relu = is_relu && self.layers.contains(&(i + 2));
        self.set_done(i + 1..i + 2 + usize::from(is_relu));
        is_relu
    }
}

/// The output of a layer with what a normalization behind it does, and `relu`; whether there is memory for its numbers.
fn infer_on<L, N, In, Out>(
    (layer, p, s): (&L, &L::Params, &L::State),
    (behind, of_behind, moving, _): (&N, &N::Params, &N::State, bool),
    (x, y): (&[In], &mut [Out]),
    (shape, is_relu): (Shape, bool),
    cx: &mut Ctx<'_>,
) -> bool
where
    L: Fusion<In, Out>,
    N: Fusion<Out, Out>,
    In: Tensor,
    Out: Tensor<Elem = f32>,
{
    let memory = core::mem::take(&mut cx.scratch);
    let mut is_done = false;
    if let Some((numbers, rest)) = memory.split_at_mut_checked(N::THEN)
        && let Some(then) = behind.then(of_behind, moving, shape, numbers)
    {
        let then = then.rectified(is_relu);
        let cx = &mut cx.going_on(Then::of(&then), rest);
        layer.infer(p, s, x, y, cx);
        is_done = true;
    }
    cx.scratch = memory;
    is_done
}
