//! The steps of an LSTM, in training and outside of it, and backwards.

use super::{Buffers, Draw, available, cases};
use crate::kernels::dispatch::{Isa, forced};
use crate::kernels::lstm::{BackwardStep, InitialState, Sequence, step_backward, takes_input};
use crate::pool::Pool;

/// So many values between the rows of the output's gradients.
const GAP: usize = 3;

#[test]
fn sequences() {
    let mut draw = Draw(9);
    let units = [1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33];
    for i in 0..cases(150) {
        let (batch, steps) = (draw.of(&[1, 1, 2, 3, 5, 7, 13]), 1 + draw.below(6));
        let (inputs, units) = (1 + draw.below(40), draw.of(&units));
        // Kernels that are copied, and look-ahead: many steps of one or two samples.
        let (batch, steps, units) = match i % 10 {
            0 => (
                1 + draw.below(2),
                64 + draw.below(9),
                draw.of(&[47, 48, 50, 64, 66]),
            ),
            1 => (40, 2, draw.of(&[47, 49])),
            _ => (batch, steps, units),
        };
        check(&mut draw, [batch, steps, inputs, units]);
    }
    // No samples, whose input has no step that a block could begin with.
    check(&mut draw, [0, 97, 5, 50]);
    check(&mut draw, [0, 3, 5, 4]);
}

fn check(draw: &mut Draw, [batch, steps, inputs, units]: [usize; 4]) {
    let n = 4 * units;
    let x = draw.numbers(batch * steps * inputs);
    let (kernel, recurrent) = (draw.numbers(inputs * n), draw.numbers(units * n));
    let bias = draw.if_any(n);
    let state = draw.if_any(2 * batch * units);
    let (sequences, backwards, skips) = (draw.bool(), draw.bool(), draw.below(3) == 0);
    let y = draw.numbers(batch * units * if sequences { steps } else { 1 });
    // As much as a layer has, or enough for copies of the kernels, too.
    let copies = 4 * (units + 16) * (inputs + units) + 2 * 16;
    let memory = batch * (steps * inputs + 6 * (steps + 1) * units);
    let memory = memory + if draw.bool() { copies } else { 0 };
    let memory = draw.numbers(memory);
    let slab = draw.numbers((steps + 1) * batch * 6 * units);
    let skipped = |t: usize, b: usize| skips && (t + b) % 3 == 1;
    for isa in available().filter(|&isa| isa != Isa::Portable) {
        let case = (
            isa,
            [batch, steps, inputs, units],
            (sequences, backwards, skips),
            memory.len(),
        );
        let buffers = Buffers {
            read: &[&x, &kernel, &recurrent, &bias, &state],
            written: &[&y, &slab],
        };
        buffers.everywhere(draw, &case, |read, written| {
            let &[x, kernel, recurrent, bias, state] = read else {
                unreachable!("five");
            };
            let [y, slab] = written else {
                unreachable!("two");
            };
            let sequence = Sequence {
                batch,
                steps,
                inputs,
                units,
                x,
                by_step: false,
                backwards,
                kernel,
                recurrent,
                bias,
                skips: skips.then_some(&skipped),
            };
            let (h, c) = state.split_at(state.len() / 2);
            // (What the memory holds afterwards depends on where it lies.)
            let mut memory = super::Guarded::new(&memory, super::Place::End);
            forced(isa, || {
                let before = InitialState { h, c };
                sequence.infer(before, y, sequences, &mut memory, &Pool::Serial);
                let taken = takes_input(batch, inputs, units);
                let sequence = Sequence {
                    by_step: !taken,
                    backwards: backwards && taken,
                    ..sequence
                };
                sequence.forward(slab, state.is_empty(), &mut memory, &Pool::Serial);
            });
        });
    }
}

#[test]
fn backwards() {
    let mut draw = Draw(10);
    for _ in 0..cases(150) {
        let (m, units) = (draw.below(5), 1 + draw.below(70));
        let len = m * 6 * units;
        let slab = [(); 3].map(|()| draw.numbers(len));
        let now = draw.numbers(len);
        let stride = units + GAP;
        let dy = draw.if_any(match m {
            0 => 0,
            _ => (m - 1) * stride + units,
        });
        for isa in available() {
            let buffers = Buffers {
                read: &[&slab[0], &slab[1], &slab[2], &dy],
                written: &[&now],
            };
            buffers.everywhere(&mut draw, &(isa, m, units, dy.len()), |read, written| {
                let &[values, before, after, dy] = read else {
                    unreachable!("four");
                };
                let step = BackwardStep {
                    units,
                    values,
                    before,
                    after,
                    dy,
                    dy_stride: stride,
                };
                let done = forced(isa, || step_backward(&mut *written[0], &step));
                assert_eq!(done, isa != Isa::Portable);
            });
        }
    }
}
