//! What is between the products of a step backwards: all gradients of a unit in one pass.

#![allow(unsafe_code)]
#![cfg_attr(
    not(any(target_arch = "x86_64", target_arch = "aarch64")),
    allow(dead_code)
)]

use super::cell::Cell;
use super::raw::SampleRows;
use super::units::{EachVector, all, load, store};
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use crate::kernels::dispatch::Isa;
use crate::kernels::dispatch::isa;
use crate::kernels::vector::Vector;
#[cfg(target_arch = "x86_64")]
use crate::kernels::vector::{Avx2, Avx512};
#[cfg(target_arch = "aarch64")]
use crate::kernels::vector_neon::Neon;

/// Rows of a step backwards, as its slab has them; those of the gradients are in the same order.
#[derive(Clone, Copy)]
pub struct BackStep {
    pub units: usize,
    /// From one sample to the next.
    pub row: usize,
    /// Of the step, and of the step before.
    pub values: *const f32,
    pub before: *const f32,
    /// The gradients of the step behind.
    pub after: *const f32,
    /// Those of the step: the last columns hold what came through the products behind.
    pub now: *mut f32,
    /// The gradients of the output, if it has any.
    pub dy: Option<SampleRows<*const f32>>,
    /// The gradients of `r h`, rows of `units`, and what the state was dropped with.
    pub reset: *const f32,
    pub dropped: Option<*const f32>,
}

/// The gradients of samples `first..first + m`.
pub type GradientKernel = unsafe fn(&BackStep, usize, usize);

/// Those of this CPU, if it has fused multiply-add: of the step, and of what is before the product with `r h`.
pub fn gradient_kernels(cell: Cell) -> Option<(GradientKernel, Option<GradientKernel>)> {
    macro_rules! of_cell {
        ($kernel:ident) => {
            Some(match cell {
                Cell::Lstm => ($kernel::<Lstm>, None),
                Cell::Gru { reset_after: true } => ($kernel::<ResetAfter>, None),
                Cell::Gru { reset_after: false } => {
                    ($kernel::<BehindReset>, Some($kernel::<BeforeReset>))
                }
                Cell::Simple => ($kernel::<Simple>, None),
            })
        };
    }
    match isa() {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => of_cell!(avx512),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => of_cell!(avx2),
        #[cfg(target_arch = "aarch64")]
        Isa::Neon => of_cell!(neon),
        _ => None,
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512bw,avx512dq")]
unsafe fn avx512<G: Gradients>(step: &BackStep, first: usize, m: usize) {
    // SAFETY: promised by the caller.
    unsafe { rows::<Avx512, G>(step, first, m) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2<G: Gradients>(step: &BackStep, first: usize, m: usize) {
    // SAFETY: promised by the caller.
    unsafe { rows::<Avx2, G>(step, first, m) }
}

#[cfg(target_arch = "aarch64")]
unsafe fn neon<G: Gradients>(step: &BackStep, first: usize, m: usize) {
    // SAFETY: promised by the caller.
    unsafe { rows::<Neon, G>(step, first, m) }
}

/// # Safety
/// The rows of these samples are valid, nobody else accesses those that are written, and the CPU has the instructions.
#[inline(always)]
unsafe fn rows<V: Vector, G: Gradients>(step: &BackStep, first: usize, m: usize) {
    for b in first..first + m {
        let (at, units) = (b * step.row, b * step.units);
        let row = Row::<G> {
            units: step.units,
            values: step.values.wrapping_add(at),
            before: step.before.wrapping_add(at),
            after: step.after.wrapping_add(at),
            now: step.now.wrapping_add(at),
            dy: step.dy.map(|dy| dy.data.wrapping_add(b * dy.stride)),
            reset: step.reset.wrapping_add(units),
            dropped: step.dropped.map(|mask| mask.wrapping_add(units)),
            gradients: core::marker::PhantomData,
        };
        // SAFETY: promised by the caller.
        unsafe { all::<V>(step.units, &row) };
    }
}

/// What is done with a vector of units.
trait Gradients: Sized {
    /// # Safety
    /// As for [`EachVector::vector`].
    unsafe fn vector<V: Vector, const TAIL: bool>(row: &Row<Self>, j: usize, mask: V::Mask);
}

/// A row of [`BackStep`].
struct Row<G> {
    units: usize,
    values: *const f32,
    before: *const f32,
    after: *const f32,
    now: *mut f32,
    dy: Option<*const f32>,
    reset: *const f32,
    dropped: Option<*const f32>,
    gradients: core::marker::PhantomData<G>,
}

impl<V: Vector, G: Gradients> EachVector<V> for Row<G> {
    #[inline(always)]
    unsafe fn vector<const TAIL: bool>(&self, j: usize, mask: V::Mask) {
        // SAFETY: promised by the caller.
        unsafe { G::vector::<V, TAIL>(self, j, mask) }
    }
}

impl<G> Row<G> {
    /// A vector of column `k` of a row, counted in units.
    ///
    /// # Safety
    /// As for [`EachVector::vector`].
    #[inline(always)]
    unsafe fn load<V: Vector, const TAIL: bool>(
        &self,
        (row, k): (*const f32, usize),
        j: usize,
        mask: V::Mask,
    ) -> V {
        // SAFETY: promised by the caller.
        unsafe { load::<V, TAIL>(row.wrapping_add(k * self.units + j), mask) }
    }

    /// # Safety
    /// As for [`EachVector::vector`].
    #[inline(always)]
    unsafe fn store<V: Vector, const TAIL: bool>(
        &self,
        value: V,
        k: usize,
        j: usize,
        mask: V::Mask,
    ) {
        // SAFETY: promised by the caller.
        unsafe { store::<V, TAIL>(value, self.now.wrapping_add(k * self.units + j), mask) }
    }

    /// The gradient of the output, which stands in column `k`, with that of the layer's output.
    ///
    /// # Safety
    /// As for [`EachVector::vector`].
    #[inline(always)]
    unsafe fn with_dy<V: Vector, const TAIL: bool>(&self, dh: V, j: usize, mask: V::Mask) -> V {
        match self.dy {
            // SAFETY: promised by the caller.
            Some(dy) => dh.add(unsafe { load::<V, TAIL>(dy.wrapping_add(j), mask) }),
            None => dh,
        }
    }
}

/// Through a tanh with this output.
#[inline(always)]
fn of_tanh<V: Vector>(dy: V, y: V) -> V {
    dy.mul(y.all(1.0).sub(y.mul(y)))
}

/// Through a sigmoid with this output.
#[inline(always)]
fn of_sigmoid<V: Vector>(dy: V, y: V) -> V {
    dy.mul(y.mul(y.all(1.0).sub(y)))
}

/// i f g o before their activations, and what goes on to c of the step before.
struct Lstm;

impl Gradients for Lstm {
    #[inline(always)]
    unsafe fn vector<V: Vector, const TAIL: bool>(row: &Row<Self>, j: usize, mask: V::Mask) {
        // SAFETY: promised by the caller.
        unsafe {
            let at = |from, k| row.load::<V, TAIL>((from, k), j, mask);
            let dh = row.with_dy::<V, TAIL>(at(row.now.cast_const(), 5), j, mask);
            let [i, f, g, o, c] = [0, 1, 2, 3, 4].map(|k| at(row.values, k));
            let squashed = c.tanh();
            let dc = of_tanh(dh.mul(o), squashed).add(at(row.after, 4));
            let gradients = [
                of_sigmoid(dc.mul(g), i),
                of_sigmoid(dc.mul(at(row.before, 4)), f),
                of_tanh(dc.mul(i), g),
                of_sigmoid(squashed.mul(dh), o),
                dc.mul(f),
            ];
            for (k, gradient) in gradients.into_iter().enumerate() {
                row.store::<V, TAIL>(gradient, k, j, mask);
            }
        }
    }
}

/// z r p g before their activations, and what goes on to h of the step before besides the products.
struct ResetAfter;

impl Gradients for ResetAfter {
    #[inline(always)]
    unsafe fn vector<V: Vector, const TAIL: bool>(row: &Row<Self>, j: usize, mask: V::Mask) {
        // SAFETY: promised by the caller.
        unsafe {
            let at = |from, k| row.load::<V, TAIL>((from, k), j, mask);
            let dh = at(row.now.cast_const(), 4).add(at(row.after, 4));
            let dh = row.with_dy::<V, TAIL>(dh, j, mask);
            let [z, r, p, g] = [0, 1, 2, 3].map(|k| at(row.values, k));
            let dz = dh.mul(at(row.before, 4).sub(g));
            let dg = of_tanh(dh.mul(z.all(1.0).sub(z)), g);
            let gradients = [
                of_sigmoid(dz, z),
                of_sigmoid(dg.mul(p), r),
                dg.mul(r),
                dg,
                dh.mul(z),
            ];
            for (k, gradient) in gradients.into_iter().enumerate() {
                row.store::<V, TAIL>(gradient, k, j, mask);
            }
        }
    }
}

/// z and g before their activations, and what goes on to h of the step before besides the products.
struct BehindReset;

impl Gradients for BehindReset {
    #[inline(always)]
    unsafe fn vector<V: Vector, const TAIL: bool>(row: &Row<Self>, j: usize, mask: V::Mask) {
        // SAFETY: promised by the caller.
        unsafe {
            let at = |from, k| row.load::<V, TAIL>((from, k), j, mask);
            let dh = at(row.now.cast_const(), 4).add(at(row.after, 4));
            let dh = row.with_dy::<V, TAIL>(dh, j, mask);
            let [z, g] = [0, 3].map(|k| at(row.values, k));
            let dz = dh.mul(at(row.before, 4).sub(g));
            row.store::<V, TAIL>(of_sigmoid(dz, z), 0, j, mask);
            let dg = of_tanh(dh.mul(z.all(1.0).sub(z)), g);
            row.store::<V, TAIL>(dg, 3, j, mask);
            row.store::<V, TAIL>(dh.mul(z), 4, j, mask);
        }
    }
}

/// r before its activation, and more that goes on to h of the step before.
struct BeforeReset;

impl Gradients for BeforeReset {
    #[inline(always)]
    unsafe fn vector<V: Vector, const TAIL: bool>(row: &Row<Self>, j: usize, mask: V::Mask) {
        // SAFETY: promised by the caller.
        unsafe {
            let at = |from, k| row.load::<V, TAIL>((from, k), j, mask);
            let (r, product) = (at(row.values, 1), at(row.reset, 0));
            let (mut dr, mut dh) = (at(row.before, 4), r);
            if let Some(dropped) = row.dropped {
                let dropped = at(dropped, 0);
                (dr, dh) = (dr.mul(dropped), dh.mul(dropped));
            }
            row.store::<V, TAIL>(of_sigmoid(dr.mul(product), r), 1, j, mask);
            let dh = at(row.now.cast_const(), 4).add(dh.mul(product));
            row.store::<V, TAIL>(dh, 4, j, mask);
        }
    }
}

/// What is before the activation, in the place of the output's gradient.
struct Simple;

impl Gradients for Simple {
    #[inline(always)]
    unsafe fn vector<V: Vector, const TAIL: bool>(row: &Row<Self>, j: usize, mask: V::Mask) {
        // SAFETY: promised by the caller.
        unsafe {
            let dh = row.load::<V, TAIL>((row.now.cast_const(), 0), j, mask);
            let dh = row.with_dy::<V, TAIL>(dh, j, mask);
            let h = row.load::<V, TAIL>((row.values, 0), j, mask);
            row.store::<V, TAIL>(of_tanh(dh, h), 0, j, mask);
        }
    }
}
