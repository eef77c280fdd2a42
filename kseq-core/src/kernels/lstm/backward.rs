//! A step of an LSTM with sigmoid and tanh backwards, between the products: all gradients of a unit in one pass.

#![allow(unsafe_code)]

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use crate::kernels::dispatch::Isa;
use crate::kernels::dispatch::{DEVICE, isa};
#[cfg(target_arch = "aarch64")]
use crate::kernels::vector::Neon;
use crate::kernels::vector::Vector;
#[cfg(target_arch = "x86_64")]
use crate::kernels::vector::{Avx2, Avx512};

/// What a step backwards reads, in rows of 6 `units`: see [`step_backward`].
pub(crate) struct BackwardStep<'a> {
    pub units: usize,
    /// i f g o c h of the step.
    pub values: &'a [f32],
    /// Of the step before.
    pub before: &'a [f32],
    /// The gradients of the step behind, in the same order.
    pub after: &'a [f32],
    /// The gradients of the output of this step, or empty, and how far they are from sample to sample.
    pub dy: &'a [f32],
    pub dy_stride: usize,
}

/// `now` holds in its last columns the gradient of h that came through the products behind; that of the output is added.
/// It gets the gradients of i f g o before their activations, and what goes on to c of the step before. Answers whether this
/// CPU has the instructions; if not, nothing is done.
///
/// # Panics
///
/// When the slices have other sizes.
pub(crate) fn step_backward(now: &mut [f32], step: &BackwardStep<'_>) -> bool {
    if DEVICE {
        return false;
    }
    let row = 6 * step.units;
    let m = now.len() / row.max(1);
    let dy = step.dy;
    let others = [step.values, step.before, step.after];
    assert!(
        now.len() == m * row
            && others.iter().all(|slice| slice.len() == now.len())
            && (dy.is_empty() || m == 0 || dy.len() >= (m - 1) * step.dy_stride + step.units),
        "lstm: sizes differ"
    );
    let all: Option<unsafe fn(&mut [f32], &BackwardStep<'_>)> = match isa() {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => Some(avx512),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => Some(avx2),
        #[cfg(target_arch = "aarch64")]
        Isa::Neon => Some(all::<Neon>),
        _ => None,
    };
    let Some(all) = all else {
        return false;
    };
    // SAFETY: the slices have their sizes, and `isa` answers only what the CPU has.
    unsafe { all(now, step) };
    true
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512bw,avx512dq")]
unsafe fn avx512(now: &mut [f32], step: &BackwardStep<'_>) {
    // SAFETY: promised by the caller.
    unsafe { all::<Avx512>(now, step) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2(now: &mut [f32], step: &BackwardStep<'_>) {
    // SAFETY: promised by the caller.
    unsafe { all::<Avx2>(now, step) }
}

/// # Safety
/// The slices have the sizes that [`step_backward`] checks, and the CPU has the instructions.
#[cfg_attr(
    not(any(target_arch = "x86_64", target_arch = "aarch64")),
    allow(dead_code)
)]
#[inline(always)]
unsafe fn all<V: Vector>(now: &mut [f32], step: &BackwardStep<'_>) {
    let u = step.units;
    for (b, now) in now.chunks_exact_mut(6 * u).enumerate() {
        let at = |slice: &[f32]| slice.as_ptr().wrapping_add(b * 6 * u);
        let (values, before, after) = (at(step.values), at(step.before), at(step.after));
        let dy = step.dy;
        let dy = (!dy.is_empty()).then(|| dy.as_ptr().wrapping_add(b * step.dy_stride));
        let now = now.as_mut_ptr();
        let mut j = 0;
        // SAFETY: columns `j..` of these rows, in whole vectors or those that are left.
        unsafe {
            while j + V::LANES <= u {
                let load = |from: *const f32| V::load(from.add(j));
                unit::<V>(u, values, before, after, dy, now, load, |v, to| {
                    v.store(to.add(j));
                });
                j += V::LANES;
            }
            if j < u {
                let mask = V::mask(u - j);
                let load = |from: *const f32| V::load_some(from.add(j), mask);
                unit::<V>(u, values, before, after, dy, now, load, |v, to| {
                    v.store_some(to.add(j), mask);
                });
            }
        }
    }
}

/// One vector of units.
///
/// # Safety
/// What `load` and `store` do with a column of these rows is allowed.
#[expect(clippy::too_many_arguments, reason = "all inlined")]
#[inline(always)]
unsafe fn unit<V: Vector>(
    u: usize,
    values: *const f32,
    before: *const f32,
    after: *const f32,
    dy: Option<*const f32>,
    now: *mut f32,
    load: impl Fn(*const f32) -> V,
    store: impl Fn(V, *mut f32),
) {
    let column = |from: *const f32, k: usize| load(from.wrapping_add(k * u));
    let mut dh = column(now, 5);
    if let Some(dy) = dy {
        dh = dh.add(load(dy));
    }
    let [i, f, g, o, c] = [0, 1, 2, 3, 4].map(|k| column(values, k));
    let one = dh.all(1.0);
    // The derivatives of tanh and sigmoid from their values.
    let of_tanh = |dy: V, y: V| dy.mul(one.sub(y.mul(y)));
    let of_sigmoid = |dy: V, y: V| dy.mul(y.mul(one.sub(y)));
    let squashed = c.tanh();
    let dc = of_tanh(dh.mul(o), squashed).add(column(after, 4));
    let gradients = [
        of_sigmoid(dc.mul(g), i),
        of_sigmoid(dc.mul(column(before, 4)), f),
        of_tanh(dc.mul(i), g),
        of_sigmoid(squashed.mul(dh), o),
        dc.mul(f),
    ];
    for (k, gradient) in gradients.into_iter().enumerate() {
        store(gradient, now.wrapping_add(k * u));
    }
}
