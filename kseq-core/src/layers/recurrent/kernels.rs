//! The calls of a cell whose activations are tanh and sigmoid, by the kernels that there are for it: each function answers
//! whether they took the call.

use super::call::Call;
use super::cell::Memory;
use super::slab::{clear_padding, gather};
use crate::activations::Act;
use crate::base::part::split;
use crate::kernels::gemm::Mat;
use crate::kernels::recurrent::{BackwardSequence, Cell, InitialState, Sequence, suits};

type Skips<'a> = dyn Fn(usize, usize) -> bool + Sync + 'a;

/// The kernels of a cell with these activations, of the candidate and of the gates.
pub const fn kernels_for(
    cell: Cell,
    activation: &Option<Act>,
    gates: &Option<Act>,
) -> Option<Cell> {
    match (activation, gates) {
        (Some(Act::Tanh), Some(Act::Sigmoid)) => Some(cell),
        _ => None,
    }
}

/// The sequence of a call without its input, if there are kernels for it.
fn sequence<'b>(
    call: &'b Call<'b>,
    cell: Option<Cell>,
    skips: &'b Skips<'b>,
) -> Option<Sequence<'b>> {
    let (d, cell) = (&call.d, cell?);
    let drops = !call.masks.state.is_empty() || call.masks.apart();
    let takes = !drops && d.steps > 0 && d.inputs > 0;
    (takes && suits(cell, d.batch, d.units)).then_some(Sequence {
        cell,
        batch: d.batch,
        steps: d.steps,
        inputs: d.inputs,
        units: d.units,
        x: &[],
        by_step: false,
        backwards: call.backwards,
        kernel: call.kernel,
        recurrent: call.recurrent,
        bias: call.bias,
        skips: call.masks.any().then_some(skips),
    })
}

/// The output outside training.
pub fn infer_by_kernel(
    call: &Call<'_>,
    cell: Option<Cell>,
    x: &[f32],
    state: &[f32],
    y: &mut [f32],
    memory: &mut [f32],
) -> bool {
    let skips = |t: usize, b: usize| call.masks.skips(t, b);
    let Some(sequence) = sequence(call, cell, &skips) else {
        return false;
    };
    let arrays = if sequence.cell.has_memory() { 2 } else { 1 };
    let (h, c) = split(state, state.len() / arrays);
    let state = InitialState { h, c };
    Sequence { x, ..sequence }.infer(state, y, call.sequences, memory, call.pool);
    clear_padding(call, y);
    true
}

/// All steps of the slab behind the first one.
pub fn forward_by_kernel(
    call: &Call<'_>,
    cell: Option<Cell>,
    x: &[f32],
    slab: &mut [f32],
    memory: &mut Memory<'_>,
) -> bool {
    let (d, skips) = (&call.d, |t: usize, b: usize| call.masks.skips(t, b));
    let Some(mut sequence) = sequence(call, cell, &skips) else {
        return false;
    };
    sequence.x = x;
    if call.masks.drops_input() || !sequence.cell.takes_input(d.batch, d.inputs, d.units) {
        gather(call, x, 0, memory.by_step);
        (sequence.x, sequence.by_step) = (&*memory.by_step, true);
    }
    sequence.forward(slab, memory.zeros, &mut *memory.room, call.pool);
    true
}

/// The gradients of all steps.
pub fn backward_by_kernel(
    call: &Call<'_>,
    cell: Option<Cell>,
    slab: &[f32],
    dy: &[f32],
    transposed: Mat<'_>,
    (grads, memory): (&mut [f32], &mut [f32]),
) -> bool {
    let (d, skips) = (&call.d, |t: usize, b: usize| call.masks.skips(t, b));
    let Some(cell) = cell else { return false };
    if call.masks.apart() || d.batch == 0 {
        return false;
    }
    let sequence = BackwardSequence {
        cell,
        batch: d.batch,
        steps: d.steps,
        units: d.units,
        slab,
        grads,
        dy,
        sequences: call.sequences,
        transposed,
        dropped: call.masks.state,
        memory,
        skips: call.masks.any().then_some(&skips),
        zeroes: call.zeroes,
    };
    sequence.run(call.pool)
}
