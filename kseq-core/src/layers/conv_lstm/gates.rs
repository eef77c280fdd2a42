//! The gates of all pixels of a step, forth and back: rows i f g o of `filters` values each.

use crate::base::part::{part, part_mut, split_mut};
use crate::kernels::dispatch::simd_fn;
use crate::layers::recurrent::Function;
use crate::math::mul_add;

/// The activations of the gates of each pixel, in their place.
pub fn activate(z: &mut [f32], filters: usize, candidate: Function, others: Function) {
    for z in z.chunks_exact_mut((4 * filters).max(1)) {
        let (gates, rest) = split_mut(z, 2 * filters);
        let (g, o) = split_mut(rest, filters);
        (others.forward)(gates, filters);
        (candidate.forward)(g, filters);
        (others.forward)(o, filters);
    }
}

/// The way back of [`activate`]: from the gradients of the gates, `dz`, to those before the activations. `kept` is empty if
/// they keep no inputs.
pub fn back(
    dz: &mut [f32],
    z: &[f32],
    kept: &[f32],
    filters: usize,
    [candidate, others]: [Function; 2],
) {
    let row = (4 * filters).max(1);
    for (pixel, (dz, z)) in dz
        .chunks_exact_mut(row)
        .zip(z.chunks_exact(row))
        .enumerate()
    {
        let kept = kept.get(pixel * row..(pixel + 1) * row).unwrap_or_default();
        let mut one = |f: Function, at: usize, len: usize| {
            let x = kept.get(at..at + len).unwrap_or_default();
            f.backward(part(z, at, len), x, part_mut(dz, at, len), filters);
        };
        one(others, 0, 2 * filters);
        one(candidate, 2 * filters, filters);
        one(others, 3 * filters, filters);
    }
}

simd_fn! {
    /// c = f c + i g, and the same into h; `before` is the c of before.
    pub fn remember(z: &[f32], before: &[f32], c: &mut [f32], h: &mut [f32], filters: usize) {
        let n = filters.max(1);
        let pixels = c.chunks_exact_mut(n).zip(h.chunks_exact_mut(n)).zip(before.chunks_exact(n));
        for (((c, h), before), z) in pixels.zip(z.chunks_exact(4 * n)) {
            let (i, f, g) = (part(z, 0, n), part(z, n, n), part(z, 2 * n, n));
            let rows = c.iter_mut().zip(h).zip(before).zip(i).zip(f).zip(g);
            for (((((c, h), before), i), f), g) in rows {
                *c = mul_add::<FMA>(*f, *before, i * g);
                *h = *c;
            }
        }
    }
}

simd_fn! {
    /// h *= o
    pub fn open(h: &mut [f32], z: &[f32], filters: usize) {
        let n = filters.max(1);
        for (h, z) in h.chunks_exact_mut(n).zip(z.chunks_exact(4 * n)) {
            for (h, o) in h.iter_mut().zip(part(z, 3 * n, n)) {
                *h *= o;
            }
        }
    }
}

simd_fn! {
    /// From the gradients of c and h to those of the gates, and of the c before in the place of that of c. `tc` is
    /// activation(c).
    pub fn forget(dz: &mut [f32], dc: &mut [f32], dh: &[f32], tc: &[f32], z: &[f32], before: &[f32], filters: usize) {
        let n = filters.max(1);
        let pixels = dz.chunks_exact_mut(4 * n).zip(z.chunks_exact(4 * n)).zip(dc.chunks_exact_mut(n));
        let pixels = pixels.zip(dh.chunks_exact(n)).zip(tc.chunks_exact(n)).zip(before.chunks_exact(n));
        for (((((dz, z), dc), dh), tc), before) in pixels {
            let (di, rest) = split_mut(dz, n);
            let (df, rest) = split_mut(rest, n);
            let (dg, out) = split_mut(rest, n);
            let (i, f, g) = (part(z, 0, n), part(z, n, n), part(z, 2 * n, n));
            let gradients = di.iter_mut().zip(df).zip(dg).zip(out).zip(dc);
            let rows = gradients.zip(dh).zip(tc).zip(before).zip(i).zip(f).zip(g);
            for ((((((((((di, df), dg), out), dc), dh), tc), before), i), f), g) in rows {
                *out = dh * tc;
                *di = *dc * g;
                *df = *dc * before;
                *dg = *dc * i;
                *dc *= f;
            }
        }
    }
}
