//! Which layers a program trains that says so in the layer list, and what memory the gradients of their parameters take.

use super::placement::Placement;

/// The layers from the first on that is not frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trained {
    /// The first layer with parameters that training changes.
    pub first: usize,
    /// The layers, and their parameters, before the first ones for which gradients and slots have memory.
    pub skipped: (usize, usize),
    /// The parameters from there on.
    pub kept: usize,
    /// The parameters of the largest layer whose gradient needs memory where parameters are updated in the backward pass.
    pub largest: usize,
}

impl Trained {
    /// Those of a model: which layers are `frozen`, and whether parameters have penalties, which are told by their place among all.
    #[must_use]
    pub const fn new(placements: &[Placement], frozen: &[bool], penalties: bool) -> Self {
        let (mut all, mut first, mut largest, mut before) = (0, placements.len(), 0, 0);
        let mut i = 0;
        while i < placements.len() {
            let Placement {
                params, streams, ..
            } = placements[i];
            if first == placements.len() && params.1 > 0 && !(i < frozen.len() && frozen[i]) {
                (first, before) = (i, all);
            }
            if first < placements.len() && !streams && params.1 > largest {
                largest = params.1;
            }
            all += params.1;
            i += 1;
        }
        if first == placements.len() {
            before = all;
        }
        let skipped = if penalties { (0, 0) } else { (first, before) };
        Trained {
            first,
            skipped,
            kept: all - skipped.1,
            largest,
        }
    }
}
