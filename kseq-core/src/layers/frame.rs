//! What `ZeroPadding` and `Cropping` share: a volume in a frame. Each is the other's gradient.

use crate::base::part::{copy, part, part_mut};
use crate::pool::{Pool, for_samples};
use crate::shape::Shape;

/// Where the small volume lies in the large one; an image is a volume of one plane, a sequence an image of one pixel a row. A row is a
/// run of values: pixels times channels.
#[derive(Clone, Copy)]
pub struct Frame {
    /// Planes, rows in a plane, and values in a row.
    small: [usize; 3],
    large: [usize; 3],
    /// Planes and rows before, and values left of the small volume.
    before: [usize; 3],
}

impl Frame {
    /// The frame with so many elements of each axis before the small volume.
    pub const fn new<const N: usize>(small: Shape, large: Shape, before: [usize; N]) -> Self {
        let channels = small.last();
        let mut planes_rows_values = [0; 3];
        let mut i = 0;
        while i < N && i < 3 {
            // A sequence has rows alone.
            planes_rows_values[if N > 2 { i } else { i + 1 }] = before[i];
            i += 1;
        }
        planes_rows_values[2] *= channels;
        Frame {
            small: rows(small),
            large: rows(large),
            before: planes_rows_values,
        }
    }

    /// Puts every small volume into a frame of zeros.
    pub fn pad(&self, small: &[f32], large: &mut [f32], pool: &Pool) {
        let ([planes, n, width], [large_planes, large_n, large_width]) = (self.small, self.large);
        let (len, large_len) = (planes * n * width, large_planes * large_n * large_width);
        for_samples(pool, large, large_len, large_len, |i, large| {
            large.fill(0.0);
            let small = part(small, i * len, len).chunks_exact((n * width).max(1));
            let large = large.chunks_exact_mut((large_n * large_width).max(1));
            for (large, small) in large.skip(self.before[0]).zip(small) {
                let lines = large.chunks_exact_mut(large_width.max(1));
                let rows = small.chunks_exact(width.max(1));
                for (line, row) in lines.skip(self.before[1]).zip(rows) {
                    copy(part_mut(line, self.before[2], width), row);
                }
            }
        });
    }

    /// Takes every small volume out of its frame.
    pub fn cut(&self, large: &[f32], small: &mut [f32], pool: &Pool) {
        let ([planes, n, width], [large_planes, large_n, large_width]) = (self.small, self.large);
        let (len, large_len) = (planes * n * width, large_planes * large_n * large_width);
        for_samples(pool, small, len, len, |i, small| {
            let large = part(large, i * large_len, large_len);
            let large = large.chunks_exact((large_n * large_width).max(1));
            let small = small.chunks_exact_mut((n * width).max(1));
            for (small, large) in small.zip(large.skip(self.before[0])) {
                let lines = large.chunks_exact(large_width.max(1));
                let rows = small.chunks_exact_mut(width.max(1));
                for (row, line) in rows.zip(lines.skip(self.before[1])) {
                    copy(row, part(line, self.before[2], width));
                }
            }
        });
    }
}

const fn rows(shape: Shape) -> [usize; 3] {
    match shape.rank() {
        4 => [shape.dim(0), shape.dim(1), shape.dim(2) * shape.dim(3)],
        3 => [1, shape.dim(0), shape.dim(1) * shape.dim(2)],
        _ => [1, shape.dim(0), shape.dim(1)],
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
