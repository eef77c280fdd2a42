//! Intersection over union.

use core::slice;

use super::arguments::in_0_to_1;
use super::categorical_accuracy::argmax;
use super::element_weights::ElementWeights;
use super::mean::{quotient, weighed};
use super::{Direction, Metric};
use crate::losses::{Classes, Weights};
use crate::tensor::{LastAxis, Tensor};
use crate::text::Note;

/// Weights by class (row) and answer (column).
type Matrix<const C: usize> = [[f64; C]; C];

/// Counts a row; classes beyond the matrix are left out.
///
/// NaN in `out` could be any answer. The matrix is one of whole numbers, as Keras's: of a weight what is behind the point is cut off.
fn count<const C: usize>(
    matrix: &mut Matrix<C>,
    class: usize,
    answer: usize,
    weight: f32,
    out: &[f32],
) {
    if weighed(weight, out).is_nan() {
        return matrix
            .iter_mut()
            .skip(class)
            .take(1)
            .flatten()
            .for_each(|c| *c = f64::NAN);
    }
    let place = matrix.get_mut(class).and_then(|row| row.get_mut(answer));
    if let Some(count) = place {
        *count += f64::from(weight as i32);
    }
}

/// The intersection over union of a class; nothing if it neither occurs nor is answered.
fn iou<const C: usize>(matrix: &Matrix<C>, class: usize) -> Option<f64> {
    let row = matrix.get(class)?;
    let both = *row.get(class)?;
    let column: f64 = matrix.iter().filter_map(|row| row.get(class)).sum();
    let union = row.iter().sum::<f64>() + column - both;
    (union.is_nan() || union > 1e-9).then(|| both / union)
}

/// The mean over the classes of which there is any.
fn mean<const C: usize>(matrix: &Matrix<C>, classes: impl Iterator<Item = usize>) -> f32 {
    let (mut sum, mut total) = (0.0, 0.0);
    for iou in classes.filter_map(|class| iou(matrix, class)) {
        sum += iou;
        total += 1.0;
    }
    quotient(sum, total) as f32
}

/// What is wrong with the classes to look at, if anything.
fn wrong_classes<const C: usize>(classes: &[usize]) -> Option<Note> {
    if classes.is_empty() {
        return Some(Note::new().str("target_class_ids are empty, expected at least one"));
    }
    let wrong = *classes.iter().find(|class| **class >= C)?;
    let note = Note::new().str("target_class_ids has ").num(wrong);
    Some(note.str(", expected less than ").num(C))
}

macro_rules! iou {
    (
        $(#[$doc:meta])*
        $metric:ident, $name:literal, $targets:ident $(, $target_class_ids:ident)?
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $metric<const C: usize> {
            $($target_class_ids: &'static [usize],)?
            ignore_class: Option<u32>,
            matrix: Matrix<C>,
        }

        impl<const C: usize> $metric<C> {
            /// With nothing counted yet.
            #[must_use]
            pub const fn new($($target_class_ids: &'static [usize])?) -> Self {
                $metric {
                    $($target_class_ids,)?
                    ignore_class: None,
                    matrix: [[0.0; C]; C],
                }
            }

            /// A class of targets whose rows do not count.
            #[must_use]
            pub const fn ignore_class(mut self, class: u32) -> Self {
                self.ignore_class = Some(class);
                self
            }

            /// The value of each class; 0 of one that neither occurs nor is answered.
            #[must_use]
            pub fn values(&self) -> [f32; C] {
                core::array::from_fn(|class| iou(&self.matrix, class).unwrap_or(0.0) as f32)
            }
        }

        iou!(@$targets $metric, $name, self,
            { None $(.or_else(|| wrong_classes::<C>(self.$target_class_ids)))? },
            { iou!(@classes self $($target_class_ids)?) }
        );
    };
    (@classes $self:ident) => { 0..C };
    (@classes $self:ident $ids:ident) => { $self.$ids.iter().copied() };
    (@class_numbers $metric:ident, $name:literal, $self:ident, $wrong:block, $classes:block) => {
#[diagnostic::do_not_recommend]
        impl<Out: Classes<Target = Y> + LastAxis<C>, Y: Tensor<Elem = u32>, const C: usize>
            Metric<Out, Y> for $metric<C>
        {
            fn update(&mut self, out: &[Out], y: &[Y], weight: Option<&[f32]>) {
                let classes = Y::flat(y).iter().map(|c| *c as usize);
                rows(&mut self.matrix, (out, classes), weight, self.ignore_class);
            }

            iou!(@same $name, $self, $wrong, $classes);
        }
    };
    (@one_hot $metric:ident, $name:literal, $self:ident, $wrong:block, $classes:block) => {
        #[diagnostic::do_not_recommend]
        impl<Out: LastAxis<C>, const C: usize> Metric<Out, Out> for $metric<C> {
            fn update(&mut self, out: &[Out], y: &[Out], weight: Option<&[f32]>) {
                let classes = Out::flat(y).chunks_exact(C.max(1)).map(argmax);
                rows(&mut self.matrix, (out, classes), weight, self.ignore_class);
            }

            iou!(@same $name, $self, $wrong, $classes);
        }
    };
    (@same $name:literal, $self:ident, $wrong:block, $classes:block) => {
        fn name(&self) -> &'static str {
            $name
        }

        fn direction(&self) -> Option<Direction> {
            Some(Direction::Up)
        }

        fn check_arguments(&$self) -> Option<Note> $wrong

        fn result(&$self) -> f32 {
            mean(&$self.matrix, $classes)
        }

        fn state(&mut self) -> &mut [f64] {
            self.matrix.as_flattened_mut()
        }
    };
}

/// Counts the largest output of each row.
fn rows<Out: Tensor<Elem = f32>, const C: usize>(
    matrix: &mut Matrix<C>,
    (out, classes): (&[Out], impl Iterator<Item = usize>),
    weight: Option<&[f32]>,
    ignore_class: Option<u32>,
) {
    let weights = Weights::new(out, weight);
    let rows = Out::flat(out).chunks_exact(C.max(1)).zip(classes);
    for (row, (out, class)) in rows.enumerate() {
        if ignore_class.is_none_or(|ignored| ignored as usize != class) {
            count(matrix, class, argmax(out), weights.of(row), out);
        }
    }
}

iou! {
    /// How well some of the `C` classes are found: of the rows that are of a class or are answered so,
    /// the share that is both; the mean over `target_class_ids`.
    ///
    /// Targets are class numbers; the answer is the largest output (in Keras with `sparse_y_pred = False`).
    /// Classes that do not appear do not count.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::metrics::{IoU, Metric};
    /// let mut metric = IoU::<2>::new(&[0]);
    /// metric.update(&[[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.4, 0.6]], &[0u32, 0, 1, 1], None);
    /// assert_eq!(Metric::<[f32; 2], u32>::result(&metric), 1.0 / 3.0);
    /// ```
    IoU, "io_u", class_numbers, target_class_ids
}

iou! {
    /// [`IoU`] of all `C` classes.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::metrics::{MeanIoU, Metric};
    /// let mut metric = MeanIoU::new();
    /// metric.update(&[[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.4, 0.6]], &[0u32, 1, 1, 1], None);
    /// assert_eq!(metric.values(), [0.5, 2.0 / 3.0]);
    /// ```
    MeanIoU, "mean_io_u", class_numbers
}

iou! {
    /// [`IoU`] of one-hot targets.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::metrics::{Metric, OneHotIoU};
    /// let mut metric = OneHotIoU::<2>::new(&[1]);
    /// metric.update(&[[0.9, 0.1], [0.2, 0.8]], &[[0.0, 1.0], [0.0, 1.0]], None);
    /// assert_eq!(Metric::<[f32; 2], [f32; 2]>::result(&metric), 0.5);
    /// ```
    OneHotIoU, "one_hot_io_u", one_hot, target_class_ids
}

iou! {
    /// [`IoU`] of all `C` classes, with one-hot targets.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::metrics::{Metric, OneHotMeanIoU};
    /// let mut metric = OneHotMeanIoU::new();
    /// metric.update(&[[0.9, 0.1], [0.2, 0.8]], &[[0.0, 1.0], [0.0, 1.0]], None);
    /// assert_eq!(metric.values(), [0.0, 0.5]);
    /// ```
    OneHotMeanIoU, "one_hot_mean_io_u", one_hot
}

impl<const C: usize> Default for MeanIoU<C> {
    fn default() -> Self {
        MeanIoU::new()
    }
}

impl<const C: usize> Default for OneHotMeanIoU<C> {
    fn default() -> Self {
        OneHotMeanIoU::new()
    }
}

/// [`IoU`] of yes-no outputs: the classes are 0, and 1 where an output is at least the threshold.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::metrics::{BinaryIoU, Metric};
/// let mut metric = BinaryIoU::new().threshold(0.3);
/// metric.update(&[[0.1, 0.2, 0.4, 0.7]], &[[0.0, 1.0, 0.0, 1.0]], None);
/// assert_eq!(Metric::<[f32; 4], _>::result(&metric), 1.0 / 3.0);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct BinaryIoU {
    target_class_ids: &'static [usize],
    threshold: f32,
    matrix: Matrix<2>,
}

impl BinaryIoU {
    /// With Keras's defaults: both classes, a threshold of 0.5.
    #[must_use]
    pub const fn new() -> Self {
        BinaryIoU {
            target_class_ids: &[0, 1],
            threshold: 0.5,
            matrix: [[0.0; 2]; 2],
        }
    }

    /// The classes whose mean is taken: 0, 1 or both.
    #[must_use]
    pub const fn target_class_ids(mut self, ids: &'static [usize]) -> Self {
        self.target_class_ids = ids;
        self
    }

    /// From which output on the answer is class 1; from 0 to 1.
    #[must_use]
    pub const fn threshold(mut self, threshold: f32) -> Self {
        self.threshold = threshold;
        self
    }
}

impl Default for BinaryIoU {
    fn default() -> Self {
        BinaryIoU::new()
    }
}

#[diagnostic::do_not_recommend]
impl<Out: Tensor<Elem = f32>> Metric<Out, Out> for BinaryIoU {
    fn name(&self) -> &'static str {
        "binary_io_u"
    }

    fn direction(&self) -> Option<Direction> {
        Some(Direction::Up)
    }

    fn check_arguments(&self) -> Option<Note> {
        wrong_classes::<2>(self.target_class_ids).or_else(|| in_0_to_1("threshold", self.threshold))
    }

    fn update(&mut self, out: &[Out], y: &[Out], weight: Option<&[f32]>) {
        let weights = ElementWeights::new(out, weight);
        let width = Out::SHAPE.last().max(1);
        for (i, (o, t)) in Out::flat(out).iter().zip(Out::flat(y)).enumerate() {
            let answer = usize::from(*o >= self.threshold);
            // Targets are cut off to whole numbers; below 0 there is no class.
            let class = if *t > -1.0 { *t as usize } else { usize::MAX };
            let (weight, out) = (weights.of(i / width, i % width), slice::from_ref(o));
            count(&mut self.matrix, class, answer, weight, out);
        }
    }

    fn result(&self) -> f32 {
        mean(&self.matrix, self.target_class_ids.iter().copied())
    }

    fn state(&mut self) -> &mut [f64] {
        self.matrix.as_flattened_mut()
    }
}
