//! The memory of a prediction: whole samples, or the parts of one. On a microcontroller one arena, in which the plan says where
//! each layer works (`arena.rs`).

mod normalised;

use core::cmp::Ordering;
use core::ops::Range;

use super::arena::Arena;
use crate::facts::Stage;
use crate::fusion::Fusion;
use crate::kernels::dispatch::DEVICE;
use crate::layer::{Ctx, InPlace};
use crate::plan::{Placement, Sizes, Spot};
use crate::regularizers::Regularizer;
use crate::tensor::Tensor;

/// What layers need that take a sample by parts.
struct Parted<'m> {
    /// The outputs of all of them but the first, one after the other: parts are added to each.
    more: &'m mut [f32],
    /// What [`Fusion::infer_part`] is given next.
    part: Range<usize>,
    /// Which of the outputs is the current one; none while it is that of the first layer.
    now: Option<Range<usize>>,
    /// Whether the buffers are swapped where a part begins.
    swapped: bool,
}

impl Parted<'_> {
    /// Where the outputs end that have been computed.
    fn end(&self) -> usize {
        self.now.as_ref().map_or(0, |now| now.end)
    }
}

/// The activations of a prediction in two ping-pong buffers: a layer reads its input from one and writes its output to the
/// other. (On a microcontroller the first one is the arena, of `Sizes::arena * batch` values.)
pub struct Buffers<'m> {
    buffers: [&'m mut [f32]; 2],
    batch: usize,
    swapped: bool,
    /// The layers that run; a call for another one does nothing.
    layers: Range<usize>,
    /// Those of them that the layer before has done: a normalization, and a `relu` behind it.
    #[cfg(feature = "std")]
    done: Range<usize>,
    /// If they take a sample by parts.
    parted: Option<Parted<'m>>,
    /// Where the output of the last of these layers goes, if not to a buffer, and which that is.
    out: (usize, &'m mut [f32]),
    /// The penalties on outputs, if anyone asks for them.
    penalty: Option<f32>,
    /// How large outputs are, if their types do not say it.
    placements: &'m [Placement],
}

impl<'m> Buffers<'m> {
    /// The buffers for `batch` samples in `Sizes::predict() * batch` values.
    #[must_use]
    pub fn new(memory: &'m mut [f32], sizes: &Sizes, batch: usize) -> Self {
        Buffers::of(0..usize::MAX, memory, sizes.infer, batch, &[])
    }

    /// The same for some of the layers; `sizes` of their buffers are `f32`s a sample. The first buffer holds their input,
    /// if they are not the first ones. `placements` are those of a batch with axes of any length, else none.
    #[must_use]
    pub fn of(
        layers: Range<usize>,
        memory: &'m mut [f32],
        sizes: [usize; 2],
        batch: usize,
        placements: &'m [Placement],
    ) -> Self {
        let (a, b) = match DEVICE {
            true if placements.is_empty() => (memory, &mut [][..]),
            true => memory
                .split_at_mut_checked(sizes[0] * batch)
                .unwrap_or_default(),
            false => memory.split_at_mut(sizes[0] * batch),
        };
        Buffers {
            buffers: [a, b],
            batch,
            swapped: false,
            layers,
            #[cfg(feature = "std")]
            done: 0..0,
            parted: None,
            out: (usize::MAX, &mut []),
            penalty: None,
            placements,
        }
    }

    /// The same with a place for the output of layer `i`, behind which these layers are all in place.
    #[must_use]
    pub const fn into(mut self, i: usize, out: &'m mut [f32]) -> Self {
        self.out = (i, out);
        self
    }

    /// From now on a pass runs these layers, on whole samples.
    pub(crate) fn select(&mut self, layers: Range<usize>) {
        if let Some(Parted {
            now: Some(now),
            more,
            ..
        }) = self.parted.take()
        {
            // Where the last of the layers that took parts would have left its output.
            let (y, _) = self.buffers(0, now.len(), 0);
            y.copy_from_slice(&more[now]);
        }
        self.layers = layers;
    }

    /// From now on a pass runs these layers, on parts of one sample; the outputs of those behind the first go to `more`.
    pub(crate) fn select_parts(&mut self, layers: Range<usize>, more: &'m mut [f32]) {
        self.layers = layers;
        self.parted = Some(Parted {
            more,
            part: 0..0,
            now: None,
            swapped: self.swapped,
        });
    }

    /// The part that the first layer computes next.
    pub(crate) fn select_part(&mut self, part: Range<usize>) {
        if let Some(parted) = &mut self.parted {
            (parted.part, parted.now) = (part, None);
            self.swapped = parted.swapped;
        }
    }

    /// The same for a pass whose penalties on outputs are asked for.
    #[must_use]
    pub const fn scoring(mut self) -> Self {
        self.penalty = Some(0.0);
        self
    }

    /// The sum of the penalties on outputs.
    #[must_use]
    pub const fn penalty(&self) -> f32 {
        match self.penalty {
            Some(penalty) => penalty,
            None => 0.0,
        }
    }

    /// The output of a layer that is not the last one, on a microcontroller.
    pub(crate) fn output(self, spot: &Spot) -> &'m [f32] {
        let [memory, _] = self.buffers;
        Arena {
            memory,
            batch: self.batch,
        }
        .part(spot, spot.y)
    }

    /// Adds the penalty on the output of the layer that ran last.
    pub fn penalize<Out: Tensor<Elem = f32>>(
        &mut self,
        spot: &Spot,
        regularizer: &Regularizer,
        cx: &Ctx<'_>,
    ) {
        if let Some(penalty) = self.penalty {
            let len = self.output_len::<Out>(spot.layer);
            let y = match in_arena(spot) {
                true => self.arena().part(spot, spot.y),
                false => self.buffers(0, len, 0).0,
            };
            let shape = cx.output_shape_of::<Out>(spot.layer);
            let more = regularizer.penalty_on_outputs(y, shape, cx.pool);
            self.penalty = Some(penalty + more);
        }
    }

    /// Adds the penalty on the output of the last layer.
    pub fn penalize_output<Out: Tensor<Elem = f32>>(
        &mut self,
        regularizer: &Regularizer,
        y: &[Out],
        cx: &Ctx<'_>,
    ) {
        if let Some(penalty) = &mut self.penalty {
            let shape = cx.output_shape::<Out>();
            *penalty += regularizer.penalty_on_outputs(Out::flat(y), shape, cx.pool);
        }
    }

    /// The memory of the current values and of the next ones, when layer `i` runs.
    #[inline]
    fn buffers(&mut self, i: usize, now: usize, next: usize) -> (&mut [f32], &mut [f32]) {
        let batch = self.batch;
        let [a, b] = &mut self.buffers;
        let (mut from, mut to) = if self.swapped { (b, a) } else { (a, b) };
        let (last, out) = &mut self.out;
        match i.cmp(last) {
            Ordering::Less => {}
            Ordering::Equal => to = out,
            Ordering::Greater => from = out,
        }
        (&mut from[..now * batch], &mut to[..next * batch])
    }

    /// The `f32`s of a sample behind layer `i`.
    #[inline(always)]
    fn output_len<Out: Tensor>(&self, i: usize) -> usize {
        match Out::OPEN {
            0 => Out::LEN,
            _ => self.placements.get(i).map_or(0, |at| at.len),
        }
    }

    /// The same before it, if it is not the first.
    #[inline(always)]
    fn input_len<In: Tensor>(&self, i: usize) -> usize {
        self.output_len::<In>(i.saturating_sub(1))
    }

    /// Whether layer `L` takes a part of a sample.
    fn is_parted<L: Fusion<In, Out>, In: Tensor, Out: Tensor>(&self) -> bool {
        L::STAGE != Stage::None && self.parted.is_some()
    }

    /// The same for a part of a sample, which is there too: the first layer works on the buffers, the others behind it.
    fn part(
        &mut self,
        i: usize,
        now: usize,
        next: usize,
    ) -> (Range<usize>, &mut [f32], &mut [f32]) {
        let Some(parted) = &self.parted else {
            return (0..0, &mut [], &mut []);
        };
        let (part, current, end) = (parted.part.clone(), parted.now.clone(), parted.end());
        if i == self.layers.start {
            let (from, to) = self.buffers(i, now, next);
            return (part, from, to);
        }
        let [a, b] = &mut self.buffers;
        let from = if self.swapped { b } else { a };
        let more = self.parted.as_mut().map(|parted| &mut *parted.more);
        let (given, more) = more.unwrap_or_default().split_at_mut(end);
        let from = match current {
            Some(current) => &mut given[current],
            None => &mut from[..now],
        };
        (part, from, &mut more[..next])
    }

    /// Layer `i` has computed a part of its output, which has so many values.
    fn computed(&mut self, i: usize, part: Range<usize>, len: usize) {
        if let Some(parted) = &mut self.parted {
            parted.part = part;
            if i > self.layers.start {
                let end = parted.end();
                parted.now = Some(end..end + len);
            }
        }
    }

    /// Whether a layer runs; from here on it is the current one. One that `may_be_done` may be done already.
    #[inline(always)]
    fn runs(&self, spot: &Spot, may_be_done: bool, cx: &mut Ctx<'_>) -> bool {
        cx.layer = spot.layer as u32;
        self.layers.contains(&spot.layer) && !(may_be_done && self.is_done(spot.layer))
    }

    #[inline(always)]
    fn arena(&mut self) -> Arena<'_> {
        Arena {
            memory: &mut *self.buffers[0],
            batch: self.batch,
        }
    }

    /// The first of several layers, on the user's samples.
    #[inline(always)]
    pub fn first<L: Fusion<In, Out>, In: Tensor, Out: Tensor<Elem = f32>>(
        &mut self,
        spot: &Spot,
        layer: &L,
        p: &L::Params,
        s: &L::State,
        x: &[In],
        cx: &mut Ctx<'_>,
    ) {
        cx.layer = 0;
        if self.layers.start > 0 {
            return;
        }
        if in_arena(spot) {
            return self.arena().first(spot, layer, p, s, x, cx);
        }
        if self.is_parted::<L, In, Out>() {
            let (part, y, _) = self.part(0, Out::LEN, 0);
            let part = layer.infer_part(p, x, Out::view_mut(y), part, cx);
            return self.computed(0, part, Out::LEN);
        }
        let (y, _) = self.buffers(0, self.output_len::<Out>(0), 0);
        layer.infer(p, s, x, Out::view_mut(y), cx);
        self.score::<L, In, Out>(cx);
    }

    /// A layer between the first and the last.
    #[inline(always)]
    pub fn next<L: Fusion<In, Out>, In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>>(
        &mut self,
        spot: &Spot,
        layer: &L,
        p: &L::Params,
        s: &L::State,
        cx: &mut Ctx<'_>,
    ) {
        if !self.runs(spot, L::THEN > 0, cx) {
            return;
        }
        if in_arena(spot) {
            return self.arena().next(spot, layer, p, s, cx);
        }
        let i = spot.layer;
        if self.is_parted::<L, In, Out>() {
            let (part, x, y) = self.part(i, In::LEN, Out::LEN);
            let part = layer.infer_part(p, In::view(x), Out::view_mut(y), part, cx);
            self.computed(i, part, Out::LEN);
        } else {
            let (now, next) = (self.input_len::<In>(i), self.output_len::<Out>(i));
            let (x, y) = self.buffers(i, now, next);
            layer.infer(p, s, In::view(x), Out::view_mut(y), cx);
        }
        self.score::<L, In, Out>(cx);
        self.swapped = !self.swapped;
    }

    /// A layer in the memory of its input.
    #[inline(always)]
    pub fn in_place<L: InPlace, Out: Tensor<Elem = f32>>(
        &mut self,
        spot: &Spot,
        layer: &L,
        p: &L::Params,
        s: &L::State,
        cx: &mut Ctx<'_>,
    ) {
        if !self.runs(spot, L::IS_RELU, cx) {
            return;
        }
        let i = spot.layer;
        let y = if in_arena(spot) {
            self.arena().part(spot, spot.y)
        } else if L::POINTWISE && self.parted.is_some() {
            let (part, y, _) = self.part(i, Out::LEN, 0);
            &mut y[part]
        } else {
            self.buffers(i, self.output_len::<Out>(i), 0).0
        };
        layer.infer_in_place(p, s, y, Out::SHAPE.last(), cx);
    }

    /// The last of several layers, into the caller's memory.
    #[inline(always)]
    pub fn last<L: Fusion<In, Out>, In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>>(
        &mut self,
        spot: &Spot,
        layer: &L,
        p: &L::Params,
        s: &L::State,
        y: &mut [Out],
        cx: &mut Ctx<'_>,
    ) {
        if !self.runs(spot, false, cx) {
            return;
        }
        if in_arena(spot) {
            return self.arena().last(spot, layer, p, s, y, cx);
        }
        let i = spot.layer;
        if self.is_parted::<L, In, Out>() {
            let (part, x, _) = self.part(i, In::LEN, 0);
            layer.infer_part(p, In::view(x), y, part, cx);
        } else {
            let (x, _) = self.buffers(i, self.input_len::<In>(i), 0);
            layer.infer(p, s, In::view(x), y, cx);
        }
        self.score::<L, In, Out>(cx);
    }

    /// Adds the penalty that a layer has left.
    #[inline(always)]
    pub fn score<L: Fusion<In, Out>, In: Tensor, Out: Tensor>(&mut self, cx: &Ctx<'_>) {
        if let (true, Some(penalty), Some(more)) = (L::SCORES, &mut self.penalty, cx.scratch.last())
        {
            *penalty += more;
        }
    }
}

/// Whether the plan says where outputs lie: a constant of the program, so that only one of both ways is in it.
#[inline(always)]
const fn in_arena(spot: &Spot) -> bool {
    DEVICE && !spot.buffered
}
