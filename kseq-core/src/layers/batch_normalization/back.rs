//! The gradients of the parameters, and what that of the input is made with.

use super::affine::{Affine, rectify};
use super::{BatchNormalization, BatchNormalizationParams, shares_of, thirds};
use crate::base::part::{copy, part, split, split_mut};
use crate::kernels::dispatch::DEVICE;
use crate::layer::Ctx;
use crate::layers::masked_moments::Rows;
use crate::layers::moments::Channels;

impl<const C: usize, const G: usize, const B: usize, const R: usize>
    BatchNormalization<C, G, B, R>
{
    /// Scratch memory in training: the sums, and on a host factor and shift of the forward pass.
    pub(super) const ROOM: usize = if DEVICE { 3 * C } else { 5 * C };

    /// The gradients of the parameters, and what an `Undo` takes besides the means: numbers, and whether a `relu` is still to be seen to.
    /// (With a mask `dy` becomes that before it.)
    pub(super) fn gradients<'s>(
        &self,
        p: &BatchNormalizationParams<G, B>,
        (x, dy): (&[f32], &mut [f32]),
        cache: &[f32],
        (channels, masked): (Channels, Option<Rows<'_>>),
        dp: &mut BatchNormalizationParams<G, B>,
        cx: &'s mut Ctx<'_>,
    ) -> ([&'s [f32]; 4], bool) {
        let training = cx.training && cx.trains();
        let (mut relu, pool) = (cx.rectifies(), cx.pool);
        #[cfg(feature = "std")]
        let all_sums = cx.share.sums;
        let (mean, root) = split(part(cache, 0, 2 * C), C);
        let (r, d) = split(part(cache, 2 * C, 2 * R), R);
        let (numbers, sums) = split_mut(cx.scratch, if DEVICE { 0 } else { 2 * C });
        let mut seen: [&[f32]; 2] = [&[]; 2];
        if !DEVICE {
            let [a, b, _] = thirds(numbers, C);
            copy(a, root);
            a.iter_mut().zip(r).for_each(|(a, r)| *a *= r);
            let affine = Affine {
                a: &mut *a,
                b: &mut *b,
                gamma: &p.gamma,
                beta: &p.beta,
                shift: d,
            };
            affine.numbers();
            seen = [a, b];
        }
        let [factor, shift] = seen;
        if !DEVICE && relu && masked.is_some() {
            rectify(&channels, x, dy, [mean, factor, shift], pool);
            relu = false;
        }
        channels.back_sums(x, dy, (mean, relu.then_some(seen)), sums, pool);
        let [plain, moved, a] = thirds(sums, C);
        for (moved, root) in moved.iter_mut().zip(root) {
            *moved *= root;
        }
        if B > 0 {
            copy(&mut dp.beta, plain);
        }
        if G > 0 {
            copy(&mut dp.gamma, moved);
            let renorm = dp.gamma.iter_mut().zip(&*plain).zip(r).zip(d);
            renorm.for_each(|(((gamma, plain), r), d)| *gamma = *gamma * r + plain * d);
        }
        // Mean and variance depend on the input only in training.
        match training {
            true => shares_of(masked, x.len(), C, a),
            false => a.fill(0.0),
        }
        #[cfg(feature = "std")]
        if let (true, true, Some(sums)) = (self.synchronized, training, all_sums) {
            super::synchronized::back(sums, plain, moved, a);
        }
        plain
            .iter_mut()
            .zip(&*a)
            .for_each(|(plain, share)| *plain *= share);
        for ((moved, root), share) in moved.iter_mut().zip(root).zip(&*a) {
            *moved *= share * root;
        }
        if DEVICE {
            copy(a, root);
            a.iter_mut().zip(r).for_each(|(a, r)| *a *= r);
            a.iter_mut()
                .zip(&p.gamma)
                .for_each(|(a, gamma)| *a *= gamma);
        }
        let a = if DEVICE { &*a } else { factor };
        ([a, plain, moved, shift], relu)
    }
}
