//! A sequence as pointers: where everything is.

#![allow(unsafe_code)]

use super::tile::lanes;

/// Elements of kernels that stay in a first level cache, beside the rest.
pub const NEAR: usize = 1 << 13;

/// Steps of samples for which a kernel is copied.
const USES: usize = 64;

/// From one step and one sample to the next; after `turns` steps it begins again.
#[derive(Clone, Copy)]
pub struct Place {
    pub step: usize,
    pub sample: usize,
    pub turns: usize,
}

impl Place {
    #[inline(always)]
    pub fn at(&self, t: usize, b: usize) -> usize {
        t % self.turns * self.step + b * self.sample
    }
}

/// A kernel of four gates, and how far it is from one vector of units, one gate, one term to the next.
#[derive(Clone, Copy)]
pub struct Columns {
    pub data: *const f32,
    pub vector: usize,
    pub gate: usize,
    pub term: usize,
}

impl Columns {
    /// As it is stored: the vectors side by side.
    pub fn of(kernel: &[f32], units: usize) -> Self {
        Columns {
            data: kernel.as_ptr(),
            vector: lanes(),
            gate: units,
            term: 4 * units,
        }
    }

    /// Copied, so that what one vector of units needs lies together: rows of a large kernel are far apart, and share the
    /// same few places of the first cache. As it is stored if it is small, or used a few times only, or there is no room.
    pub fn copied<'m>(
        kernel: &[f32],
        units: usize,
        uses: usize,
        room: &'m mut [f32],
    ) -> (Self, &'m mut [f32]) {
        let (lanes, terms) = (lanes(), kernel.len() / (4 * units));
        let vector = 4 * lanes * terms;
        let len = units.div_ceil(lanes) * vector;
        // A vector should not lie in two lines of the cache.
        let skipped = room.as_ptr().align_offset(64);
        if kernel.len() <= NEAR || uses < USES || room.len().saturating_sub(skipped) < len {
            return (Self::of(kernel, units), room);
        }
        let (to, room) = room[skipped..].split_at_mut(len);
        for (v, to) in to.chunks_exact_mut(vector).enumerate() {
            let first = v * lanes;
            let some = lanes.min(units - first);
            let rows = kernel.chunks_exact(4 * units);
            for (row, to) in rows.zip(to.chunks_exact_mut(4 * lanes)) {
                let gates = row.chunks_exact(units);
                for (gate, to) in gates.zip(to.chunks_exact_mut(lanes)) {
                    to[..some].copy_from_slice(&gate[first..][..some]);
                }
            }
        }
        let copy = Columns {
            data: to.as_ptr(),
            vector,
            gate: lanes,
            term: 4 * lanes,
        };
        (copy, room)
    }

    /// Of the vector that begins with `unit`.
    #[inline(always)]
    pub fn from(self, unit: usize, lanes: usize) -> Self {
        let data = self.data.wrapping_add(unit / lanes * self.vector);
        Columns { data, ..self }
    }
}

/// A sequence as pointers.
#[derive(Clone, Copy)]
pub struct Walk {
    pub steps: usize,
    pub units: usize,
    /// 0 if the products with the input are there already.
    pub inputs: usize,
    /// The input, and whether its last step comes first.
    pub x: (*const f32, Place, bool),
    pub kernel: Columns,
    pub recurrent: Columns,
    pub bias: Option<*const f32>,
    /// The products with the input.
    pub products: Option<(*mut f32, Place)>,
    /// Where the gates go, if they are kept.
    pub gates: Option<(*mut f32, Place)>,
    pub c: (*mut f32, Place),
    pub h: (*mut f32, Place),
    /// Where the last output goes instead, rows of `units`.
    pub last: Option<*mut f32>,
    /// h and c before the first step, with the distance of their rows.
    pub before: Option<[(*const f32, usize); 2]>,
}

// SAFETY: a `Walk` lives only as long as the borrows of the slices it was made of, and tasks on other threads get samples
// of their own (see `Sequence::run`).
unsafe impl Sync for Walk {}

impl Walk {
    #[inline(always)]
    pub fn turned(&self, t: usize, backwards: bool) -> usize {
        if backwards { self.steps - 1 - t } else { t }
    }

    /// Where the output of a step goes.
    #[inline(always)]
    pub fn output(&self, t: usize, b: usize) -> *mut f32 {
        match self.last {
            Some(y) if t + 1 == self.steps => y.wrapping_add(b * self.units),
            _ => self.h.0.wrapping_add(self.h.1.at(t, b)),
        }
    }

    /// h and c before a step, of sample `b`, if they are not zeros, and the distance to the next sample's h.
    #[inline(always)]
    pub fn state(&self, t: usize, b: usize) -> Option<(*const f32, usize, *const f32)> {
        if t > 0 {
            let c = self.c.0.wrapping_add(self.c.1.at(t - 1, b));
            return Some((self.output(t - 1, b), self.h.1.sample, c));
        }
        self.before.map(|[(h, distance), (c, c_distance)]| {
            let c = c.wrapping_add(b * c_distance);
            (h.wrapping_add(b * distance), distance, c)
        })
    }

    /// State and output of a step are those of the step before.
    ///
    /// # Safety
    /// It is a step and a sample of this sequence.
    pub unsafe fn stay(&self, t: usize, b: usize) {
        let c = self.c.0.wrapping_add(self.c.1.at(t, b));
        for (k, to) in [self.output(t, b), c].into_iter().enumerate() {
            // SAFETY: rows of `units` that do not overlap.
            unsafe {
                match self.state(t, b) {
                    Some((h, _, c)) => [h, c][k].copy_to_nonoverlapping(to, self.units),
                    None => to.write_bytes(0, self.units),
                }
            }
        }
    }
}
