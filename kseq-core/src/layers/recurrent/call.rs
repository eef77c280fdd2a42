//! A call of a recurrent layer: its sizes, its arrays, its masks.

use crate::pool::Pool;

/// The sizes of a call.
#[derive(Clone, Copy)]
pub struct Dims {
    pub batch: usize,
    pub steps: usize,
    pub inputs: usize,
    pub units: usize,
    /// The width of a slab's row.
    pub row: usize,
}

impl Dims {
    /// The values of one step in a slab.
    pub fn step(&self) -> usize {
        self.batch * self.row
    }

    /// The values of the steps in a slab, without the one that is before the first or after the last.
    pub fn all(&self) -> usize {
        self.steps * self.step()
    }
}

/// What dropout multiplies with, the same in all steps; empty if there is none. And which steps are
/// masked: those keep the state and the output of the step before.
#[derive(Clone, Copy)]
pub struct Masks<'a> {
    /// `[gates][batch][inputs]`
    input: &'a [f32],
    /// `[gates][batch][units]`
    pub state: &'a [f32],
    /// One for all gates, or one for each.
    gates: usize,
    /// `[batch][steps]`, 0 where the step is masked; empty if there is no mask.
    tokens: &'a [u32],
    steps: usize,
    backwards: bool,
}

impl<'a> Masks<'a> {
    /// Only of steps, of which the tokens are those of the batch or empty.
    pub fn undropped(tokens: &'a [u32], d: &Dims, backwards: bool) -> Self {
        Masks {
            input: &[],
            state: &[],
            gates: 1,
            tokens,
            steps: d.steps,
            backwards,
        }
    }

    /// The same with those of dropout, so many of each.
    pub fn dropping(self, input: &'a [f32], state: &'a [f32], gates: usize) -> Self {
        Masks {
            input,
            state,
            gates,
            ..self
        }
    }

    /// Whether each gate has masks of its own.
    pub fn apart(&self) -> bool {
        self.gates > 1
    }

    /// Whether the input is dropped.
    pub fn drops_input(&self) -> bool {
        !self.input.is_empty()
    }

    /// What the input of a gate is multiplied with: `[batch][inputs]`, or nothing.
    pub fn input(&self, gate: usize) -> &'a [f32] {
        self.of(self.input, gate)
    }

    /// The same of the state: `[batch][units]`.
    pub fn state(&self, gate: usize) -> &'a [f32] {
        self.of(self.state, gate)
    }

    fn of(&self, all: &'a [f32], gate: usize) -> &'a [f32] {
        let len = all.len() / self.gates.max(1);
        let first = if self.apart() { gate * len } else { 0 };
        all.get(first..)
            .and_then(|rest| rest.get(..len))
            .unwrap_or_default()
    }

    /// Whether there is a mask of steps.
    pub fn any(&self) -> bool {
        !self.tokens.is_empty()
    }

    /// Whether step `t` of sample `b`, in the order of the work, is masked.
    pub fn skips(&self, t: usize, b: usize) -> bool {
        if self.tokens.is_empty() || t >= self.steps {
            return false;
        }
        let t = match self.backwards {
            true => self.steps - 1 - t,
            false => t,
        };
        self.tokens.get(b * self.steps + t) == Some(&0)
    }
}

/// A call of the layer, without generics.
pub struct Call<'a> {
    pub d: Dims,
    /// `(inputs, gates units)`
    pub kernel: &'a [f32],
    /// `(units, gates units)`
    pub recurrent: &'a [f32],
    /// Or empty.
    pub bias: &'a [f32],
    /// Whether the layer gives the outputs of all steps.
    pub sequences: bool,
    /// Whether the last step of the input comes first.
    pub backwards: bool,
    /// Whether a masked step gives zeros.
    pub zeroes: bool,
    pub masks: Masks<'a>,
    pub pool: &'a Pool,
}
