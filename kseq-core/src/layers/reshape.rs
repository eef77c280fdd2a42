//! `Reshape`: the same values in another shape. Costs nothing: the memory is already in that order. For users:
//! `docs/layers/Reshape.md`.
//!
//! ```
//! use kseq_core::layers::reshape;
//! use kseq_core::shape::Shape;
//! const OUT: Shape = match reshape::shape(Shape::new(&[30]), &[None, Some(5)]) {
//!     Ok(shape) => shape,
//!     Err(_) => panic!(),
//! };
//! assert_eq!(OUT.to_string(), "(6, 5)");
//! ```

use super::rules::{open_axis, same};
use super::same_memory::same_memory;
use crate::shape::{MAX_RANK, Refusal, Rule, Shape};
use crate::text::Text;

/// Gives every sample another shape.
///
/// In a layer list `Reshape(..)`, whose arguments are explained in `kseq::layers::Reshape`.
#[derive(Default)]
pub struct Reshape;

impl Reshape {
    /// The layer.
    #[must_use]
    pub const fn new() -> Self {
        Reshape
    }
}

same_memory!(Reshape);

/// `(-1, 5)`
const fn text(target_shape: &[Option<usize>]) -> Text {
    let mut t = Text::new().str("(");
    let mut i = 0;
    while i < target_shape.len() {
        t = match target_shape[i] {
            Some(size) => t.num(size),
            None => t.str("-1"),
        };
        i += 1;
        if i < target_shape.len() {
            t = t.str(", ");
        }
    }
    t.str(if i == 1 { ",)" } else { ")" })
}

/// The shape rule: `None` is -1.
pub const fn shape(input: Shape, target_shape: &[Option<usize>]) -> Rule {
    if let Err(refusal) = same(input, "Reshape") {
        return Err(refusal);
    }
    let target = Text::new().str("target_shape ").text(&text(target_shape));
    if target_shape.is_empty() || target_shape.len() > MAX_RANK {
        let what = target.str(" has ").num(target_shape.len()).str(" axes");
        let help = "a sample has 1 to 4 axes, the batch axis is not counted";
        return Err(Refusal::new(what, help));
    }
    let (mut unknown, mut known) = (0, Some(1usize));
    let mut i = 0;
    while i < target_shape.len() {
        match (target_shape[i], known) {
            (Some(0), _) => {
                let what = target.str(" has an axis of size 0");
                return Err(Refusal::new(what, "sizes are positive; one may be -1"));
            }
            (Some(size), Some(product)) => known = product.checked_mul(size),
            (Some(_), None) => {}
            (None, _) => unknown += 1,
        }
        i += 1;
    }
    if unknown > 1 {
        let what = Text::new()
            .str("there must be at most one unknown dimension (-1) in ")
            .text(&target);
        return Err(Refusal::new(what, "give all sizes but one"));
    }
    let why = ": they decide how many values there are";
    let help = "put a layer before it that leaves one vector (a global pooling, a recurrent layer without \
                return_sequences), or write TimeDistributed(Reshape(...)) for each step";
    if let Some(refusal) = open_axis("Reshape", input, why, help) {
        return Err(refusal.then(output(target_shape, 0)));
    }
    let (Some(len), Some(known)) = (input.len(), known) else {
        let what = target.str(" is larger than the address space");
        return Err(Refusal::new(what, "use smaller sizes"));
    };
    let what = Text::new()
        .str("the total size must be unchanged: the input ")
        .text(&input.text())
        .str(" has ")
        .num(len)
        .str(" elements, ")
        .text(&target);
    if unknown == 0 && known != len {
        let what = what.str(" has ").num(known);
        let help = "write -1 for one axis: it gets what is left";
        return Err(Refusal::new(what, help).then(output(target_shape, 1)));
    }
    if unknown == 1 && !len.is_multiple_of(known) {
        let what = what.str(" needs a multiple of ").num(known);
        let help = "the known sizes must divide the number of elements";
        return Err(Refusal::new(what, help));
    }
    Ok(output(target_shape, len / known))
}

/// The target with `left` for -1.
const fn output(target_shape: &[Option<usize>], left: usize) -> Shape {
    let mut dims = [0; MAX_RANK];
    let mut i = 0;
    while i < target_shape.len() {
        dims[i] = match target_shape[i] {
            Some(size) => size,
            None => left,
        };
        i += 1;
    }
    Shape::new(dims.split_at(target_shape.len()).0)
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use std::string::{String, ToString};

    fn ask(target: &[Option<usize>]) -> Result<String, String> {
        let rule = shape(Shape::new(&[5, 6]), target);
        rule.map(|shape| shape.to_string())
            .map_err(|refusal| refusal.what.as_str().to_string())
    }

    #[test]
    fn one_axis_may_be_unknown() {
        assert_eq!(ask(&[Some(2), Some(15)]).as_deref(), Ok("(2, 15)"));
        assert_eq!(ask(&[None]).as_deref(), Ok("(30,)"));
        assert_eq!(ask(&[Some(3), None, Some(5)]).as_deref(), Ok("(3, 2, 5)"));
    }

    #[test]
    fn any_length_is_refused() {
        let input = Shape::new(&[Shape::NONE, 16]);
        let then = |target: &[Option<usize>]| shape(input, target).expect_err("is open").then;
        assert_eq!(then(&[Some(4), Some(4)]), Some(Shape::new(&[4, 4])));
        assert_eq!(then(&[None, Some(8)]), Some(Shape::new(&[0, 8])));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let refused = |target, words: &str| {
            let why = ask(target).err().unwrap_or_default();
            assert!(why.contains(words), "{why}");
        };
        refused(&[Some(4), Some(8)], "target_shape (4, 8) has 32");
        refused(
            &[None, Some(4)],
            "target_shape (-1, 4) needs a multiple of 4",
        );
        refused(&[None, Some(5), None], "at most one unknown dimension");
        refused(&[Some(0), None], "size 0");
        refused(&[], "0 axes");
        refused(&[Some(1); 5], "5 axes");
        refused(&[Some(usize::MAX), Some(2)], "address space");
    }
}
