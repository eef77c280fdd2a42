//! Axes as Keras counts them: 0 is the batch axis, negative ones count from the end.

use crate::shape::{Refusal, Shape};
use crate::text::Text;

/// The axis of a sample, from 0; `None` if there is none.
pub const fn axis(shape: Shape, axis: isize) -> Option<usize> {
    let rank = shape.rank() as isize;
    let axis = match axis {
        0 => return None,
        axis if axis < 0 => axis.saturating_add(rank),
        axis => axis - 1,
    };
    if axis >= 0 && axis < rank {
        Some(axis as usize)
    } else {
        None
    }
}

/// The number of values between neighbours on an axis of a sample.
pub const fn inner(shape: Shape, axis: usize) -> usize {
    let mut n = 1;
    let mut i = axis + 1;
    while i < shape.rank() {
        n *= shape.dim(i);
        i += 1;
    }
    n
}

/// A signed number.
pub const fn signed(t: Text, n: isize) -> Text {
    if n < 0 { t.str("-") } else { t }.num(n.unsigned_abs())
}

/// Refuses an axis that the input does not have.
pub const fn refusal(layer: &str, input: Shape, axis: isize) -> Refusal {
    let what = signed(Text::new().str(layer).str(" over axis "), axis);
    let what = what.str(if axis == 0 {
        ", the batch axis; its input "
    } else {
        " is out of range: its input "
    });
    let what = what
        .text(&super::rules::with_batch(input))
        .str(" has the axes 1");
    let what = match input.rank() {
        1 => what,
        n => what.str(" to ").num(n),
    };
    Refusal::new(
        what,
        "leave axis out for the last one: the features or channels",
    )
    .then(input)
}

/// Refuses an axis of any length (counted from 0), for a layer that has a weight for each of its elements.
pub const fn open(layer: &str, input: Shape, axis: usize) -> Option<Refusal> {
    if !input.is_open(axis) {
        return None;
    }
    let what = Text::new()
        .str(layer)
        .str(" over axis ")
        .num(axis + 1)
        .str(" needs its size, but in its input ")
        .text(&super::rules::with_batch(input))
        .str(" it is of any length (`None`)");
    let help = "leave axis out for the last one: the features or channels, which have a size";
    Some(Refusal::new(what, help).then(input))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_count() {
        let shape = Shape::new(&[4, 5, 6]);
        let known = [-3, -2, -1, 1, 2, 3].map(|n| axis(shape, n));
        assert_eq!(known, [0, 1, 2, 0, 1, 2].map(Some));
        let unknown = [isize::MIN, -4, 0, 4, isize::MAX].map(|n| axis(shape, n));
        assert_eq!(unknown, [None; 5]);
        assert_eq!([0, 1, 2].map(|n| inner(shape, n)), [30, 6, 1]);
    }
}
