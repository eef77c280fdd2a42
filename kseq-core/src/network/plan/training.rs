//! The memory of a training step: outputs and caches, one after the other, and two buffers for gradients on their way back.
//!
//! On a microcontroller the layers from the first on that the list freezes, and whose training is a prediction, keep nothing: a
//! step predicts with them, sample by sample, and only the layers behind them have a tape, which begins with their input.

use super::arena::Spot;
use super::facts::Facts;
use super::groups::max;
use super::masks::masks;
use super::placement::Placement;
use crate::facts::{Mask, Reads};
use crate::kernels::walk::Walk;

/// The memory of a training step whose first layers may be left out; all numbers are `f32`s, of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rest {
    /// The first layer that is trained on the tape.
    pub first: usize,
    /// What a prediction with the layers before gives it.
    pub input: usize,
    /// Outputs and caches, that input among them.
    pub tape: usize,
    /// The two gradient buffers.
    pub grads: [usize; 2],
    /// What the layers need while one of them runs.
    pub scratch: usize,
    /// What there must be at one time: so much of each sample, and so much of a batch.
    pub(crate) needs: [(usize, usize); 2],
}

impl Rest {
    /// What a step needs of a sample.
    #[must_use]
    pub const fn train(&self) -> usize {
        self.tape + self.grads[0] + self.grads[1] + self.scratch
    }

    /// What so many samples need: for a step, the predictions before it, and an evaluation.
    #[must_use]
    pub const fn memory(&self, batch: usize) -> usize {
        let [(each, once), (beside, arena)] = self.needs;
        max(batch * each + once, batch * beside + arena)
    }

    /// The samples that this memory suffices for.
    #[must_use]
    pub const fn room(&self, len: usize) -> usize {
        let (mut room, mut i) = (usize::MAX, 0);
        while i < self.needs.len() {
            let (each, once) = self.needs[i];
            if let Some(some) = len.saturating_sub(once).checked_div(each)
                && some < room
            {
                room = some;
            }
            i += 1;
        }
        room
    }
}

/// Where everything lies, from layer `first` on; if that is not 0, backward goes no farther than to the first layer that is
/// trained.
///
/// An in-place layer overwrites its input unless that is the user's data, or a layer that wrote
/// the same memory before still needs the values (or their sign, where the layer does not keep
/// it) in the backward pass.
pub(super) const fn layout<const N: usize>(
    facts: &[Facts; N],
    head_keeps_sign: bool,
    first: usize,
) -> ([Placement; N], Rest) {
    let mut placements = [Placement::NONE; N];
    let (mut tape, mut grads, mut scratch) = (0, [0; 2], 0);
    let input = if first > 0 { facts[first - 1].out } else { 0 };
    let reached = if first > 0 { trained(facts) } else { 0 };
    let (mut params, mut state) = (0, 0);
    // What the layers that share the current memory still need of it.
    let mut needed = Reads::Nothing;
    let mut i = 0;
    while i < N {
        let f = facts[i];
        let arrays = Placement {
            params: (params, f.params),
            state: (state, f.state),
            streams: f.streams,
            ..Placement::NONE
        };
        (params, state) = (params + f.params, state + f.state);
        if i < first {
            let len = if i + 1 == first { input } else { 0 };
            placements[i] = Placement { len, ..arrays };
            tape = len;
            i += 1;
            continue;
        }
        let free = match needed {
            Reads::Nothing => true,
            Reads::Positive | Reads::Sign => f.keeps_sign && (i + 1 < N || head_keeps_sign),
            Reads::Values => false,
        };
        let aliased = i > 0 && f.in_place && free;
        let y = if aliased { placements[i - 1].y } else { tape };
        let cache = if aliased { tape } else { y + f.out };
        tape = cache + f.cache;
        scratch = max(scratch, f.scratch);
        if !aliased {
            needed = Reads::Nothing;
        }
        if aliased && f.is_relu && i >= 2 && facts[i - 1].rectifies {
            placements[i - 1].rectified = true;
        }
        let positive = matches!(needed, Reads::Positive);
        if i >= reached && f.reads_output as u8 > needed as u8 {
            needed = f.reads_output;
        }
        placements[i] = Placement {
            y,
            len: f.out,
            cache,
            cache_len: f.cache,
            aliased,
            positive,
            unpools: f.unpools && i + 1 < N && facts[i + 1].pools,
            undoes: f.undoes && i + 1 < N && facts[i + 1].rectifies,
            ..arrays
        };
        i += 1;
    }
    // The gradient changes its buffer at every layer that is not in place, and once for two layers where a pooling
    // leaves its backward pass to the layer before, or a normalization the end of it. Whether it does depends on its windows, or
    // on a mask: from there on the gradient may be in either buffer. The loss writes one in any case.
    let (mut buffer, mut either) = (0, false);
    let mut i = N;
    while i > 0 && (i > reached || i == N) {
        i -= 1;
        grads[buffer] = max(grads[buffer], facts[i].out);
        if either {
            grads[1 - buffer] = max(grads[1 - buffer], facts[i].out);
        }
        either |= placements[i].unpools || placements[i].undoes;
        if !facts[i].in_place {
            buffer = 1 - buffer;
        }
    }
    let rest = Rest {
        first,
        input,
        tape,
        grads,
        scratch: masks(facts).1.in_training(scratch),
        needs: [(0, 0); 2],
    };
    (placements, rest)
}

/// The first layer with parameters that training changes.
const fn trained(facts: &[Facts]) -> usize {
    let mut i = 0;
    while i < facts.len() && (facts[i].params == 0 || facts[i].frozen) {
        i += 1;
    }
    i
}

/// The layers from the first on that a step may predict with, at least one of which is frozen.
pub(super) const fn front<const N: usize>(facts: &[Facts; N], spots: &[Spot; N]) -> usize {
    let (mut front, mut frozen, mut i) = (0, false, 0);
    while i < N {
        if facts[i].stateful || matches!(facts[i].mask, Mask::Finds) {
            return 0;
        }
        i += 1;
    }
    while front + 1 < N && facts[front].predicts() {
        frozen |= facts[front].params > 0;
        front += 1;
    }
    // What a convolution pools for a layer behind them is not what that layer gets in training.
    let (mut i, mut pooled) = (0, 0);
    while i < N {
        if spots[i].done && i >= front && pooled < front {
            front = pooled;
        }
        if let Some(Walk::Conv {
            pooling: Some(_), ..
        }) = spots[i].walk
        {
            pooled = i;
        }
        i += 1;
    }
    if frozen { front } else { 0 }
}

/// [`Rest::needs`] with an arena of this size: a step; beside a prediction what it has given for the samples before, and in an
/// evaluation two values for each output.
pub(super) const fn needs<const N: usize>(
    facts: &[Facts; N],
    rest: &Rest,
    arena: usize,
) -> [(usize, usize); 2] {
    let mut outputs = if N > 0 { 2 * facts[N - 1].out } else { 0 };
    outputs += masks(facts).1.weights;
    let (mut stateful, mut by_sample, mut i) = (false, true, 0);
    while i < N {
        stateful |= facts[i].stateful;
        by_sample &= !facts[i].penalized;
        i += 1;
    }
    if stateful {
        outputs += rest.tape + rest.scratch;
        return [(max(rest.train(), outputs), 0), (0, 0)];
    }
    let beside = max(rest.input, outputs);
    if by_sample {
        [(rest.train(), 0), (beside, arena)]
    } else {
        [(rest.train(), 0), (beside + arena, 0)]
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::facts;
    use super::*;

    /// Who writes each output's memory, in the order of time: the layers that share it.
    fn writers(placements: &[Placement], i: usize) -> std::vec::Vec<usize> {
        let mut writers = std::vec![i];
        let mut next = i + 1;
        while next < placements.len() && placements[next].aliased {
            writers.push(next);
            next += 1;
        }
        writers
    }

    proptest::proptest! {
        /// Whatever the layers are, and whichever of them have a tape: the backward pass finds what it reads, and nothing overlaps.
        #[test]
        fn nothing_that_is_read_is_overwritten(
            drawn in proptest::array::uniform8((1usize..9, 0usize..3, 0usize..3, 0u8..4, proptest::bool::ANY)),
            first in 0usize..8,
            frozen in 0usize..8,
        ) {
            let facts = drawn.map(|(out, cache, in_place, reads, keeps_sign)| {
                let reads = [Reads::Nothing, Reads::Positive, Reads::Sign, Reads::Values][reads as usize];
                let mut f = facts(out, in_place > 0, reads, keeps_sign);
                f.cache = cache;
                f
            });
            // An in-place layer keeps the length.
            let mut facts = facts;
            for i in 1..8 {
                if facts[i].in_place {
                    facts[i].out = facts[i - 1].out;
                }
            }
            // The layers that have no tape are frozen, and so may be some behind them.
            let reached = if first > 0 { first + frozen } else { 0 };
            for (i, f) in facts.iter_mut().enumerate() {
                (f.params, f.frozen) = (2, i < reached);
            }
            let (placements, rest) = layout(&facts, true, first);
            let mut taken = std::vec![None; rest.tape];
            taken[..rest.input].fill(Some(8));
            for (i, (placement, f)) in placements.iter().zip(&facts).enumerate() {
                proptest::prop_assert_eq!(placement.params, (2 * i, 2));
                if i < first {
                    continue;
                }
                proptest::prop_assert!(!placement.aliased || f.in_place);
                proptest::prop_assert_eq!((placement.len, placement.cache_len), (f.out, f.cache));
                // Outputs that are not aliased, and caches, are disjoint.
                let output = if placement.aliased { placement.y..placement.y } else { placement.y..placement.y + placement.len };
                for at in output.chain(placement.cache..placement.cache + placement.cache_len) {
                    proptest::prop_assert_eq!(taken[at].replace(i), None);
                }
                // What comes after in the same memory leaves what the layer still reads of it.
                for &later in &writers(&placements, i)[1..] {
                    proptest::prop_assert_eq!(placements[later].y, placement.y);
                    let kept = match f.reads_output {
                        _ if i < reached => true,
                        Reads::Nothing => true,
                        Reads::Positive | Reads::Sign => facts[later].keeps_sign,
                        Reads::Values => false,
                    };
                    proptest::prop_assert!(kept, "layer {} overwrites what {} reads", later, i);
                }
            }
            // Each gradient fits into the buffer that it comes to.
            let mut buffer = 0;
            for f in facts[reached.min(7)..].iter().rev() {
                proptest::prop_assert!(rest.grads[buffer] >= f.out);
                buffer = if f.in_place { buffer } else { 1 - buffer };
            }
        }
    }
}
