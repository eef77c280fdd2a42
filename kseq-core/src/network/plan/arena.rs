//! The memory of a prediction on a microcontroller: one arena for one sample, as small as the chain allows.
//!
//! Layers take turns between its ends: one reads what lies at one end and writes to the other. A layer that walks over windows
//! ([`Walk`]) writes where the input is no longer needed, so that the two may overlap; a pooling behind a convolution is
//! done by the convolution, whose own output is never stored.

use super::facts::Facts;
use super::groups::max;
use super::masks::masks;
use crate::facts::Masked;
use crate::kernels::walk::{Pooling, Pools, Walk};

/// Where in the arena a layer reads and writes; all numbers are `f32`s, of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The number of the layer, from 0.
    pub layer: usize,
    /// Where the input begins and how long it is; not of the first layer, whose input is the user's.
    pub x: [usize; 2],
    /// The same for the output; not of the last layer, whose output is the user's.
    pub y: [usize; 2],
    /// The same for [`Layer::INFER_SCRATCH`](crate::layer::Layer::INFER_SCRATCH).
    pub scratch: [usize; 2],
    /// Whether the layer goes over windows of memory that may overlap, and how.
    pub walk: Option<Walk>,
    /// From the last output to the first.
    pub backwards: bool,
    /// Whether a convolution before has done the work.
    pub done: bool,
    /// Whether a prediction takes one sample after the other. If not (a state for each sample, a penalty on a whole batch), all
    /// of the above are times the batch.
    pub by_sample: bool,
    /// Whether there is no arena: outputs of samples with axes of any length go through two buffers.
    pub buffered: bool,
}

impl Spot {
    pub(super) const NONE: Spot = Spot {
        layer: 0,
        buffered: false,
        x: [0; 2],
        y: [0; 2],
        scratch: [0; 2],
        walk: None,
        backwards: false,
        done: false,
        by_sample: true,
    };
}

/// Where each layer reads and writes, and the size of the arena.
pub(super) const fn layout<const N: usize>(facts: &[Facts; N]) -> ([Spot; N], usize) {
    let mut spots = [Spot::NONE; N];
    let by_sample = by_sample(facts);
    let mut i = 0;
    while i < N {
        spots[i].layer = i;
        spots[i].by_sample = by_sample;
        spots[i].y[1] = facts[i].out;
        if by_sample {
            spots[i].walk = facts[i].walk;
        }
        i += 1;
    }
    if by_sample {
        pool(facts, &mut spots);
    }
    // How far the input must be before the output, by the end where it is: what does not walk cannot overlap.
    let mut leads = [[0; 2]; N];
    let mut i = 0;
    while i < N {
        leads[i] = match &spots[i].walk {
            Some(walk) if i > 0 && i + 1 < N => [walk.lead(true), walk.lead(false)],
            _ => [spots[i].y[1]; 2],
        };
        i += 1;
    }
    let (low, high) = (
        place(facts, &mut spots, &leads, false, 0),
        place(facts, &mut spots, &leads, true, 0),
    );
    let size = if high < low { high } else { low };
    place(facts, &mut spots, &leads, high < low, size);
    (spots, masks(facts).1.beside(size))
}

/// Whether a prediction takes one sample after the other.
const fn by_sample<const N: usize>(facts: &[Facts; N]) -> bool {
    let mut i = 0;
    while i < facts.len() {
        if facts[i].stateful || facts[i].penalized {
            return false;
        }
        i += 1;
    }
    // A loss asks for the mask of a whole batch.
    !matches!(masks(facts).1.output, Masked::Found)
}

/// Gives poolings to the convolutions before them. Between them may be activations that keep the order: they then see the
/// pooled values.
const fn pool<const N: usize>(facts: &[Facts; N], spots: &mut [Spot; N]) {
    let mut i = 0;
    while i < N {
        let mut k = i + 1;
        while k < N && facts[k].in_place && facts[k].rises {
            k += 1;
        }
        if let Some(Walk::Conv { conv, pools, .. }) = facts[i].walk
            && k < N
            && let Some(Walk::Pool(pooling)) = facts[k].walk
            && pooling.apart()
            && match pools {
                Pools::Nothing => false,
                Pools::Max => !pooling.average,
                Pools::Any => !pooling.average || (k == i + 1 && small(&pooling)),
            }
        {
            let pooling = Some(pooling);
            spots[i].walk = Some(Walk::Conv {
                conv,
                pools,
                pooling,
            });
            spots[k].done = true;
            let mut j = i;
            while j < k {
                spots[j].y[1] = facts[k].out;
                j += 1;
            }
        }
        i += 1;
    }
    // A pooling of all of a sample has no windows to walk over.
    let mut i = 0;
    while i < N {
        if let Some(Walk::Pool(pooling)) = spots[i].walk
            && (pooling.output_len() == pooling.channels || spots[i].done)
        {
            spots[i].walk = None;
        }
        i += 1;
    }
}

/// Values that are added without care for rounding.
const FEW: usize = 4096;

const fn small(pooling: &Pooling) -> bool {
    pooling.axes[0].taps.saturating_mul(pooling.axes[1].taps) <= FEW
}

/// Where everything lies in an arena of this size, if the first output is at the upper end or at the lower one; how large the arena
/// must be.
const fn place<const N: usize>(
    facts: &[Facts; N],
    spots: &mut [Spot; N],
    leads: &[[usize; 2]; N],
    mut high: bool,
    size: usize,
) -> usize {
    // Whether the current values are at the upper end, and how many.
    high = !high;
    let (mut need, mut len, mut i) = (0, 0, 0);
    while i < N {
        let (last, out) = (i + 1 == N, spots[i].y[1]);
        let scratch = facts[i].infer_scratch;
        spots[i].x = [begin(high, len, size), len];
        if i > 0 && !last && (facts[i].in_place || spots[i].done) {
            spots[i].y = spots[i].x;
            need = max(need, len);
            i += 1;
            continue;
        }
        spots[i].backwards = !high;
        high = !high;
        let written = if last { 0 } else { out };
        need = max(need, max(len + scratch, written));
        need = max(
            need,
            if last {
                0
            } else {
                len + leads[i][!high as usize]
            },
        );
        if spots[i].walk.is_none() {
            need = max(need, len + written + scratch);
        }
        spots[i].y = [begin(high, written, size), written];
        // Between the two.
        let before = if high { len } else { written };
        spots[i].scratch = [before, scratch];
        len = written;
        i += 1;
    }
    need
}

/// Where so many values at an end of an arena begin.
const fn begin(high: bool, len: usize, size: usize) -> usize {
    if high { size.saturating_sub(len) } else { 0 }
}

#[cfg(test)]
mod tests;
