//! A prediction on a microcontroller: every layer works where the plan says ([`Spot`]).
//!
//! All of it is in line, so that the places are constants of the program and no code is left but the calls of the layers.

use core::mem::take;
use core::ops::Range;

use crate::fusion::Fusion;
use crate::kernels::walk::Memory;
use crate::layer::Ctx;
use crate::plan::Spot;
use crate::tensor::Tensor;

/// The memory of a prediction.
pub(super) struct Arena<'m> {
    pub memory: &'m mut [f32],
    /// Samples that are predicted together.
    pub batch: usize,
}

impl<'m> Arena<'m> {
    /// Begin and end of a part.
    #[inline(always)]
    fn range(&self, spot: &Spot, [begin, len]: [usize; 2]) -> Range<usize> {
        let batch = if spot.by_sample { 1 } else { self.batch };
        begin * batch..(begin + len) * batch
    }

    /// A part of the arena.
    #[inline(always)]
    pub fn part(self, spot: &Spot, part: [usize; 2]) -> &'m mut [f32] {
        let range = self.range(spot, part);
        self.memory.get_mut(range).unwrap_or_default()
    }

    /// Input, output and scratch memory of a layer, which do not overlap.
    #[inline(always)]
    fn parts(self, spot: &Spot) -> [&'m mut [f32]; 3] {
        // (One by one: over an array of them there would be a loop at run time, where the compiler saves code.)
        let (x, y) = (self.range(spot, spot.x), self.range(spot, spot.y));
        let scratch = self.range(spot, spot.scratch);
        let swapped = x.start > y.start;
        let (low, high) = if swapped { (y, x) } else { (x, y) };
        let (mut memory, mut at) = (self.memory, 0);
        let low = cut(&mut memory, &mut at, low);
        let scratch = cut(&mut memory, &mut at, scratch);
        let high = cut(&mut memory, &mut at, high);
        if swapped {
            [high, low, scratch]
        } else {
            [low, high, scratch]
        }
    }

    /// The first of several layers, on the user's samples.
    #[inline(always)]
    pub fn first<L: Fusion<In, Out>, In: Tensor, Out: Tensor<Elem = f32>>(
        self,
        spot: &Spot,
        layer: &L,
        p: &L::Params,
        s: &L::State,
        x: &[In],
        cx: &mut Ctx<'_>,
    ) {
        if let Some(walk) = &spot.walk {
            let y = self.part(spot, spot.y);
            let memory = Memory::apart(In::floats(In::flat(x)), y);
            return layer.infer_walk(p, memory, walk, spot.backwards);
        }
        let [_, y, scratch] = self.parts(spot);
        infer(layer, p, s, x, Out::view_mut(y), scratch, cx);
    }

    /// A layer between the first and the last.
    #[inline(always)]
    pub fn next<L: Fusion<In, Out>, In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>>(
        self,
        spot: &Spot,
        layer: &L,
        p: &L::Params,
        s: &L::State,
        cx: &mut Ctx<'_>,
    ) {
        if spot.done {
            return;
        }
        if let Some(walk) = &spot.walk {
            let (x, y) = (self.range(spot, spot.x), self.range(spot, spot.y));
            let memory = Memory::within(self.memory, x, y);
            return layer.infer_walk(p, memory, walk, spot.backwards);
        }
        let [x, y, scratch] = self.parts(spot);
        infer(layer, p, s, In::view(x), Out::view_mut(y), scratch, cx);
    }

    /// The last of several layers, into the caller's memory.
    #[inline(always)]
    pub fn last<L: Fusion<In, Out>, In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>>(
        self,
        spot: &Spot,
        layer: &L,
        p: &L::Params,
        s: &L::State,
        y: &mut [Out],
        cx: &mut Ctx<'_>,
    ) {
        let [x, _, scratch] = self.parts(spot);
        if spot.done {
            for (y, x) in Out::flat_mut(y).iter_mut().zip(x) {
                *y = *x;
            }
            return;
        }
        if let Some(walk) = &spot.walk {
            let memory = Memory::apart(x, Out::flat_mut(y));
            return layer.infer_walk(p, memory, walk, spot.backwards);
        }
        infer(layer, p, s, In::view(x), y, scratch, cx);
    }
}

/// The next part of a memory that begins `at` a place of the arena. (An empty one may be said to begin anywhere.)
#[inline(always)]
fn cut<'m>(memory: &mut &'m mut [f32], at: &mut usize, part: Range<usize>) -> &'m mut [f32] {
    if part.is_empty() {
        return &mut [];
    }
    let gap = part.start.saturating_sub(*at);
    let rest = take(memory).get_mut(gap..).unwrap_or_default();
    let Some((some, rest)) = rest.split_at_mut_checked(part.len()) else {
        return &mut [];
    };
    (*memory, *at) = (rest, part.end);
    some
}

/// A layer with its scratch memory.
#[inline(always)]
fn infer<L: Fusion<In, Out>, In: Tensor, Out: Tensor>(
    layer: &L,
    p: &L::Params,
    s: &L::State,
    x: &[In],
    y: &mut [Out],
    scratch: &mut [f32],
    cx: &mut Ctx<'_>,
) {
    if L::INFER_SCRATCH == 0 {
        layer.infer(p, s, x, y, cx);
    } else {
        layer.infer(p, s, x, y, &mut cx.in_scratch(scratch));
    }
}
