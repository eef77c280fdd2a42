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

    /// Whether a kernel of this size should be copied, if there is room.
    pub fn pays(len: usize, uses: usize) -> bool {
        len > NEAR && uses >= USES
    }

    /// The room that a copy needs, wherever it begins.
    pub fn room(terms: usize, units: usize) -> usize {
        units.div_ceil(lanes()) * 4 * lanes() * terms + 16
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
        if !Self::pays(kernel.len(), uses) || room.len().saturating_sub(skipped) < len {
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
    pub before: Option<[Lines<*const f32>; 2]>,
}

// SAFETY: a `Walk` lives only as long as the borrows of the slices it was made of, and tasks on other threads get samples
// of their own (see `Sequence::run`).
unsafe impl Sync for Walk {}

/// The first element of sample 0, and how far it is to that of the next sample.
type Lines<P> = (P, usize);

/// Where a step finds and leaves everything.
pub struct Now {
    /// Whether its number is odd.
    pub odd: bool,
    pub x: Lines<*const f32>,
    pub products: Option<Lines<*mut f32>>,
    pub gates: Option<Lines<*mut f32>>,
    pub h: Lines<*mut f32>,
    pub c: Lines<*mut f32>,
    /// h and c before the step, if they are not zeros.
    pub before: Option<[Lines<*const f32>; 2]>,
}

impl Walk {
    pub fn step(&self, t: usize) -> Now {
        let at = |(data, place): (*mut f32, Place), t: usize| {
            (
                data.wrapping_add(t % place.turns * place.step),
                place.sample,
            )
        };
        let (x, place, backwards) = self.x;
        let turned = if backwards { self.steps - 1 - t } else { t };
        Now {
            odd: !t.is_multiple_of(2),
            x: at((x.cast_mut(), place), turned).into_const(),
            products: self.products.map(|z| at(z, t)),
            gates: self.gates.map(|gates| at(gates, t)),
            h: match self.last {
                Some(y) if t + 1 == self.steps => (y, self.units),
                _ => at(self.h, t),
            },
            c: at(self.c, t),
            before: match t.checked_sub(1) {
                Some(t) => Some([at(self.h, t), at(self.c, t)].map(Const::into_const)),
                None => self.before,
            },
        }
    }

    /// State and output of a step are those of the step before.
    ///
    /// # Safety
    /// It is a step and a sample of this sequence.
    pub unsafe fn stay(&self, now: &Now, b: usize) {
        for (k, (to, distance)) in [now.h, now.c].into_iter().enumerate() {
            let to = to.wrapping_add(b * distance);
            // SAFETY: rows of `units` that do not overlap.
            unsafe {
                match now.before {
                    Some(before) => {
                        let (from, distance) = before[k];
                        from.wrapping_add(b * distance)
                            .copy_to_nonoverlapping(to, self.units);
                    }
                    None => to.write_bytes(0, self.units),
                }
            }
        }
    }
}

trait Const {
    fn into_const(self) -> Lines<*const f32>;
}

impl Const for Lines<*mut f32> {
    fn into_const(self) -> Lines<*const f32> {
        (self.0.cast_const(), self.1)
    }
}
