//! The prediction of a speech-sized network in 8 bits, operator by operator.
#![no_std]
#![no_main]

use core::hint::black_box;
use kseq_int8::op::{Axis, Clamp, Conv, Dense, Op, Rows};
use kseq_int8::params::Layout;
use kseq_int8::{run, scratch_len};
use measure::int8::{Block, block, softmax, values};

const CONV: Op = Op::Depthwise(Conv {
    axes: [
        Axis {
            input: 49,
            output: 25,
            kernel: 10,
            stride: 2,
            dilation: 1,
            before: 4,
        },
        Axis {
            input: 40,
            output: 20,
            kernel: 8,
            stride: 2,
            dilation: 1,
            before: 3,
        },
    ],
    channels: 1,
    filters: 8,
    clamp: Clamp::Relu,
});
const DENSE: Op = Op::Dense(Dense {
    rows: 1,
    inputs: 4000,
    outputs: 4,
    clamp: Clamp::None,
});
const SOFTMAX: Op = Op::Softmax(Rows { rows: 1, width: 4 });

static B1: Block<{ Layout::of(&CONV).len() }> = block(&CONV, 80);
static B2: Block<{ Layout::of(&DENSE).len() }> = block(&DENSE, 4000);
static B3: Block<{ Layout::of(&SOFTMAX).len() }> = softmax();
static X: [i8; 1960] = values();
static mut Y: [f32; 4] = [0.0; 4];
static mut A: [i8; 4000] = [0; 4000];
static mut SCRATCH: [i8; scratch_len(&CONV)] = [0; scratch_len(&CONV)];

#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn measured(x: &[i8; 1960]) {
    // SAFETY: one thread, one call at a time.
    let (y, a, scratch) = unsafe {
        (
            &mut *(&raw mut Y),
            &mut *(&raw mut A),
            &mut *(&raw mut SCRATCH),
        )
    };
    let mut q = [0; 4];
    run(&CONV, &B1.0, x, a, scratch);
    run(&DENSE, &B2.0, a, &mut q, &mut []);
    let mut p = [0; 4];
    run(&SOFTMAX, &B3.0, &q, &mut p, &mut []);
    *y = p.map(f32::from);
}

#[measure::entry]
fn main() -> ! {
    measured(black_box(&X));
    // SAFETY: one thread.
    measure::end(black_box(unsafe { &*(&raw const Y) }))
}
