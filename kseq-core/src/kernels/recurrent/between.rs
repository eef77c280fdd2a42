//! Steps whose products with the state are those of [`gemm`](mod@crate::kernels::gemm), and what is between them: of a simple
//! recurrence, and of a GRU that resets the state before the product.

#![allow(unsafe_code)]

use super::gru::mix;
use super::raw::{RawSequence, RawStep, SampleRows};
use super::units::{EachVector, all, load, store};
use crate::kernels::dispatch::isa;
use crate::kernels::gemm::{Product, micro_kernel};
use crate::kernels::vector::Vector;
use crate::pool::Pool;

/// A matrix: its first element, and how far it is to the next row and to the next column.
#[derive(Clone, Copy)]
pub struct RawMatrix {
    pub data: *const f32,
    pub rs: usize,
    pub cs: usize,
}

/// The product of `m` rows with a matrix of `k` rows and `n` columns, or what is added to `to`, on this thread.
///
/// # Safety
/// All of them are valid for these sizes, and nobody else accesses `to`.
pub unsafe fn product(
    [m, n, k]: [usize; 3],
    rows: SampleRows<*const f32>,
    by: RawMatrix,
    to: SampleRows<*mut f32>,
    accumulate: bool,
) {
    let (a, b) = ((rows.data, rows.stride, 1), (by.data, by.rs, by.cs));
    let product = Product::new([m, n, k], a, b, (to.data, to.stride), accumulate);
    // SAFETY: promised by the caller; the CPU has the instructions that `isa` chooses.
    unsafe { micro_kernel(isa()).run(&product, &Pool::Serial) }
}

impl<P> SampleRows<P> {
    /// The same from another first element on.
    pub fn map<Q>(self, f: impl FnOnce(P) -> Q) -> SampleRows<Q> {
        SampleRows {
            data: f(self.data),
            stride: self.stride,
        }
    }
}

/// The steps of a layer.
pub trait Steps {
    /// A step of samples `first..first + m`.
    ///
    /// # Safety
    /// The sequence is valid for these samples, which are nobody else's, and the CPU has the instructions.
    unsafe fn step<V: Vector>(sequence: &RawSequence, now: &RawStep, first: usize, m: usize);
}

/// The columns of the state's kernel from gate `gate` on.
fn state_kernel(sequence: &RawSequence, gate: usize) -> RawMatrix {
    let kernel = sequence.recurrent;
    RawMatrix {
        data: kernel.data.wrapping_add(gate * kernel.gate),
        rs: kernel.term,
        cs: 1,
    }
}

/// A simple recurrence: h = tanh(x W + h U + b).
pub struct Simple;

struct SimpleRow {
    z: *const f32,
    bias: Option<*const f32>,
    h: *mut f32,
}

impl<V: Vector> EachVector<V> for SimpleRow {
    #[inline(always)]
    unsafe fn vector<const TAIL: bool>(&self, j: usize, mask: V::Mask) {
        // SAFETY: promised by the caller.
        unsafe {
            let mut z: V = load::<V, TAIL>(self.z.add(j), mask);
            if let Some(bias) = self.bias {
                z = z.add(load::<V, TAIL>(bias.add(j), mask));
            }
            store::<V, TAIL>(z.tanh(), self.h.add(j), mask);
        }
    }
}

impl Steps for Simple {
    #[inline(always)]
    unsafe fn step<V: Vector>(sequence: &RawSequence, now: &RawStep, first: usize, m: usize) {
        let u = sequence.units;
        let Some(z) = now.products else { return };
        let row = |b: usize| z.data.wrapping_add(b * z.stride);
        // SAFETY: rows of these samples.
        unsafe {
            if let Some(before) = now.before {
                let h = before.h.map(|h| h.wrapping_add(first * before.h.stride));
                let z = z.map(|_| row(first));
                product([m, u, u], h, state_kernel(sequence, 0), z, true);
            }
            for b in first..first + m {
                let row = SimpleRow {
                    z: row(b),
                    bias: sequence.bias,
                    h: now.h.data.wrapping_add(b * now.h.stride),
                };
                all::<V>(u, &row);
            }
        }
    }
}

/// A GRU that resets the state before the product: g = tanh(x W + b + (r h) U).
pub struct ResetBefore;

/// Where the gates of a sample are, which their values overwrite, and p, h and the h before.
struct ResetRow {
    units: usize,
    bias: Option<*const f32>,
    gates: [*mut f32; 3],
    p: *mut f32,
    before: Option<*const f32>,
    h: *mut f32,
}

/// Until the product: z, r and p.
struct UntilReset<'a>(&'a ResetRow);

/// After it: g and h.
struct AfterReset<'a>(&'a ResetRow);

impl ResetRow {
    /// A gate with its bias.
    ///
    /// # Safety
    /// As for [`EachVector::vector`].
    #[inline(always)]
    unsafe fn gate<V: Vector, const TAIL: bool>(&self, k: usize, j: usize, mask: V::Mask) -> V {
        // SAFETY: promised by the caller.
        unsafe {
            let gate: V = load::<V, TAIL>(self.gates[k].add(j), mask);
            match self.bias {
                Some(bias) => gate.add(load::<V, TAIL>(bias.add(k * self.units + j), mask)),
                None => gate,
            }
        }
    }

    /// # Safety
    /// As for [`EachVector::vector`].
    #[inline(always)]
    unsafe fn before<V: Vector, const TAIL: bool>(&self, j: usize, mask: V::Mask) -> V {
        // SAFETY: promised by the caller.
        unsafe {
            match self.before {
                Some(h) => load::<V, TAIL>(h.add(j), mask),
                None => V::splat(0.0),
            }
        }
    }
}

impl<V: Vector> EachVector<V> for UntilReset<'_> {
    #[inline(always)]
    unsafe fn vector<const TAIL: bool>(&self, j: usize, mask: V::Mask) {
        let row = self.0;
        // SAFETY: promised by the caller.
        unsafe {
            let z: V = row.gate::<V, TAIL>(0, j, mask).sigmoid();
            let r: V = row.gate::<V, TAIL>(1, j, mask).sigmoid();
            store::<V, TAIL>(z, row.gates[0].add(j), mask);
            store::<V, TAIL>(r, row.gates[1].add(j), mask);
            let p = row.before::<V, TAIL>(j, mask).mul(r);
            store::<V, TAIL>(p, row.p.add(j), mask);
        }
    }
}

impl<V: Vector> EachVector<V> for AfterReset<'_> {
    #[inline(always)]
    unsafe fn vector<const TAIL: bool>(&self, j: usize, mask: V::Mask) {
        let row = self.0;
        // SAFETY: promised by the caller.
        unsafe {
            let g: V = row.gate::<V, TAIL>(2, j, mask).tanh();
            store::<V, TAIL>(g, row.gates[2].add(j), mask);
            let z: V = load::<V, TAIL>(row.gates[0].add(j), mask);
            let h = mix(z, row.before::<V, TAIL>(j, mask), g);
            store::<V, TAIL>(h, row.h.add(j), mask);
        }
    }
}

impl Steps for ResetBefore {
    #[inline(always)]
    unsafe fn step<V: Vector>(sequence: &RawSequence, now: &RawStep, first: usize, m: usize) {
        let u = sequence.units;
        let (Some(z), Some(p)) = (now.products, now.reset) else {
            return;
        };
        let of = |b: usize| ResetRow {
            units: u,
            bias: sequence.bias,
            gates: [0, 1, 2].map(|k| z.data.wrapping_add(b * z.stride + sequence.input_at[k])),
            p: p.data.wrapping_add(b * p.stride),
            before: now
                .before
                .map(|before| before.h.data.wrapping_add(b * before.h.stride)),
            h: now.h.data.wrapping_add(b * now.h.stride),
        };
        // SAFETY: rows of these samples.
        unsafe {
            if let Some(before) = now.before {
                let h = before.h.map(|h| h.wrapping_add(first * before.h.stride));
                let z = z.map(|_| of(first).gates[0]);
                product([m, 2 * u, u], h, state_kernel(sequence, 0), z, true);
            }
            for b in first..first + m {
                all::<V>(u, &UntilReset(&of(b)));
            }
            if now.before.is_some() {
                let g = z.map(|_| of(first).gates[2]);
                let p = p.map(|_| of(first).p.cast_const());
                product([m, u, u], p, state_kernel(sequence, 2), g, true);
            }
            for b in first..first + m {
                all::<V>(u, &AfterReset(&of(b)));
            }
        }
    }
}
