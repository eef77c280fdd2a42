//! Targets as rows of numbers or of classes: what losses over classes compare outputs with.

use crate::activations::softmax::{dot, sum};
use crate::kernels::fpu::rolled;
use crate::open::Open;
use crate::tensor::Tensor;
use crate::text::Note;

/// Outputs over classes, and their targets by class number: `u32` for `[f32; N]`, `[u32; T]` for
/// `[[f32; N]; T]`; the last axis is gone.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::losses::Classes;
/// let one_for_each_step: <[[f32; 10]; 3] as Classes>::Target = [9u32, 0, 4];
/// # let _ = one_for_each_step;
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` are not outputs over classes",
    note = "class numbers are targets of outputs such as `[f32; 10]` or `[[f32; 10]; 80]`"
)]
pub trait Classes: Tensor<Elem = f32> {
    /// One class number for each row.
    type Target: Tensor<Elem = u32>;
}

impl<const N: usize> Classes for [f32; N] {
    type Target = u32;
}

impl<T: Classes, const A: usize> Classes for [T; A] {
    type Target = [T::Target; A];
}

impl<T: Classes, const AXES: usize> Classes for Open<T, AXES> {
    type Target = Open<T::Target, AXES>;
}

/// The targets of rows.
pub(super) trait Labels {
    /// The sum of a row's targets.
    fn total(&self, row: usize, width: usize) -> f32;
    /// The sum of a row's targets times `values`.
    fn dot(&self, row: usize, values: &[f32]) -> f32;
    /// The sum of a row's targets times `values - origin`.
    fn dot_above(&self, row: usize, values: &[f32], origin: f32) -> f32;
    /// From p, `factor (total p - t)`.
    fn gradient(&self, row: usize, total: f32, factor: f32, p: &mut [f32]);
}

/// One row of numbers for each row of outputs, smoothed: t (1 - s) + s / width.
pub(super) struct SoftLabels<'a> {
    y: &'a [f32],
    width: usize,
    smoothing: f32,
}

impl<'a> SoftLabels<'a> {
    pub(super) fn new<Out: Tensor<Elem = f32>>(y: &'a [Out]) -> Self {
        SoftLabels {
            y: Out::flat(y),
            width: Out::SHAPE.last(),
            smoothing: 0.0,
        }
    }

    pub(super) fn smoothing(mut self, smoothing: f32) -> Self {
        self.smoothing = smoothing;
        self
    }

    /// A target, smoothed.
    #[inline(always)]
    pub(super) fn smoothed(&self, t: f32) -> f32 {
        t * (1.0 - self.smoothing) + self.smoothing / self.width as f32
    }

    #[inline(always)]
    pub(super) fn row(&self, row: usize) -> &'a [f32] {
        let rest = self.y.get(row * self.width..).unwrap_or(&[]);
        rest.get(..self.width).unwrap_or(&[])
    }
}

impl Labels for SoftLabels<'_> {
    #[inline(always)]
    fn total(&self, row: usize, _width: usize) -> f32 {
        sum(self.row(row)) * (1.0 - self.smoothing) + self.smoothing
    }

    #[inline(always)]
    fn dot(&self, row: usize, values: &[f32]) -> f32 {
        let dot = dot(self.row(row), values);
        if self.smoothing == 0.0 {
            return dot;
        }
        dot * (1.0 - self.smoothing) + sum(values) * (self.smoothing / self.width as f32)
    }

    #[inline(always)]
    fn dot_above(&self, row: usize, values: &[f32], origin: f32) -> f32 {
        let pairs = values.iter().zip(self.row(row));
        pairs.fold(0.0, |sum, (v, t)| sum + (v - origin) * self.smoothed(*t))
    }

    #[inline(always)]
    fn gradient(&self, row: usize, total: f32, factor: f32, p: &mut [f32]) {
        let (scale, offset) = (1.0 - self.smoothing, self.smoothing / self.width as f32);
        for (p, t) in p.iter_mut().zip(self.row(row)) {
            rolled();
            *p = factor * (total * *p - (t * scale + offset));
        }
    }
}

/// One class for each row; a class that there is not, or that is ignored, counts for nothing.
pub(super) struct ClassIndices<'a> {
    pub(super) y: &'a [u32],
    pub(super) ignore: Option<u32>,
}

impl ClassIndices<'_> {
    #[inline(always)]
    pub(super) fn class(&self, row: usize) -> usize {
        let class = self.y.get(row).filter(|c| Some(**c) != self.ignore);
        class.map_or(usize::MAX, |c| *c as usize)
    }
}

/// What is wrong with class numbers for such outputs, if anything.
pub(super) fn wrong_class<Out: Classes>(y: &Out::Target, ignored: Option<u32>) -> Option<Note> {
    let width = Out::SHAPE.last();
    let classes = Out::Target::flat(core::slice::from_ref(y));
    let right = |c: &u32| (*c as usize) < width || Some(*c) == ignored;
    let wrong = *classes.iter().find(|c| !right(c))?;
    let text = Note::new().brief("no such class");
    let text = text.str("class ").num(wrong as usize);
    let text = text.str(", but the model has ").num(width);
    let text = text.str(" outputs: classes are 0 to ");
    Some(text.num(width.saturating_sub(1)))
}

impl Labels for ClassIndices<'_> {
    #[inline(always)]
    fn total(&self, row: usize, width: usize) -> f32 {
        if self.class(row) < width { 1.0 } else { 0.0 }
    }

    #[inline(always)]
    fn dot(&self, row: usize, values: &[f32]) -> f32 {
        values.get(self.class(row)).copied().unwrap_or(0.0)
    }

    #[inline(always)]
    fn dot_above(&self, row: usize, values: &[f32], origin: f32) -> f32 {
        values.get(self.class(row)).map_or(0.0, |v| v - origin)
    }

    #[inline(always)]
    fn gradient(&self, row: usize, total: f32, factor: f32, p: &mut [f32]) {
        let factor = factor * total;
        for p in p.iter_mut() {
            rolled();
            *p *= factor;
        }
        if let Some(p) = p.get_mut(self.class(row)) {
            *p -= factor;
        }
    }
}
