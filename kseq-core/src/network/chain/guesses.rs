//! What is known of a sample where the shape may not be: the shapes that it could have, and what a message shows of them.

use crate::shape::{MAX_RANK, Shape};
use crate::text::Text;

/// The shapes that a sample may have: one, or after a mistake several.
#[derive(Clone, Copy)]
pub(super) struct Guesses {
    pub all: [Shape; 2 * MAX_RANK],
    pub count: usize,
}

/// Sizes for the axes that nobody knows. They have many divisors, two of the same place differ, and all shapes have
/// lengths that fit 32 bits.
const SIZES: [[[usize; MAX_RANK]; 2]; MAX_RANK] = [
    [[50_400, 0, 0, 0], [55_440, 0, 0, 0]],
    [[720, 840, 0, 0], [840, 720, 0, 0]],
    [[360, 240, 120, 0], [240, 360, 180, 0]],
    [[60, 48, 36, 24], [48, 60, 24, 36]],
];

impl Guesses {
    pub const NONE: Guesses = Guesses {
        all: [Shape::new(&[]); 2 * MAX_RANK],
        count: 0,
    };

    pub const fn one(shape: Shape) -> Self {
        Guesses::NONE.with(shape)
    }

    /// Samples of any rank.
    pub const fn any() -> Self {
        let mut guesses = Guesses::NONE;
        let mut rank = 1;
        while rank <= MAX_RANK {
            let unknown = Shape::new([0; MAX_RANK].split_at(rank).0);
            guesses = guesses.with(filled(unknown, 0)).with(filled(unknown, 1));
            rank += 1;
        }
        guesses
    }

    /// One more, unless it is there.
    pub const fn with(mut self, shape: Shape) -> Self {
        let mut i = 0;
        while i < self.count {
            if self.all[i].same(&shape) {
                return self;
            }
            i += 1;
        }
        if self.count < self.all.len() {
            self.all[self.count] = shape;
            self.count += 1;
        }
        self
    }

    /// What all have in common.
    pub const fn seen(&self, name: &'static str) -> Seen {
        let shape = self.all[0];
        let (mut same_rank, mut unknown, mut i) = (true, [false; MAX_RANK], 1);
        while i < self.count {
            same_rank &= self.all[i].rank() == shape.rank();
            let mut axis = 0;
            while axis < MAX_RANK {
                unknown[axis] |= self.all[i].dim(axis) != shape.dim(axis);
                axis += 1;
            }
            i += 1;
        }
        Seen {
            name,
            shape,
            same_rank,
            unknown,
        }
    }
}

/// What a message shows of a layer: its name and its output.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    pub name: &'static str,
    pub shape: Shape,
    pub same_rank: bool,
    pub unknown: [bool; MAX_RANK],
}

impl Seen {
    /// `(28, 28)`, `(?, ?, 32)`, `(?)`.
    pub const fn text(&self) -> Text {
        if self.same_rank {
            self.shape.text_without(self.unknown)
        } else {
            Text::new().str("(?)")
        }
    }
}

/// The input and the last layers before a layer. (Not a list of references: whoever evaluates a constant looks at all that
/// it refers to, so that a chain of them would take time with the square of its length.)
#[derive(Clone, Copy)]
pub(super) struct Trail {
    pub input: Seen,
    pub last: [Seen; 6],
    /// How many layers there were, of which the last ones are kept.
    pub count: usize,
}

impl Trail {
    pub const fn from(input: Seen) -> Self {
        Trail {
            input,
            last: [input; 6],
            count: 0,
        }
    }

    pub const fn with(mut self, layer: Seen) -> Self {
        if self.count < self.last.len() {
            self.last[self.count] = layer;
        } else {
            let mut i = 1;
            while i < self.last.len() {
                self.last[i - 1] = self.last[i];
                i += 1;
            }
            self.last[self.last.len() - 1] = layer;
        }
        self.count += 1;
        self
    }

    /// `(784,) -> dense_1 (512,)`; the middle of a long chain is left out.
    pub const fn text(&self) -> Text {
        let mut t = self.input.text();
        let shown = if self.count > self.last.len() {
            t = t.str(" -> ...");
            self.last.len()
        } else {
            self.count
        };
        let mut i = 0;
        while i < shown {
            let layer = &self.last[i];
            t = t.str(" -> ").str(layer.name).str(" ").text(&layer.text());
            i += 1;
        }
        t
    }
}

/// The shape with a size for each axis of size 0.
pub(super) const fn filled(mut shape: Shape, variant: usize) -> Shape {
    let mut axis = 0;
    while axis < shape.rank() && shape.rank() <= MAX_RANK {
        if shape.dim(axis) == 0 {
            shape = shape.with_dim(axis, SIZES[shape.rank() - 1][variant][axis]);
        }
        axis += 1;
    }
    shape
}
