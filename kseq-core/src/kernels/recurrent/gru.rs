//! What becomes of the sums of a GRU whose candidate is reset after the product: the gates z r, the candidate and the output.

#![allow(unsafe_code)]

use super::raw::{RawSequence, RawStep, SampleRows};
use super::tile::Gates;
use super::units::{load, store};
use crate::kernels::vector::Vector;
use core::hint::black_box;
use core::mem::MaybeUninit;

/// The sums are those of z r, and of the candidate that with the state and that with the input.
pub struct Gru;

impl Gates for Gru {
    const COUNT: usize = 3;
    const INPUT: [usize; 4] = [0, 1, 3, 3];
    const STATE: [usize; 4] = [0, 1, 2, 2];

    #[inline(always)]
    unsafe fn finish<V: Vector, const M: usize, const N: usize, const TAIL: bool>(
        sequence: &RawSequence,
        now: &RawStep,
        b: usize,
        unit: usize,
        sums: &[[[V; 4]; N]; M],
    ) {
        let u = sequence.units;
        // SAFETY: all that is accessed are rows of these samples and columns of these units.
        unsafe {
            let mask = V::mask(u - unit);
            // A copy that a loop can index: the sums are registers.
            let mut copy = MaybeUninit::<[[[V; 4]; N]; M]>::uninit();
            let to: *mut V = copy.as_mut_ptr().cast();
            for (i, sum) in sums.as_flattened().as_flattened().iter().enumerate() {
                to.add(i).write(*sum);
            }
            for (i, rows) in (*black_box(copy.as_mut_ptr())).iter_mut().enumerate() {
                for (v, sums) in rows.iter_mut().enumerate() {
                    let at = unit + v * V::LANES;
                    for (bias, of) in [
                        (sequence.bias, Self::INPUT),
                        (sequence.state_bias, Self::STATE),
                    ] {
                        let Some(bias) = bias else { continue };
                        for gate in 0..Self::COUNT {
                            let bias = load::<V, TAIL>(bias.add(gate * u + at), mask);
                            sums[of[gate]] = sums[of[gate]].add(bias);
                        }
                    }
                    let [z, r, p, g] = *sums;
                    let (z, r) = (z.sigmoid(), r.sigmoid());
                    let g = g.add(r.mul(p));
                    if let Some(SampleRows { data: to, stride }) = now.gates {
                        let to = to.wrapping_add((b + i) * stride + at);
                        for (k, value) in [z, r, p].into_iter().enumerate() {
                            store::<V, TAIL>(value, to.add(k * u), mask);
                        }
                    }
                    // What the loop below needs.
                    (sums[0], sums[3]) = (z, g);
                }
            }
            // A loop of its own, so that the tanh of several vectors overlap.
            for (i, rows) in (*black_box(copy.as_ptr())).iter().enumerate() {
                for (v, [z, .., g]) in rows.iter().enumerate() {
                    let at = unit + v * V::LANES;
                    let g = g.tanh();
                    if let Some(SampleRows { data: to, stride }) = now.gates {
                        let to = to.wrapping_add((b + i) * stride + 3 * u + at);
                        store::<V, TAIL>(g, to, mask);
                    }
                    let before = match now.before {
                        Some(before) => {
                            let SampleRows { data: h, stride } = before.h;
                            load::<V, TAIL>(h.wrapping_add((b + i) * stride + at), mask)
                        }
                        None => g.all(0.0),
                    };
                    let SampleRows { data: h, stride } = now.h;
                    let h = h.wrapping_add((b + i) * stride + at);
                    store::<V, TAIL>(mix(*z, before, g), h, mask);
                }
            }
        }
    }
}

/// h = z h + (1 - z) g
#[inline(always)]
pub fn mix<V: Vector>(z: V, before: V, g: V) -> V {
    z.mul(before).add(z.all(1.0).sub(z).mul(g))
}
