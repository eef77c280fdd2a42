//! What becomes of the sums of an LSTM: the gates i f g o, memory and output.

#![allow(unsafe_code)]

use super::raw::{RawSequence, RawState, RawStep, SampleRows};
use super::tile::Gates;
use super::units::{load, store};
use crate::kernels::vector::Vector;
use core::hint::black_box;
use core::mem::MaybeUninit;

/// The sums are those of i f g o.
pub struct Lstm;

impl Gates for Lstm {
    const COUNT: usize = 4;
    const INPUT: [usize; 4] = [0, 1, 2, 3];
    const STATE: [usize; 4] = [0, 1, 2, 3];

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
            // A copy that a loop can index: the sums above are registers.
            let mut copy = MaybeUninit::<[[[V; 4]; N]; M]>::uninit();
            let to: *mut V = copy.as_mut_ptr().cast();
            for (i, sum) in sums.as_flattened().as_flattened().iter().enumerate() {
                to.add(i).write(*sum);
            }
            for (i, rows) in (*black_box(copy.as_mut_ptr())).iter_mut().enumerate() {
                for (v, gates) in rows.iter_mut().enumerate() {
                    let at = unit + v * V::LANES;
                    let mut z = *gates;
                    if let Some(bias) = sequence.bias {
                        for (gate, z) in z.iter_mut().enumerate() {
                            *z = z.add(load::<V, TAIL>(bias.add(gate * u + at), mask));
                        }
                    }
                    let [input, forget, candidate, output] =
                        [z[0].sigmoid(), z[1].sigmoid(), z[2].tanh(), z[3].sigmoid()];
                    if let Some(SampleRows { data: to, stride }) = now.gates {
                        let to = to.wrapping_add((b + i) * stride + at);
                        for (gate, value) in
                            [input, forget, candidate, output].into_iter().enumerate()
                        {
                            store::<V, TAIL>(value, to.add(gate * u), mask);
                        }
                    }
                    let added = input.mul(candidate);
                    let sum = match now.before {
                        Some(RawState { c: Some(c), .. }) => {
                            let before = c.data.wrapping_add((b + i) * c.stride + at);
                            forget.mul_add(load::<V, TAIL>(before, mask), added)
                        }
                        _ => added,
                    };
                    if let Some(SampleRows { data: c, stride }) = now.c {
                        store::<V, TAIL>(sum, c.wrapping_add((b + i) * stride + at), mask);
                    }
                    // What the loop below needs.
                    (gates[0], gates[3]) = (sum, output);
                }
            }
            // A loop of its own, so that the tanh of several vectors overlap.
            for (i, rows) in (*black_box(copy.as_ptr())).iter().enumerate() {
                for (v, [sum, .., output]) in rows.iter().enumerate() {
                    let SampleRows { data: h, stride } = now.h;
                    let h = h.wrapping_add((b + i) * stride + unit + v * V::LANES);
                    store::<V, TAIL>(output.mul(sum.tanh()), h, mask);
                }
            }
        }
    }
}
