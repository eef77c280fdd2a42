//! Which layers take a few samples at a time, one layer after the other, instead of the whole batch.
//!
//! The outputs of a convolution for a whole batch are larger than a cache: they would go to memory, to be read again by the
//! next layer. Layers that work sample by sample ([`SampleWise`]) and follow each other therefore run on as many samples as stay in the
//! cache. No result depends on it.

use super::facts::Facts;
use crate::facts::SampleWise;
use crate::kernels::cache::L2_FLOATS;

/// Values that stay in the second level cache of a core, beside the kernels.
const GROUP_FLOATS: usize = L2_FLOATS / 2;

/// The layers at the front of a model that a prediction runs on a few samples at a time; the rest of the model takes
/// the whole batch, for which large matrices are read only once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Front {
    /// How many layers; 0 if it would not pay.
    pub layers: usize,
    /// How many samples at a time on one thread.
    pub samples: usize,
    /// The two buffers of these layers, in `f32`s a sample.
    pub infer: [usize; 2],
    /// The layer whose output is that of the front, and lies with those of the whole batch: behind it are only layers in
    /// place.
    pub last: usize,
    /// The two buffers of the layers behind the front, the first of which begins with its output.
    pub rest: [usize; 2],
}

impl Front {
    pub(super) const NONE: Front = Front {
        layers: 0,
        samples: usize::MAX,
        infer: [0; 2],
        last: 0,
        rest: [0; 2],
    };

    /// The front of a model; the first `masked` layers look at the tokens of the whole batch.
    pub(super) const fn new(facts: &[Facts], masked: usize) -> Self {
        // The last layer writes to the caller's memory.
        let mut layers = 0;
        let mut writers = 0;
        let mut last = 0;
        while layers + 1 < facts.len() && !matches!(facts[layers].sample_wise, SampleWise::Never) {
            if layers == 0 || !facts[layers].in_place {
                writers += 1;
                last = layers;
            }
            layers += 1;
        }
        if masked > 0 || writers < 2 {
            return Front::NONE;
        }
        let infer = alike(facts, buffers(facts, 0, last));
        let rest = alike(facts, buffers(facts, last, facts.len() - 1));
        Front {
            layers,
            samples: few(infer[0].saturating_add(infer[1])),
            infer,
            last,
            rest,
        }
    }
}

impl Front {
    /// How many samples at a time, if fewer than the batch.
    #[inline]
    pub(crate) const fn few(&self, batch: usize, threads: usize) -> Option<usize> {
        let few = self.samples.saturating_mul(threads);
        if self.layers > 0 && few < batch {
            Some(few)
        } else {
            None
        }
    }

    /// What a prediction by a few samples at a time needs.
    #[inline]
    pub(crate) const fn prediction(&self, batch: usize, threads: usize) -> Option<usize> {
        let Some(few) = self.few(batch, threads) else {
            return None;
        };
        let front = few.saturating_mul(self.infer[0] + self.infer[1]);
        Some(front.saturating_add(batch.saturating_mul(self.rest[0] + self.rest[1])))
    }
}

pub(super) const fn max(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

/// How many samples of this size stay in the cache.
const fn few(size: usize) -> usize {
    max(GROUP_FLOATS / max(size, 1), 1)
}

/// The sizes of two buffers that take turns for the outputs of the layers `from..until`; the first layer has none to read.
const fn buffers(facts: &[Facts], from: usize, until: usize) -> [usize; 2] {
    let mut sizes = [0; 2];
    let mut buffer = 1;
    let mut i = from;
    while i < until {
        if i == from || !facts[i].in_place {
            buffer = 1 - buffer;
        }
        sizes[buffer] = max(sizes[buffer], facts[i].out);
        i += 1;
    }
    sizes
}

/// How much memory layer `i` needs in a prediction to do at once what the normalization behind it does; none if it does not.
pub(super) const fn goes_on(facts: &[Facts], i: usize) -> usize {
    // The last layer writes to the caller's memory.
    if facts[i].goes_on && i + 2 < facts.len() {
        facts[i + 1].then
    } else {
        0
    }
}

/// The buffers of a prediction in which two layers may write once: what lies in the one may then lie in the other one.
pub(super) const fn alike(facts: &[Facts], [a, b]: [usize; 2]) -> [usize; 2] {
    let mut i = 0;
    while i < facts.len() {
        if goes_on(facts, i) > 0 {
            return [max(a, b); 2];
        }
        i += 1;
    }
    [a, b]
}

/// Some layers that the forward pass of training takes together, from the one that has this on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// The layer behind the last one.
    pub until: usize,
    /// How many samples go through all of them at a time, on one thread.
    pub samples: usize,
}

/// For each layer, which layers run together in training from there on; the first `masked` ones look at the tokens of the
/// whole batch.
pub(super) const fn in_training<const N: usize>(facts: &[Facts; N], masked: usize) -> [Group; N] {
    let mut groups = [Group {
        until: 0,
        samples: usize::MAX,
    }; N];
    // From a layer to the end of its group: the largest input and output of a layer.
    let mut pair = 0;
    let mut i = N;
    while i > 0 {
        i -= 1;
        let here = facts[i].out.saturating_add(facts[i].cache);
        let joins = i + 1 < N
            && i >= masked
            && matches!(facts[i].sample_wise, SampleWise::Always)
            && matches!(facts[i + 1].sample_wise, SampleWise::Always);
        groups[i] = if joins {
            pair = max(pair, here.saturating_add(facts[i + 1].out));
            Group {
                until: groups[i + 1].until,
                samples: few(pair),
            }
        } else {
            pair = here;
            Group {
                until: i + 1,
                samples: usize::MAX,
            }
        };
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::super::Plan;
    use super::super::facts::facts;
    use super::*;
    use crate::activations::Linear;
    use crate::facts::{Mask, Reads};

    fn layer(out: usize, sample_wise: SampleWise) -> Facts {
        Facts {
            sample_wise,
            ..facts(out, false, Reads::Nothing, false)
        }
    }

    fn in_place(out: usize, sample_wise: SampleWise) -> Facts {
        Facts {
            sample_wise,
            ..facts(out, true, Reads::Nothing, true)
        }
    }

    use SampleWise::{Always, Inference, Never};

    #[test]
    fn a_front_ends_at_the_first_layer_for_a_batch() {
        let plan = Plan::new::<Linear>([
            layer(100_000, Always),
            layer(20_000, Always),
            in_place(20_000, Inference),
            layer(900, Never),
            layer(1000, Always),
            layer(10, Never),
        ]);
        let front = Front {
            layers: 3,
            samples: 1,
            infer: [100_000, 0],
            last: 1,
            rest: [20_000, 900],
        };
        assert_eq!(plan.sizes.front, front);
        assert_eq!(front.few(7, 3), Some(3));
        assert_eq!(front.few(3, 3), None);
        // A few samples through the front, all through the rest; less than all through all.
        assert_eq!(plan.sizes.prediction(7, 3), 3 * 100_000 + 7 * 20_900);
        assert_eq!(plan.sizes.prediction(3, 3), 3 * plan.sizes.predict());
        let groups = plan
            .placements
            .map(|placement| (placement.group.until, placement.group.samples));
        assert_eq!(groups[0], (2, 1));
        assert!(
            groups[1..]
                .iter()
                .all(|(_, samples)| *samples == usize::MAX)
        );
        assert_eq!(groups.map(|(until, _)| until), [2, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn no_front_of_a_single_layer_and_none_before_a_mask() {
        let one = [layer(9, Always), layer(9, Never), layer(9, Always)];
        assert_eq!(Plan::new::<Linear>(one).sizes.front, Front::NONE);
        let flat = [layer(9, Always), in_place(9, Always), layer(9, Never)];
        assert_eq!(Plan::new::<Linear>(flat).sizes.front, Front::NONE);
        let mut masked = [layer(9, Always), layer(9, Always), layer(9, Always)];
        assert_eq!(Plan::new::<Linear>(masked).sizes.front.layers, 2);
        (masked[0].mask, masked[1].mask) = (Mask::Makes, Mask::Keeps);
        let plan = Plan::new::<Linear>(masked);
        assert_eq!(plan.sizes.front, Front::NONE);
        assert_eq!(
            plan.placements.map(|placement| placement.group.until),
            [1, 2, 3]
        );
    }

    #[test]
    fn penalties_are_sums_over_the_batch() {
        let facts = [
            layer(9, Always),
            layer(9, Always).penalized(),
            layer(9, Always),
            layer(9, Always),
        ];
        let plan = Plan::new::<Linear>(facts);
        assert_eq!(plan.sizes.front, Front::NONE);
        assert_eq!(
            plan.placements.map(|placement| placement.group.until),
            [1, 2, 4, 4]
        );
    }

    #[test]
    fn a_pooling_behind_a_convolution() {
        let conv = |out| Facts {
            unpools: true,
            ..layer(out, Always)
        };
        let pooling = |out| Facts {
            pools: true,
            ..layer(out, Always)
        };
        let plan = Plan::new::<Linear>([conv(80), conv(90), pooling(20), layer(3, Never)]);
        assert_eq!(
            plan.placements.map(|placement| placement.unpools),
            [false, true, false, false]
        );
        // 3, then 20; the pooling writes 90 to the first buffer and the convolution 80 to the second one, or it leaves that
        // to the convolution, which writes 80 to the first.
        assert_eq!(plan.sizes.grads, [90, 80]);
        let penalized = [conv(90).penalized(), pooling(20), layer(3, Never)];
        assert!(!Plan::new::<Linear>(penalized).placements[0].unpools);
    }
}
