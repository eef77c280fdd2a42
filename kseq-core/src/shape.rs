//! Shapes of one sample, and the check that turns a refused shape into a compile error.
//!
//! Every layer's shape rule is a `const fn` beside the layer; `sequential!` emits one free `const`
//! item per layer that calls the rule through [`layer`]. Free constants are evaluated by
//! `cargo check`, so a wrong model fails there, at the span of the layer.

use crate::text::Text;

/// The highest rank of a sample (without the batch axis).
pub const MAX_RANK: usize = 4;

/// What a sample is made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Elem {
    /// `f32` values.
    F32,
    /// `u32` tokens, the input of an `Embedding`.
    U32,
}

/// The shape of one sample: rank 1 to 4, channels last, without the batch axis.
///
/// ```
/// use kseq_core::shape::Shape;
/// let s = Shape::new(&[28, 28, 1]);
/// assert_eq!((s.rank(), s.len(), s.last()), (3, Some(784), 1));
/// assert_eq!(s.to_string(), "(28, 28, 1)");
/// assert_eq!(Shape::new(&[784]).to_string(), "(784,)");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    elem: Elem,
    rank: usize,
    dims: [usize; MAX_RANK],
}

impl Shape {
    /// A shape of `f32` values. More than four axes are reported by [`input`].
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
        let mut d = [0; MAX_RANK];
        let mut i = 0;
        while i < dims.len() && i < MAX_RANK {
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

    /// The size of an axis; 0 beyond the rank.
    #[must_use]
    pub const fn dim(&self, axis: usize) -> usize {
        if axis < MAX_RANK { self.dims[axis] } else { 0 }
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
        if self.rank > 0 && self.rank <= MAX_RANK {
            self.dims[self.rank - 1] = size;
        }
        self
    }

    /// The same shape with another size of an axis.
    #[must_use]
    pub const fn with_dim(mut self, axis: usize, size: usize) -> Self {
        if axis < self.rank && axis < MAX_RANK {
            self.dims[axis] = size;
        }
        self
    }

    /// `n` of these, one after another: the shape of `[T; n]`.
    #[must_use]
    pub const fn stacked(self, n: usize) -> Self {
        let mut dims = [0; MAX_RANK];
        dims[0] = n;
        let mut i = 0;
        while i + 1 < MAX_RANK && i < self.rank {
            dims[i + 1] = self.dims[i];
            i += 1;
        }
        Shape {
            elem: self.elem,
            rank: self.rank + 1,
            dims,
        }
    }

    /// The number of elements, `None` if it overflows the address space.
    #[must_use]
    pub const fn len(&self) -> Option<usize> {
        let mut n = 1usize;
        let mut i = 0;
        while i < self.rank && i < MAX_RANK {
            n = match n.checked_mul(self.dims[i]) {
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
        matches!(self.len(), Some(0))
    }

    /// Whether two shapes are the same (const form of `==`).
    #[must_use]
    pub const fn same(&self, other: &Shape) -> bool {
        let mut i = 0;
        while i < MAX_RANK {
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
        let mut t = Text::new().str("(");
        let mut i = 0;
        while i < self.rank && i < MAX_RANK {
            t = t.num(self.dims[i]);
            i += 1;
            if i < self.rank {
                t = t.str(", ");
            }
        }
        if self.rank > MAX_RANK {
            t = t.str("...");
        }
        t.str(if self.rank == 1 { ",)" } else { ")" })
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
}

impl Refusal {
    /// A refusal with its remedy.
    #[must_use]
    pub const fn new(what: Text, help: &str) -> Self {
        Refusal {
            what,
            help: Text::new().str(help),
        }
    }
}

/// The answer of a shape rule: the output's shape, or a refusal.
pub type Rule = Result<Shape, Refusal>;

/// One layer of the chain from the input to the output, with its output's shape.
#[derive(Clone, Copy)]
pub struct Step {
    shape: Shape,
    name: &'static str,
    previous: Option<&'static Step>,
}

impl Step {
    #[track_caller]
    const fn refuse(&'static self, number: usize, name: &'static str, r: &Refusal) -> ! {
        let message = Text::new()
            .str("layer ")
            .num(number)
            .str(" `")
            .str(name)
            .str("`: ")
            .text(&r.what)
            .str("\n  ")
            .text(&self.chain())
            .str(" -> ")
            .str(name)
            .str("\n  help: ")
            .text(&r.help);
        panic!("{}", message.as_str());
    }

    /// The shapes up to here: `(784,) -> dense_1 (512,)`; the middle of a long chain is left out.
    #[must_use]
    pub const fn chain(&'static self) -> Text {
        let mut steps = [self; 6];
        let mut count = 1;
        let mut at = self;
        while let Some(previous) = at.previous {
            if count < steps.len() {
                steps[count] = previous;
            }
            count += 1;
            at = previous;
        }
        let mut t = at.shape.text();
        let mut i = if count > steps.len() {
            t = t.str(" -> ...");
            steps.len()
        } else {
            count - 1
        };
        while i > 0 {
            i -= 1;
            t = t
                .str(" -> ")
                .str(steps[i].name)
                .str(" ")
                .text(&steps[i].shape.text());
        }
        t
    }

    /// The output's shape.
    #[must_use]
    pub const fn shape(&self) -> Shape {
        self.shape
    }
}

// Free functions, so that the expansion of `sequential!` calls them by one token, which carries the
// span of the user's layer: an error then underlines the layer, and hovering shows one item.

/// The chain's beginning: the shape that the first layer declares.
#[track_caller]
#[must_use]
pub const fn input(shape: Shape) -> Step {
    let t = Text::new().str("input_shape ").text(&shape.text());
    let why = if shape.rank == 0 || shape.rank > MAX_RANK {
        t.str(" has ")
            .num(shape.rank)
            .str(" axes; a sample has 1 to 4, the batch axis is not counted")
    } else if shape.is_empty() {
        t.str(" has an axis of size 0; expected positive sizes")
    } else if shape.len().is_none() {
        t.str(" is larger than the address space; use smaller sizes")
    } else {
        Text::new()
    };
    if !why.as_str().is_empty() {
        panic!("{}", why.as_str());
    }
    Step {
        shape,
        name: "input",
        previous: None,
    }
}

/// The next layer: `number` counts from 1, `rule` is what the layer's shape rule answered.
#[track_caller]
#[must_use]
pub const fn layer(previous: &'static Step, number: usize, name: &'static str, rule: Rule) -> Step {
    let shape = match rule {
        Ok(shape) => shape,
        Err(refusal) => previous.refuse(number, name, &refusal),
    };
    if shape.len().is_none() {
        let what = Text::new()
            .str("its output ")
            .text(&shape.text())
            .str(" is larger than the address space");
        previous.refuse(number, name, &Refusal::new(what, "use smaller sizes"));
    }
    Step {
        shape,
        name,
        previous: Some(previous),
    }
}

/// Checks an `input_shape` given on a later layer against what the layer before gives.
#[track_caller]
pub const fn agrees(previous: &'static Step, number: usize, name: &'static str, declared: Shape) {
    if !previous.shape.same(&declared) {
        let what = Text::new()
            .str("input_shape says ")
            .text(&declared.text())
            .str(", but the layer before gives ")
            .text(&previous.shape.text());
        let help = "leave input_shape out: only the first layer needs it";
        previous.refuse(number, name, &Refusal::new(what, help));
    }
}

/// Checks an `input_length` against the first axis of what the layer gets.
#[track_caller]
pub const fn agrees_length(
    previous: &'static Step,
    number: usize,
    name: &'static str,
    declared: usize,
) {
    if previous.shape.dim(0) != declared {
        let (giver, help) = match previous.previous {
            None => ("the input is ", "give the length once"),
            Some(_) => (
                "the layer before gives ",
                "leave input_length out: only the first layer needs it",
            ),
        };
        let what = Text::new()
            .str("input_length says ")
            .num(declared)
            .str(", but ")
            .str(giver)
            .text(&previous.shape.text());
        previous.refuse(number, name, &Refusal::new(what, help));
    }
}

/// Reports an argument that its layer refuses (a rate outside its range).
#[track_caller]
pub const fn argument(
    previous: &'static Step,
    number: usize,
    name: &'static str,
    refusal: Option<Refusal>,
) {
    if let Some(refusal) = refusal {
        previous.refuse(number, name, &refusal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Step = input(Shape::new(&[784]));
    const B: Step = layer(&A, 1, "dense_1", Ok(Shape::new(&[512])));

    #[test]
    fn chain_names_every_layer_with_its_shape() {
        assert_eq!(A.chain().as_str(), "(784,)");
        assert_eq!(B.chain().as_str(), "(784,) -> dense_1 (512,)");
    }

    #[test]
    fn len_is_none_when_it_overflows() {
        assert_eq!(Shape::new(&[1 << 40, 1 << 40]).len(), None);
        assert_eq!(Shape::new(&[3, 4]).len(), Some(12));
    }
}
