//! The chain of shapes from a model's input to its output, and its mistakes: each at its layer, all in one run.
//!
//! `sequential!` emits two free constants for each layer. One is a [`Link`], which computes the layer's shape and cannot
//! fail; the other reports what was wrong with it. Free constants are evaluated by `cargo check`, so a wrong model fails
//! there, at the span of the layer.
//!
//! Behind a mistake nobody knows the shape. The link then carries several shapes that it could be, far apart, and asks
//! the rules of the following layers for each. Those layers are taken to be right, so a shape that a layer refuses is
//! dropped; only if a layer refuses every one of them, with words in which none of them occurs, is that a mistake of its
//! own. So a mistake neither hides the next one nor invents any.

mod guesses;

use crate::layers::time_distributed::step;
use crate::shape::{Elem, MAX_RANK, Refusal, Rule, Shape};
use crate::text::Text;
use guesses::{Guesses, Trail, filled};

/// One layer of the chain from the input to the output, with its output's shape, or what was wrong.
#[derive(Clone, Copy)]
pub struct Link {
    /// From 1; 0 is the input.
    number: usize,
    name: &'static str,
    shapes: Guesses,
    refusal: Option<Refusal>,
    /// What came before, and this.
    trail: Trail,
}

impl Link {
    const fn input(shapes: Guesses, refusal: Option<Refusal>) -> Self {
        Link {
            number: 0,
            name: "input",
            shapes,
            refusal,
            trail: Trail::from(shapes.seen("input")),
        }
    }

    const fn layer(
        previous: &Link,
        (number, name): (usize, &'static str),
        shapes: Guesses,
        refusal: Option<Refusal>,
    ) -> Self {
        Link {
            number,
            name,
            shapes,
            refusal,
            trail: previous.trail.with(shapes.seen(name)),
        }
    }

    /// The output's shape; behind a mistake one that it could be.
    #[must_use]
    pub const fn shape(&self) -> Shape {
        self.shapes.all[0]
    }

    /// Whether the shape is known. Behind a mistake it may not be.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        self.shapes.count == 1
    }

    /// Whether the shape is known and nothing was wrong with the layer.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.is_known() && self.refusal.is_none()
    }

    /// The shapes up to here: `(784,) -> dense_1 (512,)`; the middle of a long chain is left out.
    #[must_use]
    pub const fn chain(&self) -> Text {
        self.trail.text()
    }

    #[track_caller]
    #[expect(clippy::panic, reason = "in a constant: the error of the compiler")]
    const fn refuse(&self, number: usize, name: &str, r: &Refusal) -> ! {
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
}

/// The chain's beginning: the shape that the first layer declares, of which every size is given.
#[must_use]
pub const fn start(shape: Shape) -> Link {
    begin(shape, 0)
}

/// The same with so many axes of any length (`None`), the first ones.
#[must_use]
pub const fn start_open(shape: Shape, open_axes: usize) -> Link {
    begin(shape, open_axes)
}

const fn begin(shape: Shape, open_axes: usize) -> Link {
    let rank = shape.rank();
    // `Shape::NONE` is a number: as a size it would be larger than any memory.
    let too_large = shape.len().is_none() || shape.open_axes() != open_axes;
    let t = Text::new().str("input_shape ").text(&shape.text());
    let (what, help) = if rank == 0 || rank > MAX_RANK {
        let what = t.str(" has ").num(rank).str(" axes");
        (what, "a sample has 1 to 4, the batch axis is not counted")
    } else if shape.is_empty() {
        (t.str(" has an axis of size 0"), "sizes begin at 1")
    } else if too_large {
        let what = t.str(" is larger than the address space");
        (what, "use smaller sizes")
    } else if rank > 2 && matches!(shape.elem(), Elem::U32) {
        let what = t.str(" of integer tokens has ").num(rank).str(" axes");
        (what, "a sample of tokens has 1 or 2")
    } else {
        return Link::input(Guesses::one(shape), None);
    };
    let shapes = if rank == 0 || rank > MAX_RANK || too_large {
        Guesses::any()
    } else {
        Guesses::one(filled(shape, 0)).with(filled(shape, 1))
    };
    Link::input(shapes, Some(Refusal::new(what, help)))
}

/// The beginning of a model whose input is not understood.
#[must_use]
pub const fn unknown_start() -> Link {
    Link::input(Guesses::any(), None)
}

/// A layer that is not understood.
#[must_use]
pub const fn unknown(previous: &Link, number: usize, name: &'static str) -> Link {
    Link::layer(previous, (number, name), Guesses::any(), None)
}

/// The beginning of the chain of a model that is the layer behind this link.
#[must_use]
pub const fn inside(previous: &Link) -> Link {
    Link {
        refusal: None,
        ..*previous
    }
}

/// Whether such a layer can be asked for its shape: nothing among its own layers is wrong, or they were not asked because it refuses
/// its input itself.
#[must_use]
pub const fn judges(previous: &Link, first: &Link, last: &Link) -> bool {
    last.is_known() || previous.is_known() && !first.is_known()
}

/// The same of one that takes the steps of what this link gives.
#[must_use]
pub const fn steps_inside(previous: &Link) -> Link {
    let shapes = match step(previous.shape()) {
        Ok(each) if previous.is_known() => Guesses::one(each),
        _ => Guesses::any(),
    };
    Link {
        shapes,
        refusal: None,
        trail: previous.trail.with(shapes.seen("each step")),
        ..*previous
    }
}

/// Asks a layer's rule: once, or behind a mistake once for each shape that its input could have.
///
/// ```
/// use kseq_core::chain::{self, Next, Link};
/// use kseq_core::{layers::dense, shape::Shape};
///
/// const INPUT: Link = chain::start(Shape::new(&[784]));
/// const DENSE: Link = {
///     let mut next = Next::after(&INPUT, 1, "dense_1");
///     while let Some(input) = next.input() {
///         next.answer(dense::shape(input, 512));
///     }
///     next.link()
/// };
/// assert_eq!(DENSE.chain().as_str(), "(784,) -> dense_1 (512,)");
/// ```
pub struct Next {
    previous: &'static Link,
    number: usize,
    name: &'static str,
    given: Guesses,
    asked: usize,
    accepted: Guesses,
    /// What would follow if what is refused were mended.
    mended: Guesses,
    /// The refusals of the shapes of one rank: the first, how many, whether all say the same.
    same_rank: Option<(Refusal, usize, bool)>,
    /// What all shapes of a rank are told, and whether it is the only such text.
    told: Option<(Refusal, bool)>,
    /// The declared input without its first axis, once it is asked whether that is meant.
    without_batch: Option<Shape>,
}

impl Next {
    /// The layer with this number (from 1) and name.
    #[must_use]
    pub const fn after(previous: &'static Link, number: usize, name: &'static str) -> Self {
        Next {
            previous,
            number,
            name,
            given: previous.shapes,
            asked: 0,
            accepted: Guesses::NONE,
            mended: Guesses::NONE,
            same_rank: None,
            told: None,
            without_batch: None,
        }
    }

    /// An `input_shape` on a later layer: it is believed where nothing else is known. One with an axis of any length fits
    /// several shapes, of which it names none.
    pub const fn declare(&mut self, shape: Shape) {
        if !self.previous.is_known() && start(shape).refusal.is_none() {
            self.given = Guesses::one(shape);
        }
    }

    /// The next shape to ask for.
    pub const fn input(&mut self) -> Option<Shape> {
        if self.asked < self.given.count {
            self.asked += 1;
            Some(self.given.all[self.asked - 1])
        } else if self.without_batch.is_none()
            && self.refuses_input()
            && batch_may_be_first(&self.given.all[0])
        {
            self.without_batch = Some(self.given.all[0].unstacked());
            self.without_batch
        } else {
            None
        }
    }

    /// Whether it is the model's input that is refused.
    const fn refuses_input(&self) -> bool {
        self.previous.number == 0 && self.given.count == 1 && self.same_rank.is_some()
    }

    /// What the rule says of that shape.
    pub const fn answer(&mut self, rule: Rule) {
        if let Some(sample) = self.without_batch {
            if let (Ok(output), Some((refusal, ..))) = (rule, &mut self.same_rank) {
                let is_open = self.given.all[0].is_open(0);
                let help = Text::new()
                    .str(match is_open {
                        true => {
                            "if `None` is meant for the batch size, leave it out: input_shape = "
                        }
                        false => "the batch size is not part of input_shape: write input_shape = ",
                    })
                    .text(&sample.text());
                refusal.help = match is_open {
                    true => help.str("; else ").text(&refusal.help),
                    false => help,
                };
                // A refusal of any length may know what follows in any case.
                if self.mended.count == 0 || !is_open {
                    self.mended = self.mended.with(output);
                }
            }
            return;
        }
        let asked = self.given.all[self.asked - 1];
        match rule {
            Ok(shape) => match no_sample(&asked, &shape) {
                None => self.accepted = self.accepted.with(shape),
                Some(refusal) => self.refused(refusal),
            },
            Err(refusal) => self.refused(refusal),
        }
    }

    /// What the rule of the user's layer says, which is asked by type and so only of a known shape; `None` if the layer
    /// has no rule for it.
    pub const fn answer_of_type(&mut self, layer: &str, rule: Option<Rule>) {
        let known = self.given.count == 1;
        self.asked = self.given.count;
        match rule {
            Some(rule) if known => self.answer(rule),
            None if known => self.refused(no_rule(layer, self.given.all[0])),
            _ => {}
        }
    }

    const fn refused(&mut self, refusal: Refusal) {
        if let Some(shape) = refusal.then {
            self.mended = self.mended.with(filled(shape, 0)).with(filled(shape, 1));
        }
        let at = self.asked - 1;
        let is_new_rank = at > 0 && self.given.all[at].rank() != self.given.all[at - 1].rank();
        if is_new_rank {
            self.close_rank();
        }
        self.same_rank = Some(match &self.same_rank {
            None => (refusal, 1, true),
            Some((first, count, same)) => {
                let same = *same && first.what.same(&refusal.what);
                (*first, *count + 1, same)
            }
        });
    }

    const fn close_rank(&mut self) {
        if let Some((refusal, count, true)) = self.same_rank
            && (count > 1 || self.given.count == 1)
        {
            let only = match &self.told {
                None => true,
                Some((told, only)) => *only && told.what.same(&refusal.what),
            };
            self.told = Some((refusal, only));
        }
        self.same_rank = None;
    }

    /// The layer's link.
    #[must_use]
    pub const fn link(mut self) -> Link {
        self.close_rank();
        let (shapes, refusal) = if self.accepted.count > 0 {
            (self.accepted, None)
        } else {
            let shapes = match self.mended.count {
                0 => Guesses::any(),
                _ => self.mended,
            };
            let refusal = match self.told {
                Some((refusal, true)) => Some(refusal),
                _ => None,
            };
            (shapes, refusal)
        };
        Link::layer(self.previous, (self.number, self.name), shapes, refusal)
    }
}

/// Whether the first number of a declared shape may be a batch size: before an image, or before a sequence that is no image
/// itself. With `None` it may be one before anything.
const fn batch_may_be_first(input: &Shape) -> bool {
    match input.rank() {
        4 => true,
        2 | 3 if input.is_open(0) => true,
        3 => !matches!(input.last(), 1 | 3 | 4),
        _ => false,
    }
}

/// Refuses an output that no sample can be.
const fn no_sample(input: &Shape, output: &Shape) -> Option<Refusal> {
    let (fits, more) = (
        output.len().is_some(),
        output.open_axes() > input.open_axes(),
    );
    // The words are built only for a refusal: the compiler comes here at each layer.
    let rank = output.rank();
    let is_rank = rank > 0 && rank <= MAX_RANK;
    if is_rank && fits && !more && output.opens_in_front() {
        return None;
    }
    let what = Text::new().str("its output ").text(&output.text());
    Some(if !is_rank {
        let what = what.str(" has ").num(rank).str(" axes");
        Refusal::new(what, "a sample has 1 to 4, the batch axis is not counted")
    } else if !fits {
        let what = what.str(" is larger than the address space");
        Refusal::new(what, "use smaller sizes")
    } else if more {
        let what = what
            .str(" has more axes of any length (`None`) than its input ")
            .text(&input.text());
        let help = "a length comes with the model's input only: give the axis a size";
        Refusal::new(what, help)
    } else {
        let what = what.str(" has an axis of any length (`None`) behind one with a size");
        Refusal::new(what, "put it in front")
    })
}

/// Refuses the type `name`, which has no `ShapeRule` for samples `input`.
const fn no_rule(name: &str, input: Shape) -> Refusal {
    let what = Text::new()
        .str("`")
        .str(name)
        .str("` does not take samples ")
        .text(&input.text())
        .str(": it has no `ShapeRule<")
        .text(&input.type_text())
        .str(">`");
    let help = "implement `ShapeRule` and `Layer` for these samples, or change the layer before";
    Refusal::new(what, help)
}

// Free functions, so that the expansion of `sequential!` calls them by one token, which carries the
// span of the user's layer: an error then underlines the layer, and hovering shows one item.

/// Reports what is wrong with the declared input.
#[track_caller]
#[expect(clippy::panic, reason = "in a constant: the error of the compiler")]
pub const fn input(link: &Link) {
    if let Some(refusal) = &link.refusal {
        let message = Text::new()
            .text(&refusal.what)
            .str("\n  help: ")
            .text(&refusal.help);
        panic!("{}", message.as_str());
    }
}

/// Reports what is wrong with a layer.
#[track_caller]
pub const fn layer(previous: &Link, link: &Link) {
    if let Some(refusal) = &link.refusal {
        previous.refuse(link.number, link.name, refusal);
    }
}

/// Checks an `input_shape` given on a later layer against what the layer before gives.
#[track_caller]
pub const fn agrees(previous: &Link, number: usize, name: &str, declared: Shape) {
    if previous.is_known() && !fits(&previous.shape(), &declared) {
        let (giver, help) = match previous.number {
            0 => ("the input is ", "give the input once"),
            _ => (
                "the layer before gives ",
                "leave input_shape out: only the first layer needs it",
            ),
        };
        let what = Text::new()
            .str("input_shape says ")
            .text(&declared.text())
            .str(", but ")
            .str(giver)
            .text(&previous.shape().text());
        previous.refuse(number, name, &Refusal::new(what, help));
    }
}

/// Whether a shape is as declared: `None` stands for any length.
const fn fits(shape: &Shape, declared: &Shape) -> bool {
    let (mut shape, mut i) = (*shape, 0);
    while i < shape.rank() && i < MAX_RANK {
        if declared.is_open(i) {
            shape = shape.with_dim(i, Shape::NONE);
        }
        i += 1;
    }
    shape.same(declared)
}

/// Checks an `input_length` against the first axis of what the layer gets.
#[track_caller]
pub const fn agrees_length(previous: &Link, number: usize, name: &str, declared: usize) {
    if previous.is_known() && previous.shape().dim(0) != declared {
        let (giver, help) = match previous.number {
            0 => ("the input is ", "give the length once"),
            _ => (
                "the layer before gives ",
                "leave input_length out: only the first layer needs it",
            ),
        };
        let what = Text::new()
            .str("input_length says ")
            .num(declared)
            .str(", but ")
            .str(giver)
            .text(&previous.shape().text());
        previous.refuse(number, name, &Refusal::new(what, help));
    }
}

/// Reports an argument that its layer refuses (a rate outside its range).
#[track_caller]
pub const fn argument(previous: &Link, number: usize, name: &str, refusal: Option<Refusal>) {
    if let Some(refusal) = refusal {
        previous.refuse(number, name, &refusal);
    }
}

#[cfg(test)]
mod tests;
