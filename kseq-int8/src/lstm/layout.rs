//! The sizes of an LSTM's block and of its scratch.

use crate::op::Lstm;
use crate::packing::{packed_len, padded};

/// The gates i, f, g, o.
pub(super) const GATES: usize = 4;

/// The ratios: of the gates' inputs, of their states, and of the output.
pub(super) const RATIOS: usize = 2 * GATES + 1;

/// The bytes of an LSTM's block behind its zero points.
pub(crate) const fn bytes(l: &Lstm) -> usize {
    let rows = GATES * l.units;
    2 * 4 * rows
        + 4 * RATIOS
        + RATIOS.next_multiple_of(4)
        + packed_len(l.inputs, rows)
        + packed_len(l.units, rows)
}

/// The scratch: the cell, the state and the next one, and a step of the input with its padding.
pub(crate) const fn scratch_len(l: &Lstm) -> usize {
    2 * l.units + 2 * padded(l.units) + padded(l.inputs)
}
