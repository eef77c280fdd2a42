//! The memory of a sample: how much there is of it, and where everything lies.

use crate::base::part::{split, split_mut};
use crate::layers::recurrent::draw;
use crate::rng::{GROUP, Rng};

/// The sizes of a sample.
#[derive(Clone, Copy)]
pub struct Sizes {
    pub steps: usize,
    /// Values of a step of the input.
    pub input: usize,
    /// Values of the state: those of a step of the output.
    pub state: usize,
    pub filters: usize,
    /// Whether an activation keeps its input.
    pub keeps: bool,
    /// Whether there are masks of dropout.
    pub drops: bool,
}

/// What the forward pass leaves of a sample.
pub struct Slab<'a> {
    /// `[steps + 1][state]`: the outputs, behind that of before.
    pub h: &'a [f32],
    /// The same of the cell's memory.
    pub c: &'a [f32],
    /// `[steps][4 state]`: i f g o of each pixel.
    pub z: &'a [f32],
    /// The same before the activations, or nothing.
    pub kept: &'a [f32],
    /// What dropout multiplies each gate's input with, `[4][input]`, or nothing.
    pub of_input: &'a [f32],
    /// The same of the state.
    pub of_state: &'a [f32],
}

/// The same, to be written.
pub struct SlabMut<'a> {
    pub h: &'a mut [f32],
    pub c: &'a mut [f32],
    pub z: &'a mut [f32],
    pub kept: &'a mut [f32],
    pub of_input: &'a mut [f32],
    pub of_state: &'a mut [f32],
    /// See [`Sizes::room`].
    pub room: &'a mut [f32],
}

const fn larger(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

impl Sizes {
    /// For what is dropped: the input or the state, and the gates.
    pub const fn room(&self) -> usize {
        match self.drops {
            true => larger(self.input, self.state) + 4 * self.state,
            false => 0,
        }
    }

    const fn masks(&self) -> usize {
        match self.drops {
            true => 4 * (self.input + self.state),
            false => 0,
        }
    }

    const fn kept(&self) -> usize {
        match self.keeps {
            true => 4 * self.steps * self.state,
            false => 0,
        }
    }

    /// Of the forward pass of training.
    pub const fn cache(&self) -> usize {
        let states = 2 * (self.steps + 1) * self.state + 4 * self.steps * self.state;
        states + self.kept() + self.masks() + self.room()
    }

    /// Of a prediction: the state before and behind a step, and the gates.
    pub const fn infer(&self) -> usize {
        8 * self.state
    }

    /// Of the way back of one sample: the gradients of all gates, and three states.
    pub const fn back(&self) -> usize {
        4 * self.steps * self.state + 3 * self.state + self.room()
    }

    /// Of the way back in all, for each sample: the kernels turned round, and for some samples their way and sums.
    pub const fn scratch(&self, params: usize) -> usize {
        self.back() + 2 * params
    }

    pub fn slab<'a>(&self, cache: &'a [f32]) -> Slab<'a> {
        let (h, rest) = split(cache, (self.steps + 1) * self.state);
        let (c, rest) = split(rest, (self.steps + 1) * self.state);
        let (z, rest) = split(rest, 4 * self.steps * self.state);
        let (kept, rest) = split(rest, self.kept());
        let masks = if self.drops { 4 } else { 0 };
        let (of_input, rest) = split(rest, masks * self.input);
        let (of_state, _) = split(rest, masks * self.state);
        Slab {
            h,
            c,
            z,
            kept,
            of_input,
            of_state,
        }
    }

    pub fn slab_mut<'a>(&self, cache: &'a mut [f32]) -> SlabMut<'a> {
        let (h, rest) = split_mut(cache, (self.steps + 1) * self.state);
        let (c, rest) = split_mut(rest, (self.steps + 1) * self.state);
        let (z, rest) = split_mut(rest, 4 * self.steps * self.state);
        let (kept, rest) = split_mut(rest, self.kept());
        let masks = if self.drops { 4 } else { 0 };
        let (of_input, rest) = split_mut(rest, masks * self.input);
        let (of_state, room) = split_mut(rest, masks * self.state);
        SlabMut {
            h,
            c,
            z,
            kept,
            of_input,
            of_state,
            room,
        }
    }
}

/// How much is dropped, and the numbers that say what.
pub struct Drops<'a> {
    pub noise: &'a Rng,
    /// The samples before these in the batch of which this one is a part.
    pub before: usize,
    pub input: f32,
    pub state: f32,
}

/// The random numbers for the state begin here, in groups.
const STATE: u32 = 1 << 27;

impl Drops<'_> {
    /// The masks of sample `b`: ones where nothing is dropped.
    pub fn draw(&self, b: usize, of_input: &mut [f32], of_state: &mut [f32]) {
        for (mask, rate, first) in [(of_input, self.input, 0), (of_state, self.state, STATE)] {
            let groups = mask.len().div_ceil(GROUP);
            let first = first + ((self.before + b) * groups) as u32;
            match rate > 0.0 {
                true => draw(mask, self.noise, (first, 0), rate),
                false => mask.fill(1.0),
            }
        }
    }
}
