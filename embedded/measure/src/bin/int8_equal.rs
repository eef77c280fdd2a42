//! Whether the product of this chip is that of plain loops, for kernels of many sizes.
#![no_std]
#![no_main]

use core::hint::black_box;
use kseq_int8::arithmetic::multiply;
use kseq_int8::packing::{padded, place};
use kseq_int8::params::{Params, Zeros};
use kseq_int8::product;

const MOST: usize = 44;

/// How many outputs are not what they should be.
fn wrong(inputs: usize, outputs: usize, next: &mut impl FnMut() -> i32) -> usize {
    let (mut x, mut kernel, mut y) = ([0; 2 * MOST], [0; MOST * MOST], [0; 2 * MOST]);
    let (mut bias, mut multiplier, mut shift) = ([0; MOST], [0; MOST], [0; MOST]);
    x.iter_mut().for_each(|x| *x = next() as i8);
    let wide = padded(inputs);
    for o in 0..outputs {
        for i in 0..inputs {
            kernel[place(inputs, outputs, o, i)] = next() as i8;
        }
        bias[o] = next() >> 18;
        multiplier[o] = (1 << 30) | (next() & 0x3fff_ffff);
        shift[o] = (next() & 15) as i8 - 13;
    }
    let zeros = Zeros {
        input: 0,
        output: -7,
        min: -128,
        max: 100,
    };
    let params = Params {
        bias: &bias[..outputs],
        multiplier: &multiplier[..outputs],
        shift: &shift[..outputs],
        rounding: kseq_int8::params::Rounding::Twice,
        zeros,
        bytes: &kernel[..wide * outputs],
    };
    product(
        &x[..2 * wide],
        wide,
        &params,
        outputs,
        &mut y[..2 * outputs],
    );
    let mut wrong = 0;
    for r in 0..2 {
        for o in 0..outputs {
            let mut sum = bias[o];
            for i in 0..inputs {
                sum += i32::from(x[r * wide + i]) * i32::from(kernel[place(inputs, outputs, o, i)]);
            }
            let out = multiply(sum, multiplier[o], shift[o]) + i32::from(zeros.output);
            wrong += usize::from(i32::from(y[r * outputs + o]) != out.clamp(-128, 100));
        }
    }
    wrong
}

#[measure::entry]
fn main() -> ! {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state ^ state >> 15) as i32
    };
    let mut count = 0;
    for inputs in [1, 3, 4, 7, 16, 25, 44] {
        for outputs in 1..=MOST {
            count += wrong(black_box(inputs), outputs, &mut next);
        }
    }
    measure::end(&[if count == 0 { 0.0 } else { f32::NAN }])
}
