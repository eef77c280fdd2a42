//! The pieces of an attention: projections, the parts of its memory, the places that look at each other.

/// A kernel and its bias: one after the other among the parameters.
pub(super) struct Projection<'a> {
    pub(super) kernel: &'a [f32],
    pub(super) bias: &'a [f32],
}

/// What one projection makes of rows with so many features.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    pub(super) from: usize,
    pub(super) to: usize,
}

/// The memory of a pass, for all samples: queries, keys, values, what the heads give, the gate, what it lets through, the weights
/// of the sums, those after the dropout.
pub(super) struct Parts<T> {
    pub(super) query: T,
    pub(super) key: T,
    pub(super) value: T,
    pub(super) given: T,
    pub(super) gate: T,
    pub(super) gated: T,
    pub(super) weights: T,
    pub(super) dropped: T,
}

impl<T> Parts<T> {
    pub(super) fn of([query, key, value, given, gate, gated, weights, dropped]: [T; 8]) -> Self {
        Parts {
            query,
            key,
            value,
            given,
            gate,
            gated,
            weights,
            dropped,
        }
    }
}

/// The places that look at each other in one head of one sample.
#[derive(Clone, Copy)]
pub(super) struct Group {
    /// The first of their rows among those of all samples.
    pub(super) first: usize,
    pub(super) head: usize,
}
