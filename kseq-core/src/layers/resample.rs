//! Images at another size: the weights by which values of an axis become one, for each of Keras's interpolations, and the sums over rows
//! and columns. What layers make of it is in `resizing.rs`.
//!
//! The weights are those of TensorFlow: half of a pixel is its centre, and at the borders the weights of what is there come to 1. Each
//! axis has a table of them in scratch memory.

use crate::base::part::{part, part_mut, rows, rows_mut, value};
use crate::kernels::dispatch::simd_fn;
use crate::math;

/// How values between pixels come about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Interpolation {
    /// The nearest pixel.
    Nearest,
    /// Between the two neighbours on each axis.
    Bilinear,
    /// A cubic through four of them (Keys).
    Bicubic,
    /// A windowed sinc over three pixels on each side.
    Lanczos3,
    /// The same over five.
    Lanczos5,
    /// The average of the area that becomes a pixel.
    Area,
}

impl Interpolation {
    /// How many pixels on each side it looks at.
    #[must_use]
    pub const fn radius(self) -> usize {
        match self {
            Interpolation::Nearest => 0,
            Interpolation::Bilinear | Interpolation::Area => 1,
            Interpolation::Bicubic => 2,
            Interpolation::Lanczos3 => 3,
            Interpolation::Lanczos5 => 5,
        }
    }

    /// The weight of what is so far away.
    fn weight(self, distance: f32) -> f32 {
        let x = distance.abs();
        match self {
            Interpolation::Lanczos3 => lanczos(x, 3.0),
            Interpolation::Lanczos5 => lanczos(x, 5.0),
            Interpolation::Bicubic if x >= 2.0 => 0.0,
            Interpolation::Bicubic if x >= 1.0 => ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0,
            Interpolation::Bicubic => ((1.5 * x - 2.5) * x) * x + 1.0,
            _ => (1.0 - x).max(0.0),
        }
    }
}

fn lanczos(x: f32, radius: f32) -> f32 {
    use core::f32::consts::PI;
    if x > radius {
        return 0.0;
    }
    if x <= 1e-3 {
        return 1.0;
    }
    let ([a, _], [b, _]) = (math::sin_cos(PI * x), math::sin_cos(PI * x / radius));
    radius * a * b / (PI * PI * x * x)
}

/// An axis of images before and behind.
#[derive(Clone, Copy)]
pub struct Axis {
    /// The pixels that there are.
    pub input: usize,
    /// Of them the first one that is looked at; negative if there is a border before it.
    pub begin: isize,
    /// How many are looked at, those of the borders, too.
    pub size: usize,
    pub output: usize,
}

/// What stands before the weights of an output: the first pixel, how many there are, and what their weights come to.
const HEAD: usize = 3;

impl Axis {
    /// The most pixels that become one.
    pub const fn taps(&self, radius: usize) -> usize {
        let output = if self.output == 0 { 1 } else { self.output };
        let reach = (radius * self.size).div_ceil(output);
        let taps = 2 * if reach > radius { reach } else { radius } + 2;
        if taps < self.input { taps } else { self.input }
    }

    /// The length of its table.
    pub const fn table(&self, radius: usize) -> usize {
        self.output * (HEAD + self.taps(radius))
    }

    /// Writes the weights of each output.
    pub fn fill(&self, table: &mut [f32], how: Interpolation, antialias: bool) {
        let taps = self.taps(how.radius());
        for (output, row) in rows_mut(table, HEAD + taps).enumerate() {
            row.fill(0.0);
            let begin = self.begin;
            let mut first = None;
            let (mut count, mut sum) = (0, 0.0);
            let total = self.each(output, how, antialias, |_, _| {});
            let factor = match total.abs() >= 1000.0 * f32::MIN_POSITIVE {
                true => 1.0 / total,
                false => 0.0,
            };
            self.each(output, how, antialias, |pixel, weight| {
                let place = pixel as isize + begin;
                if place < 0 || place >= self.input as isize {
                    return;
                }
                let at = (place - *first.get_or_insert(place)) as usize;
                if let Some(to) = row.get_mut(HEAD + at) {
                    *to += weight * factor;
                    count = at + 1;
                    sum += weight * factor;
                }
            });
            if let [a, b, c, ..] = row {
                [*a, *b, *c] = [first.unwrap_or(0) as f32, count as f32, sum];
            }
        }
    }

    /// Calls `f` with each pixel in ascending order and its weight, before the weights are made to come to 1; returns their sum.
    fn each(
        &self,
        output: usize,
        how: Interpolation,
        antialias: bool,
        mut f: impl FnMut(usize, f32),
    ) -> f32 {
        let scale = self.size as f32 / self.output as f32;
        let centre = (output as f32 + 0.5) * scale;
        let last = self.size.saturating_sub(1);
        let bound = |pixel: f32| (pixel.max(0.0) as usize).min(last);
        let mut sum = 0.0;
        let mut add = |pixel: usize, weight: f32| {
            sum += weight;
            f(pixel, weight);
        };
        match how {
            Interpolation::Nearest => add(bound(centre), 1.0),
            Interpolation::Area => {
                let (from, to) = (output as f32 * scale, (output + 1) as f32 * scale);
                let mut pixel = math::floor(from);
                while pixel < to {
                    add(bound(pixel), (pixel + 1.0).min(to) - pixel.max(from));
                    pixel += 1.0;
                }
            }
            Interpolation::Bilinear if !antialias => {
                let place = centre - 0.5;
                let before = math::floor(place);
                let share = place - before;
                add(bound(before), 1.0 - share);
                add(bound(before + 1.0), share);
            }
            Interpolation::Bicubic if !antialias => {
                let place = centre - 0.5;
                let before = math::floor(place);
                // TensorFlow's table has this many places between two pixels.
                let share = math::floor((place - before) * 1024.0 + 0.5) / 1024.0;
                for (step, distance) in
                    [-1.0, 0.0, 1.0, 2.0]
                        .iter()
                        .zip([1.0 + share, share, 1.0 - share, 2.0 - share])
                {
                    let pixel = before + step;
                    if pixel >= 0.0 && pixel <= last as f32 {
                        add(pixel as usize, how.weight(distance));
                    }
                }
            }
            _ => {
                // The wider the window, the less of what is finer than the new pixels goes through.
                let inverse = 1.0 / (self.output as f32 / self.size as f32);
                let centre = (output as f32 + 0.5) * inverse;
                let wide = if antialias { inverse.max(1.0) } else { 1.0 };
                let radius = how.radius() as f32 * wide;
                let from = bound(-math::floor(-(centre - radius - 0.5)));
                let to = bound(math::floor(centre + radius - 0.5));
                let narrow = 1.0 / wide;
                for pixel in from..=to {
                    add(pixel, how.weight((pixel as f32 + 0.5 - centre) * narrow));
                }
            }
        }
        sum
    }
}

/// Tables of both axes, and how the images lie.
pub struct Tables<'a> {
    pub rows: &'a [f32],
    pub columns: &'a [f32],
    /// The length of a row of each table: [`Axis::taps`] and what stands before them.
    pub widths: [usize; 2],
    /// Pixels in a row before.
    pub width: usize,
    pub channels: usize,
    /// What is beyond the borders.
    pub fill: f32,
}

/// An output's pixels on an axis.
#[derive(Clone, Copy)]
struct Taps<'a> {
    first: usize,
    weights: &'a [f32],
    sum: f32,
}

impl<'a> Taps<'a> {
    #[inline(always)]
    fn of(row: &'a [f32]) -> Self {
        let count = value(row, 1) as usize;
        Taps {
            first: value(row, 0) as usize,
            weights: part(row, HEAD, count),
            sum: value(row, 2),
        }
    }

    #[inline(always)]
    fn end(&self) -> usize {
        self.first + self.weights.len()
    }
}

/// The lengths of rows in an axis's table.
pub const fn width_of(axis: &Axis, radius: usize) -> usize {
    HEAD + axis.taps(radius)
}

/// Values between the passes over rows and over columns.
const BETWEEN: usize = 1024;

/// As many of the outputs as have their pixels in the memory between the passes; at least one, and the first and the end of those pixels.
#[inline(always)]
fn block(columns: &[f32], width: usize, channels: usize) -> (usize, usize, usize) {
    let (mut outputs, mut first, mut end) = (0, 0, 0);
    for row in rows(columns, width) {
        let taps = Taps::of(row);
        let (from, to) = match outputs {
            0 => (taps.first, taps.end()),
            _ => (taps.first.min(first), taps.end().max(end)),
        };
        if outputs > 0 && (to - from) * channels > BETWEEN {
            break;
        }
        (outputs, first, end) = (outputs + 1, from, to);
    }
    (outputs.max(1), first, end)
}

simd_fn! {
    /// One image.
    pub(super) fn resample(x: &[f32], y: &mut [f32], t: &Tables<'_>) {
        let (channels, [high, wide]) = (t.channels, t.widths);
        let line = (t.columns.len() / wide) * channels;
        let mut between = [0.0; BETWEEN];
        for (row, y) in rows(t.rows, high).zip(rows_mut(y, line)) {
            let down = Taps::of(row);
            let (mut columns, mut y) = (t.columns, y);
            while !columns.is_empty() {
                let (outputs, first, end) = block(columns, wide, channels);
                let (now, later) = columns.split_at((outputs * wide).min(columns.len()));
                let (out, rest) = y.split_at_mut((outputs * channels).min(y.len()));
                (columns, y) = (later, rest);
                let values = (end - first) * channels;
                let is_small = values <= BETWEEN;
                if is_small {
                    let between = part_mut(&mut between, 0, values);
                    between.fill(0.0);
                    for (k, weight) in down.weights.iter().enumerate() {
                        let x = part(x, ((down.first + k) * t.width + first) * channels, values);
                        between.iter_mut().zip(x).for_each(|(sum, x)| *sum += weight * x);
                    }
                }
                for (row, y) in rows(now, wide).zip(rows_mut(out, channels)) {
                    let across = Taps::of(row);
                    y.fill((1.0 - down.sum * across.sum) * t.fill);
                    for (l, weight) in across.weights.iter().enumerate() {
                        if is_small {
                            let at = (across.first + l - first) * channels;
                            let sums = part(&between, at, channels);
                            y.iter_mut().zip(sums).for_each(|(y, sum)| *y += weight * sum);
                            continue;
                        }
                        for (k, other) in down.weights.iter().enumerate() {
                            let at = (down.first + k) * t.width + across.first + l;
                            let x = part(x, at * channels, channels);
                            y.iter_mut().zip(x).for_each(|(y, x)| *y += weight * other * x);
                        }
                    }
                }
            }
        }
    }
}

simd_fn! {
    /// The gradient of one image, to be added.
    pub(super) fn resample_back(dy: &[f32], dx: &mut [f32], t: &Tables<'_>) {
        let (channels, [high, wide]) = (t.channels, t.widths);
        let line = (t.columns.len() / wide) * channels;
        let mut between = [0.0; BETWEEN];
        for (row, dy) in rows(t.rows, high).zip(rows(dy, line)) {
            let down = Taps::of(row);
            let (mut columns, mut dy) = (t.columns, dy);
            while !columns.is_empty() {
                let (outputs, first, end) = block(columns, wide, channels);
                let (now, later) = columns.split_at((outputs * wide).min(columns.len()));
                let (out, rest) = dy.split_at((outputs * channels).min(dy.len()));
                (columns, dy) = (later, rest);
                let values = (end - first) * channels;
                let is_small = values <= BETWEEN;
                if is_small {
                    part_mut(&mut between, 0, values).fill(0.0);
                }
                for (row, dy) in rows(now, wide).zip(rows(out, channels)) {
                    let across = Taps::of(row);
                    for (l, weight) in across.weights.iter().enumerate() {
                        if is_small {
                            let at = (across.first + l - first) * channels;
                            let sums = part_mut(&mut between, at, channels);
                            sums.iter_mut().zip(dy).for_each(|(sum, dy)| *sum += weight * dy);
                            continue;
                        }
                        for (k, other) in down.weights.iter().enumerate() {
                            let at = (down.first + k) * t.width + across.first + l;
                            let dx = part_mut(dx, at * channels, channels);
                            dx.iter_mut().zip(dy).for_each(|(dx, dy)| *dx += weight * other * dy);
                        }
                    }
                }
                if is_small {
                    let between = part(&between, 0, values);
                    for (k, weight) in down.weights.iter().enumerate() {
                        let at = ((down.first + k) * t.width + first) * channels;
                        let dx = part_mut(dx, at, values);
                        dx.iter_mut().zip(between).for_each(|(dx, sum)| *dx += weight * sum);
                    }
                }
            }
        }
    }
}
