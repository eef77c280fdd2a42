//! The steps of recurrent layers, in training and outside of it, and backwards.

use super::{Buffers, Draw, available, cases};
use crate::kernels::dispatch::{Isa, forced};
use crate::kernels::gemm::Mat;
use crate::kernels::recurrent::{BackwardSequence, Cell, InitialState, Sequence};
use crate::pool::Pool;

const CELLS: [Cell; 4] = [
    Cell::Lstm,
    Cell::Gru { reset_after: true },
    Cell::Gru { reset_after: false },
    Cell::Simple,
];

#[test]
fn sequences() {
    let mut draw = Draw(9);
    let units = [1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33];
    // Miri takes only the small ones below.
    for i in 0..if cfg!(miri) { 0 } else { 150 } {
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
        // An LSTM has more kernels than the others.
        let cell = CELLS[(i / 10 % 6) % 4];
        check(&mut draw, cell, [batch, steps, inputs, units]);
    }
    for cell in CELLS {
        check(&mut draw, cell, [2, 2, 3, 9]);
    }
    // No samples, whose input has no step that a block could begin with.
    for cell in CELLS {
        check(&mut draw, cell, [0, 97, 5, 50]);
        check(&mut draw, cell, [0, 3, 5, 4]);
    }
}

fn check(draw: &mut Draw, cell: Cell, [batch, steps, inputs, units]: [usize; 4]) {
    let n = cell.gates() * units;
    let x = draw.numbers(batch * steps * inputs);
    let (kernel, recurrent) = (draw.numbers(inputs * n), draw.numbers(units * n));
    let biases = if cell == (Cell::Gru { reset_after: true }) {
        2
    } else {
        1
    };
    let bias = draw.if_any(biases * n);
    let arrays = if cell.has_memory() { 2 } else { 1 };
    let state = draw.if_any(arrays * batch * units);
    let (sequences, backwards, skips) = (draw.bool(), draw.bool(), draw.below(3) == 0);
    let y = draw.numbers(batch * units * if sequences { steps } else { 1 });
    // As much as a layer has, or enough for copies of the kernels, too.
    let copies = 4 * (units + 16) * (inputs + units) + 2 * 16;
    let memory = batch * (steps * inputs + (cell.row() * (steps + 1) + 1) * units);
    let memory = memory + if draw.bool() { copies } else { 0 };
    let memory = draw.numbers(memory);
    let slab = draw.numbers((steps + 1) * batch * cell.row() * units);
    let skipped = |t: usize, b: usize| skips && (t + b) % 3 == 1;
    for isa in available().filter(|&isa| isa != Isa::Portable) {
        let case = (
            (isa, cell),
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
                cell,
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
            let (h, c) = state.split_at(state.len() / arrays);
            // (What the memory holds afterwards depends on where it lies.)
            let mut memory = super::Guarded::new(&memory, super::Place::End);
            forced(isa, || {
                let before = InitialState { h, c };
                sequence.infer(before, y, sequences, &mut memory, &Pool::Serial);
                let taken = cell.takes_input(batch, inputs, units);
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
    let most = if cfg!(miri) { 17 } else { 70 };
    for i in 0..cases(150).max(CELLS.len()) {
        let cell = CELLS[i % 4];
        let (batch, steps, units) = (draw.below(5), 1 + draw.below(4), 1 + draw.below(most));
        let (sequences, zeroes, skips) = (draw.bool(), draw.bool(), draw.below(3) == 0);
        let len = (steps + 1) * batch * cell.row() * units;
        let (slab, grads) = (draw.numbers(len), draw.numbers(len));
        let dy = draw.numbers(batch * units * if sequences { steps } else { 1 });
        let kernel = draw.numbers(cell.gates() * units * units);
        // As it is stored, or a copy of it transposed.
        let transposed = draw.bool();
        let (dropped, memory) = (draw.if_any(batch * units), draw.numbers(batch * units));
        let skipped = |t: usize, b: usize| (t + b) % 3 == 1;
        for isa in available() {
            let buffers = Buffers {
                read: &[&slab, &dy, &kernel, &dropped],
                written: &[&grads, &memory],
            };
            let case = (isa, cell, [batch, steps, units], skips);
            buffers.everywhere(&mut draw, &case, |read, written| {
                let &[slab, dy, kernel, dropped] = read else {
                    unreachable!("four");
                };
                let [grads, memory] = written else {
                    unreachable!("two");
                };
                let sequence = BackwardSequence {
                    cell,
                    batch,
                    steps,
                    units,
                    slab,
                    grads,
                    dy,
                    sequences,
                    transposed: match transposed {
                        true => Mat::rows(kernel, units),
                        false => Mat::rows(kernel, cell.gates() * units).t(),
                    },
                    dropped,
                    memory,
                    skips: skips.then_some(&skipped),
                    zeroes,
                };
                let done = forced(isa, || sequence.run(&Pool::Serial));
                assert_eq!(done, isa != Isa::Portable);
            });
        }
    }
}
