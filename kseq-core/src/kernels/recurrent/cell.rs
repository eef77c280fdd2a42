//! The layers whose steps have kernels, with their usual activations: where their gates stand.

use crate::kernels::cache::L1_FLOATS;
use core::ops::Range;

/// A recurrent layer: tanh, and sigmoid for the gates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    /// A row of its slab is i f g o c h.
    Lstm,
    /// A row of its slab is z r p g h, where p is the part of the candidate g that comes from the state: `h U + b'`, or `r h`
    /// if that is reset before the product.
    Gru { reset_after: bool },
    /// A row of its slab is h.
    Simple,
}

impl Cell {
    /// How many kernels of `units` columns lie side by side.
    pub const fn gates(self) -> usize {
        match self {
            Cell::Lstm => 4,
            Cell::Gru { .. } => 3,
            Cell::Simple => 1,
        }
    }

    /// The width of a slab's row, in units. The output is in its last columns.
    pub const fn row(self) -> usize {
        match self {
            Cell::Lstm => 6,
            Cell::Gru { .. } => 5,
            Cell::Simple => 1,
        }
    }

    /// Where the gates' products with the input stand in a slab's row, in units.
    pub const fn of_input(self) -> &'static [usize] {
        match self {
            Cell::Lstm => &[0, 1, 2, 3],
            Cell::Gru { .. } => &[0, 1, 3],
            Cell::Simple => &[0],
        }
    }

    /// The same of neighbours together: which gates, and where the first of them stands.
    pub fn input_runs(self) -> impl Iterator<Item = (Range<usize>, usize)> {
        match self {
            Cell::Lstm => [(0..4, 0), (4..4, 0)],
            Cell::Gru { .. } => [(0..2, 0), (2..3, 3)],
            Cell::Simple => [(0..1, 0), (1..1, 0)],
        }
        .into_iter()
        .filter(|(gates, _)| !gates.is_empty())
    }

    /// How many of the gates, from the first, have products with the state before that stand in a slab's row from its first
    /// column on.
    pub const fn of_state(self) -> usize {
        match self {
            Cell::Gru { reset_after: false } => 2,
            _ => self.gates(),
        }
    }

    /// Whether more than the output goes on to the next step: a memory, before the output in a slab's row.
    pub const fn has_memory(self) -> bool {
        matches!(self, Cell::Lstm)
    }

    /// Whether the sums of a step stay in registers until they are its output.
    pub const fn in_registers(self) -> bool {
        matches!(self, Cell::Lstm | Cell::Gru { reset_after: true })
    }

    /// Whether the products with the input are taken step by step, from `[batch][steps][inputs]` as it is.
    pub const fn takes_input(self, batch: usize, inputs: usize, units: usize) -> bool {
        let terms = inputs + units;
        let few = self.gates() * units * terms <= L1_FLOATS || terms <= 128 && batch >= 24;
        self.in_registers() && few
    }
}
