//! Axes as Keras counts them: 0 is the batch axis, negative ones count from the end.

use crate::shape::{MAX_RANK, Refusal, Shape};
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
        // (Of a shape that no memory has nobody uses it.)
        n = shape.dim(i).saturating_mul(n);
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

/// The sizes of axes that the input has, in their order in it.
pub const fn sizes(input: Shape, axes: &[isize]) -> Shape {
    let mut sizes = [0; MAX_RANK];
    let (mut count, mut at) = (0, 0);
    while at < input.rank() {
        let mut i = 0;
        while i < axes.len() {
            if let Some(named) = axis(input, axes[i])
                && named == at
                && count < MAX_RANK
            {
                sizes[count] = input.dim(at);
                count += 1;
            }
            i += 1;
        }
        at += 1;
    }
    Shape::new(sizes.split_at(count).0)
}

/// Refuses axes that the input does not have, or has twice.
pub const fn known(layer: &str, input: Shape, axes: &[isize]) -> Option<Refusal> {
    if axes.is_empty() {
        let what = Text::new().str("axis is empty");
        return Some(Refusal::new(what, "leave axis out for the last one").then(input));
    }
    let mut seen = [false; MAX_RANK];
    let mut i = 0;
    while i < axes.len() {
        let Some(at) = axis(input, axes[i]) else {
            return Some(refusal(layer, input, axes[i]));
        };
        if seen[at] {
            let what = signed(Text::new().str("axis names axis "), axes[i]);
            return Some(Refusal::new(what.str(" twice"), "name each axis once").then(input));
        }
        seen[at] = true;
        i += 1;
    }
    None
}

/// The values of a sample in groups: those of a group differ only in their places on some axes.
#[derive(Clone, Copy)]
pub struct Groups {
    /// How many values a group has.
    pub values: usize,
    /// How far apart neighbours of a group are, if all are equally far.
    stride: Option<usize>,
    /// Size and stride of the axes along which a group lies, from the last one on,
    along: [[usize; 2]; MAX_RANK],
    /// and of the others.
    others: [[usize; 2]; MAX_RANK],
    /// How many values a sample has.
    pub sample: usize,
}

impl Groups {
    /// Those along these axes.
    pub const fn of(shape: Shape, axes: &[isize]) -> Self {
        let mut is_along = [false; MAX_RANK];
        let mut i = 0;
        while i < axes.len() {
            if let Some(at) = axis(shape, axes[i]) {
                is_along[at] = true;
            }
            i += 1;
        }
        Groups::along(shape, is_along)
    }

    /// Those along the axes of which this is true.
    pub const fn along(shape: Shape, is_along: [bool; MAX_RANK]) -> Self {
        let (mut along, mut others) = ([[1; 2]; MAX_RANK], [[1; 2]; MAX_RANK]);
        let (mut count, mut rest, mut values, mut sample) = (0, 0, 1, 1);
        let mut stride = Some(1);
        let mut at = shape.rank();
        while at > 0 {
            at -= 1;
            let size = shape.dim(at);
            if is_along[at] {
                if count == 0 {
                    stride = Some(sample);
                } else if along[count - 1][0] * along[count - 1][1] != sample {
                    stride = None;
                }
                along[count] = [size, sample];
                values *= size;
                count += 1;
            } else {
                others[rest] = [size, sample];
                rest += 1;
            }
            sample *= size;
        }
        Groups {
            values,
            stride,
            along,
            others,
            sample,
        }
    }

    /// Whether the values of a group lie side by side, one group behind the other.
    pub const fn are_rows(&self) -> bool {
        matches!(self.stride, Some(1))
    }

    /// How many there are in a sample.
    pub const fn count(&self) -> usize {
        match self.values {
            0 => 0,
            values => self.sample / values,
        }
    }

    /// How many groups have their first values side by side.
    pub const fn run(&self) -> usize {
        side_by_side(&self.others)
    }

    /// How many values of a group lie side by side.
    pub const fn together(&self) -> usize {
        side_by_side(&self.along)
    }

    /// Where a group begins.
    #[inline(always)]
    pub fn start(&self, group: usize) -> usize {
        match self.stride {
            Some(1) => group * self.values,
            _ => place(&self.others, group),
        }
    }

    /// Where a value of a group is, from its beginning.
    #[inline(always)]
    pub fn value(&self, index: usize) -> usize {
        match self.stride {
            Some(stride) => index * stride,
            None => place(&self.along, index),
        }
    }
}

/// How many places follow each other on some axes, from the last one on.
const fn side_by_side(axes: &[[usize; 2]; MAX_RANK]) -> usize {
    let (mut many, mut i) = (1, 0);
    while i < MAX_RANK && axes[i][1] == many {
        many *= axes[i][0];
        i += 1;
    }
    many
}

/// The place of a value on some axes, each with its size and stride.
fn place(axes: &[[usize; 2]; MAX_RANK], mut index: usize) -> usize {
    let mut place = 0;
    for &[size, stride] in axes {
        let size = size.max(1);
        place += index % size * stride;
        index /= size;
    }
    place
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

    #[test]
    fn every_value_is_in_one_group() {
        let shape = Shape::new(&[2, 3, 4, 5]);
        for axes in [
            &[-1][..],
            &[1],
            &[2, 3],
            &[4, 3],
            &[1, 3],
            &[2, 4],
            &[1, 2, 3, 4],
            &[4, 1, 2],
        ] {
            let groups = Groups::of(shape, axes);
            let mut seen = [0; 120];
            for group in 0..groups.count() {
                for value in 0..groups.values {
                    seen[groups.start(group) + groups.value(value)] += 1;
                }
            }
            assert_eq!(seen, [1; 120], "{axes:?}");
        }
        assert!(Groups::of(shape, &[3, 4]).are_rows() && !Groups::of(shape, &[2, 3]).are_rows());
    }
}
