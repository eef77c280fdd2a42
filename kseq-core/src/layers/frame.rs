//! What `ZeroPadding` and `Cropping` share: an image in a frame. Each is the other's gradient.

use crate::base::part::{copy, part, part_mut};
use crate::pool::{Pool, for_samples};
use crate::shape::Shape;

/// Where the small image lies in the large one. A row is a run of values: pixels times channels.
#[derive(Clone, Copy)]
pub struct Frame {
    /// Rows, and values in a row.
    small: [usize; 2],
    large: [usize; 2],
    /// Rows above, and values left of the small image.
    before: [usize; 2],
}

impl Frame {
    /// The frame with `before` rows above and pixels left of the small image. A sequence is an image of
    /// one pixel a row.
    pub const fn new(small: Shape, large: Shape, before: [usize; 2]) -> Self {
        let channels = small.last();
        Frame {
            small: rows(small),
            large: rows(large),
            before: [before[0], before[1] * channels],
        }
    }

    /// Puts every small image into a frame of zeros.
    pub fn pad(&self, small: &[f32], large: &mut [f32], pool: &Pool) {
        let ([n, width], [_, large_width]) = (self.small, self.large);
        let len = self.large[0] * large_width;
        for_samples(pool, large, len, len, |i, large| {
            large.fill(0.0);
            let rows = part(small, i * n * width, n * width).chunks_exact(width.max(1));
            let lines = large
                .chunks_exact_mut(large_width.max(1))
                .skip(self.before[0]);
            for (line, row) in lines.zip(rows) {
                copy(part_mut(line, self.before[1], width), row);
            }
        });
    }

    /// Takes every small image out of its frame.
    pub fn cut(&self, large: &[f32], small: &mut [f32], pool: &Pool) {
        let ([n, width], [large_n, large_width]) = (self.small, self.large);
        let large_len = large_n * large_width;
        for_samples(pool, small, n * width, n * width, |i, small| {
            let lines = part(large, i * large_len, large_len).chunks_exact(large_width.max(1));
            let rows = small.chunks_exact_mut(width.max(1));
            for (row, line) in rows.zip(lines.skip(self.before[0])) {
                copy(row, part(line, self.before[1], width));
            }
        });
    }
}

const fn rows(shape: Shape) -> [usize; 2] {
    match shape.rank() {
        3 => [shape.dim(0), shape.dim(1) * shape.dim(2)],
        _ => [shape.dim(0), shape.dim(1)],
    }
}

/// `((1, 1), (0, 2))`, or `(1, 1)` for one axis.
pub const fn text(margins: &[[usize; 2]]) -> crate::text::Text {
    let mut t = crate::text::Text::new();
    let mut i = 0;
    while i < margins.len() {
        t = t.str(if i > 0 { ", " } else { "" });
        t = t.text(&Shape::new(&margins[i]).text());
        i += 1;
    }
    match margins.len() {
        1 => t,
        _ => crate::text::Text::new().str("(").text(&t).str(")"),
    }
}
