//! Shapes of one sample, and what a shape rule answers.
//!
//! Every layer's shape rule is a `const fn` beside the layer; the [`chain`](crate::chain) of a model asks them.

use crate::text::{Text, TextOf};

/// The highest rank of a sample (without the batch axis).
pub const MAX_RANK: usize = 4;

/// The highest rank of an array of weights: the kernel of a `Conv3D`.
pub const MAX_AXES: usize = 5;

/// What a sample is made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Elem {
    /// `f32` values.
    F32,
    /// `u32` tokens, the input of an `Embedding`.
    U32,
}

/// The shape of one sample: rank 1 to 4, channels last, without the batch axis. Of an array of weights it may have 5 axes.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::shape::Shape;
/// let s = Shape::new(&[28, 28, 1]);
/// assert_eq!((s.rank(), s.len(), s.last()), (3, Some(784), 1));
/// assert_eq!(s.to_string(), "(28, 28, 1)");
/// assert_eq!(Shape::new(&[784]).to_string(), "(784,)");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    elem: Elem,
    rank: usize,
    dims: [usize; MAX_AXES],
}

impl Shape {
    /// The size of an axis whose length comes with the data: Keras's `None`. Only the first axes of a shape can be so.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::shape::Shape;
    /// let sequence = Shape::new(&[Shape::NONE, 16]);
    /// assert_eq!(sequence.to_string(), "(None, 16)");
    /// assert_eq!((sequence.open_axes(), sequence.len()), (1, Some(16)));
    /// assert_eq!(sequence.with_open([80, 1]).to_string(), "(80, 16)");
    /// ```
    // Not what arithmetic that saturates ends with.
    pub const NONE: usize = usize::MAX - 1;

    /// A shape of `f32` values. More axes than a sample can have are reported by [`chain::start`](crate::chain::start).
    #[must_use]
    pub const fn new(dims: &[usize]) -> Self {
        Shape::of(Elem::F32, dims)
    }

    /// A shape of `u32` tokens.
    #[must_use]
    pub const fn tokens(dims: &[usize]) -> Self {
        Shape::of(Elem::U32, dims)
    }

    const fn of(elem: Elem, dims: &[usize]) -> Self {
        let mut d = [0; MAX_AXES];
        let mut i = 0;
        while i < dims.len() && i < MAX_AXES {
            d[i] = dims[i];
            i += 1;
        }
        Shape {
            elem,
            rank: dims.len(),
            dims: d,
        }
    }

    /// What the sample is made of.
    #[must_use]
    pub const fn elem(&self) -> Elem {
        self.elem
    }

    /// The number of axes.
    #[must_use]
    pub const fn rank(&self) -> usize {
        self.rank
    }

    /// The sizes of the axes.
    #[must_use]
    pub fn dims(&self) -> &[usize] {
        self.dims.get(..self.rank).unwrap_or(&self.dims)
    }

    /// The size of an axis; 0 beyond the rank.
    #[must_use]
    pub const fn dim(&self, axis: usize) -> usize {
        if axis < MAX_AXES { self.dims[axis] } else { 0 }
    }

    /// The size of the last axis: the features or channels.
    #[must_use]
    pub const fn last(&self) -> usize {
        if self.rank == 0 {
            0
        } else {
            self.dim(self.rank - 1)
        }
    }

    /// The same shape with another last axis.
    #[must_use]
    pub const fn with_last(mut self, size: usize) -> Self {
        if self.rank > 0 && self.rank <= MAX_AXES {
            self.dims[self.rank - 1] = size;
        }
        self
    }

    /// The same shape with another size of an axis.
    #[must_use]
    pub const fn with_dim(mut self, axis: usize, size: usize) -> Self {
        if axis < self.rank && axis < MAX_AXES {
            self.dims[axis] = size;
        }
        self
    }

    /// `n` of these, one after another: the shape of `[T; n]`.
    #[must_use]
    pub const fn stacked(self, n: usize) -> Self {
        let mut dims = [0; MAX_AXES];
        dims[0] = n;
        let mut i = 0;
        while i + 1 < MAX_AXES && i < self.rank {
            dims[i + 1] = self.dims[i];
            i += 1;
        }
        Shape {
            elem: self.elem,
            rank: self.rank + 1,
            dims,
        }
    }

    /// One of those that lie along the first axis: the inverse of [`stacked`](Self::stacked).
    #[must_use]
    pub const fn unstacked(self) -> Self {
        let [_, a, b, c, d] = self.dims;
        Shape {
            elem: self.elem,
            rank: self.rank.saturating_sub(1),
            dims: [a, b, c, d, 0],
        }
    }

    /// How many of the axes have a length that comes with the data.
    #[must_use]
    pub const fn open_axes(&self) -> usize {
        let (mut open, mut i) = (0, 0);
        while i < self.rank && i < MAX_AXES {
            open += (self.dims[i] == Shape::NONE) as usize;
            i += 1;
        }
        open
    }

    /// Whether the length of this axis comes with the data.
    #[must_use]
    pub const fn is_open(&self, axis: usize) -> bool {
        axis < self.rank && self.dim(axis) == Shape::NONE
    }

    /// Whether the first axes, without the last one, have so many places: those that a mask is of.
    pub(crate) const fn begins_with(&self, places: usize) -> bool {
        let (mut found, mut i) = (1usize, 0);
        while i + 1 < self.rank {
            found = found.saturating_mul(self.dim(i));
            if found == places {
                return true;
            }
            i += 1;
        }
        false
    }

    /// The shape of data whose open axes have these lengths, in their order.
    #[must_use]
    pub const fn with_open(mut self, lengths: [usize; 2]) -> Self {
        let (mut i, mut open) = (0, 0);
        while i < self.rank && i < MAX_AXES {
            if self.dims[i] == Shape::NONE && open < lengths.len() {
                self.dims[i] = lengths[open];
                open += 1;
            }
            i += 1;
        }
        self
    }

    /// The lengths that data of this shape has along its open axes: the inverse of [`with_open`](Self::with_open).
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::shape::Shape;
    /// let sequence = Shape::new(&[Shape::NONE, 16]);
    /// assert_eq!(sequence.lengths_of(&sequence.with_open([80, 1])), [80, 1]);
    /// ```
    #[must_use]
    pub const fn lengths_of(&self, data: &Shape) -> [usize; 2] {
        let (mut lengths, mut i, mut open) = ([1; 2], 0, 0);
        while i < self.rank && i < MAX_AXES {
            if self.dims[i] == Shape::NONE && open < lengths.len() {
                lengths[open] = data.dims[i];
                open += 1;
            }
            i += 1;
        }
        lengths
    }

    /// The number of elements, `None` if it overflows the address space. Axes of any length count as one step.
    #[must_use]
    pub const fn len(&self) -> Option<usize> {
        let mut n = 1usize;
        let mut i = 0;
        while i < self.rank && i < MAX_AXES {
            let size = match self.dims[i] {
                Shape::NONE => 1,
                size => size,
            };
            n = match n.checked_mul(size) {
                Some(n) if n <= isize::MAX as usize / 4 => n,
                _ => return None,
            };
            i += 1;
        }
        Some(n)
    }

    /// Whether a sample has no elements.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        // Not by `len`, which may overflow before it comes to the axis without a size.
        let (mut empty, mut i) = (false, 0);
        while i < self.rank && i < MAX_AXES {
            empty |= self.dims[i] == 0;
            i += 1;
        }
        empty
    }

    /// Whether two shapes are the same (const form of `==`).
    #[must_use]
    pub const fn same(&self, other: &Shape) -> bool {
        let mut i = 0;
        while i < MAX_AXES {
            if self.dims[i] != other.dims[i] {
                return false;
            }
            i += 1;
        }
        self.rank == other.rank && self.elem as u8 == other.elem as u8
    }

    /// The shape as Keras writes it, without the batch axis: `(28, 28, 1)`, `(784,)`.
    #[must_use]
    pub const fn text(&self) -> Text {
        self.text_without([false; MAX_RANK])
    }

    /// The same with a question mark for what is unknown: `(?, ?, 32)`.
    pub(crate) const fn text_without(&self, unknown: [bool; MAX_RANK]) -> Text {
        let mut t = Text::new().str("(");
        let mut i = 0;
        while i < self.rank && i < MAX_AXES {
            t = if i < MAX_RANK && unknown[i] {
                t.str("?")
            } else {
                axis(t, self.dims[i])
            };
            i += 1;
            if i < self.rank {
                t = t.str(", ");
            }
        }
        if self.rank > MAX_AXES {
            t = t.str("...");
        }
        t.str(if self.rank == 1 { ",)" } else { ")" })
    }

    /// Whether only the first axes are open, at most two: as samples can be.
    pub(crate) const fn opens_in_front(&self) -> bool {
        let open = self.open_axes();
        let (mut in_front, mut i) = (open <= 2, 0);
        while i < open {
            in_front = in_front && self.is_open(i);
            i += 1;
        }
        in_front
    }

    /// The type of a sample: `[[f32; 8]; 28]`, `Open<[f32; 16]>`.
    pub(crate) const fn type_text(&self) -> Text {
        let mut step = *self;
        while step.is_open(0) {
            step = step.unstacked();
        }
        match self.rank - step.rank {
            0 => self.array_text(Text::new()),
            1 => step.array_text(Text::new().str("Open<")).str(">"),
            axes => {
                let text = step.array_text(Text::new().str("Open<"));
                text.str(", ").num(axes).str(">")
            }
        }
    }

    const fn array_text(&self, mut text: Text) -> Text {
        let mut axis = 0;
        while axis < self.rank {
            text = text.str("[");
            axis += 1;
        }
        text = text.str(match self.elem {
            Elem::F32 => "f32",
            Elem::U32 => "u32",
        });
        while axis > 0 {
            axis -= 1;
            text = text.str("; ").num(self.dim(axis)).str("]");
        }
        text
    }
}

/// A size, or Keras's word for any.
pub(crate) const fn axis<const N: usize>(text: TextOf<N>, size: usize) -> TextOf<N> {
    match size {
        Shape::NONE => text.str("None"),
        size => text.num(size),
    }
}

impl core::fmt::Display for Shape {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(self.text().as_str())
    }
}

impl core::fmt::Debug for Shape {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(self, f)
    }
}

/// Why a rule refuses its input, and what to change.
#[derive(Clone, Copy, Debug)]
pub struct Refusal {
    /// What was found and what was expected.
    pub what: Text,
    /// What to change.
    pub help: Text,
    /// The output's shape once it is changed, if the rule can tell: with it the layers behind are judged.
    pub then: Option<Shape>,
}

impl Refusal {
    /// A refusal with its remedy.
    #[must_use]
    pub const fn new(what: Text, help: &str) -> Self {
        Refusal {
            what,
            help: Text::new().str(help),
            then: None,
        }
    }

    /// The same, where the output's shape does not depend on what is to be changed; a size of 0 is one that does.
    #[must_use]
    pub const fn then(self, output: Shape) -> Self {
        Refusal {
            then: Some(output),
            ..self
        }
    }

    /// The same, which says the layer: what is asked with the lengths of data stands at no place in the program. Where errors
    /// hold no text nobody would read it.
    #[doc(hidden)]
    #[must_use]
    pub const fn at(self, number: usize, name: &str) -> Self {
        if cfg!(not(feature = "std")) {
            return self;
        }
        let layer = Text::new().str("layer ").num(number).str(" `").str(name);
        Refusal {
            what: layer.str("`: ").str(self.what.as_str()),
            ..self
        }
    }
}

/// The answer of a shape rule: the output's shape, or a refusal.
pub type Rule = Result<Shape, Refusal>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_written_as_its_type() {
        assert_eq!(Shape::new(&[28, 8]).type_text().as_str(), "[[f32; 8]; 28]");
        assert_eq!(Shape::tokens(&[80]).type_text().as_str(), "[u32; 80]");
        let text = |dims: &[usize]| Shape::new(dims).type_text();
        assert_eq!(text(&[Shape::NONE, 16]).as_str(), "Open<[f32; 16]>");
        let image = [Shape::NONE, Shape::NONE, 3];
        assert_eq!(text(&image).as_str(), "Open<[f32; 3], 2>");
        assert_eq!(text(&[Shape::NONE]).as_str(), "Open<f32>");
    }

    #[test]
    fn open_axes_are_the_first() {
        let none = Shape::NONE;
        let in_front = |dims: &[usize]| Shape::new(dims).opens_in_front();
        assert!(in_front(&[3, 4]) && in_front(&[none, 4]) && in_front(&[none, none, 3]));
        assert!(!in_front(&[3, none]) && !in_front(&[none, 3, none]));
        assert!(!in_front(&[none, none, none]));
    }

    #[test]
    fn len_is_none_when_it_overflows() {
        let half = 1 << (usize::BITS / 2);
        assert_eq!(Shape::new(&[half, half]).len(), None);
        assert_eq!(Shape::new(&[3, 4]).len(), Some(12));
    }
}
