//! The area under a curve of answers at all thresholds.

use super::arguments::unknown_word;
use super::confusion::{Labeled, UnitFilter, elements};
use super::element_weights::ElementWeights;
use super::histogram::{self, Confusion, Histogram};
use super::mean::{quotient, weighed};
use super::{Direction, Metric};
use crate::math;
use crate::tensor::Tensor;
use crate::text::Note;

/// The curve that [`AUC`] is the area under.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub enum Curve {
    /// True positive rate over false positive rate.
    #[default]
    ROC,
    /// Precision over recall.
    PR,
    /// Precision gain over recall gain.
    PRGAIN,
    /// A word that is none of Keras's: an error before the first step.
    #[doc(hidden)]
    Unknown(&'static str),
}

/// Keras's words.
impl From<&'static str> for Curve {
    fn from(word: &'static str) -> Self {
        match word {
            "ROC" => Curve::ROC,
            "PR" => Curve::PR,
            "PRGAIN" => Curve::PRGAIN,
            other => Curve::Unknown(other),
        }
    }
}

/// How the area between two thresholds is taken.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub enum SummationMethod {
    /// The trapezoid; of `PR` the integral of the interpolated precision (Davis and Goadrich 2006).
    #[default]
    Interpolation,
    /// The larger height.
    Majoring,
    /// The smaller height.
    Minoring,
    /// A word that is none of Keras's: an error before the first step.
    #[doc(hidden)]
    Unknown(&'static str),
}

/// Keras's words.
impl From<&'static str> for SummationMethod {
    fn from(word: &'static str) -> Self {
        match word {
            "interpolation" => SummationMethod::Interpolation,
            "majoring" => SummationMethod::Majoring,
            "minoring" => SummationMethod::Minoring,
            other => SummationMethod::Unknown(other),
        }
    }
}

/// What both forms have.
#[derive(Clone, Copy, Debug)]
struct Options {
    curve: Curve,
    summation_method: SummationMethod,
    from_logits: bool,
}

impl Options {
    fn wrong(&self) -> Option<Note> {
        if let Curve::Unknown(word) = self.curve {
            return Some(unknown_word("curve", "ROC, PR or PRGAIN", word));
        }
        if let SummationMethod::Unknown(word) = self.summation_method {
            let words = "interpolation, majoring or minoring";
            return Some(unknown_word("summation_method", words, word));
        }
        None
    }

    fn output(&self, o: f32) -> f32 {
        if self.from_logits {
            math::sigmoid(o)
        } else {
            o
        }
    }

    fn area(&self, histogram: &[[f64; 2]]) -> f64 {
        if histogram::has_nan(histogram) {
            return f64::NAN;
        }
        let mut area = 0.0;
        let mut right = None;
        histogram::each(histogram, |left| {
            if let Some(right) = right {
                area += self.strip(left, right);
            }
            right = Some(left);
        });
        area
    }

    /// The area between a threshold and the next higher one.
    fn strip(&self, left: Confusion, right: Confusion) -> f64 {
        if (self.curve, self.summation_method) == (Curve::PR, SummationMethod::Interpolation) {
            return interpolated(left, right);
        }
        let ((x, y), (x_right, y_right)) = (self.point(left), self.point(right));
        let height = match self.summation_method {
            SummationMethod::Interpolation | SummationMethod::Unknown(_) => (y + y_right) / 2.0,
            SummationMethod::Majoring => y.max(y_right),
            SummationMethod::Minoring => y.min(y_right),
        };
        (x - x_right) * height
    }

    fn point(&self, c: Confusion) -> (f64, f64) {
        let (positives, negatives) = (
            c.true_positives + c.false_negatives,
            c.true_negatives + c.false_positives,
        );
        let recall = quotient(c.true_positives, positives);
        match self.curve {
            Curve::ROC | Curve::Unknown(_) => (quotient(c.false_positives, negatives), recall),
            Curve::PR => (
                recall,
                quotient(c.true_positives, c.true_positives + c.false_positives),
            ),
            Curve::PRGAIN if c.true_positives == 0.0 => (0.0, 1.0),
            Curve::PRGAIN => {
                let scale = quotient(positives, negatives);
                let gain = |wrong: f64| 1.0 - scale * wrong / c.true_positives;
                (gain(c.false_negatives).max(0.0), gain(c.false_positives))
            }
        }
    }
}

/// Under the precision between two thresholds, true and false positives growing evenly.
fn interpolated(left: Confusion, right: Confusion) -> f64 {
    let (p, p_right) = (
        left.true_positives + left.false_positives,
        right.true_positives + right.false_positives,
    );
    let rise = left.true_positives - right.true_positives;
    let slope = quotient(rise, p - p_right);
    let intercept = right.true_positives - slope * p_right;
    let ln = if p > 0.0 && p_right > 0.0 {
        f64::from(math::ln((p / p_right) as f32))
    } else {
        0.0
    };
    let positives = right.true_positives + right.false_negatives;
    quotient(slope * (rise + intercept * ln), positives)
}

/// The area under the curve of answers, positive above a threshold, at `N` thresholds from 0 to 1.
///
/// By default the ROC curve at 200 thresholds: how probable it is that a positive element has a larger
/// output than a negative one. Targets other than 0 are positive; each row counts with its weight.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::metrics::{AUC, Metric};
/// let mut metric = AUC::new();
/// metric.update(&[[0.0], [0.5], [0.3], [0.9]], &[[0.0], [0.0], [1.0], [1.0]], None);
/// assert_eq!(Metric::<[f32; 1], _>::result(&metric), 0.75);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AUC<const N: usize = 200> {
    options: Options,
    thresholds: Thresholds<N>,
    histogram: Histogram<N>,
}

/// Where outputs are counted.
#[derive(Clone, Copy, Debug)]
enum Thresholds<const N: usize> {
    /// At `N` places from 0 to 1, as far from each other.
    Even,
    /// At so many of these, in ascending order, one below 0 and one above 1.
    Given([f32; N], usize),
}

impl<const N: usize> Thresholds<N> {
    /// In ascending order. Of more than there is room for it keeps the number, which is refused.
    fn new(given: &[f32]) -> Self {
        let mut all = [0.0; N];
        for (all, given) in all.iter_mut().zip(given) {
            *all = *given;
        }
        if let Some(given) = all.get_mut(..given.len().min(N)) {
            given.sort_unstable_by(f32::total_cmp);
        }
        Thresholds::Given(all, given.len())
    }

    fn wrong(&self) -> Option<Note> {
        let Thresholds::Given(all, count) = self else {
            return None;
        };
        if count + 2 > N {
            let note = Note::new()
                .num(*count)
                .str(" thresholds need num_thresholds of at least ");
            return Some(note.num(count + 2).str(", found ").num(N));
        }
        let mut given = all.iter().take(*count);
        let wrong = given.find(|threshold| !(0.0..=1.0).contains(*threshold))?;
        let note = Note::new().str("thresholds must be from 0 to 1, found ");
        Some(note.float(*wrong))
    }

    /// The counts that are used.
    fn used<'a>(&self, histogram: &'a [[f64; 2]]) -> &'a [[f64; 2]] {
        let Thresholds::Given(_, count) = self else {
            return histogram;
        };
        histogram.get(..count + 2).unwrap_or(histogram)
    }

    fn add(&self, histogram: &mut [[f64; 2]], of: Labeled) {
        let Thresholds::Given(all, count) = self else {
            return histogram::add(histogram, of, 1);
        };
        let (used, given) = (count + 2, all.get(..*count).unwrap_or(all));
        let used = used.min(histogram.len());
        let Some(histogram) = histogram.get_mut(..used) else {
            return;
        };
        if of.weight.is_nan() {
            return histogram::add(histogram, of, 1);
        }
        let above = 1 + given.partition_point(|threshold| *threshold < of.output);
        if let Some(counts) = histogram.get_mut(above) {
            counts[usize::from(of.label)] += of.weight;
        }
    }
}

/// [`AUC`] of each of `L` units by itself, and their mean: [`AUC::multi_label`].
#[derive(Clone, Copy, Debug)]
pub struct MultiLabelAUC<const N: usize, const L: usize> {
    options: Options,
    thresholds: Thresholds<N>,
    label_weights: [f32; L],
    histograms: [Histogram<N>; L],
}

impl AUC {
    /// With Keras's defaults: 200 thresholds, the ROC curve, interpolated, all units together.
    #[must_use]
    pub const fn new() -> Self {
        AUC {
            options: Options {
                curve: Curve::ROC,
                summation_method: SummationMethod::Interpolation,
                from_logits: false,
            },
            thresholds: Thresholds::Even,
            histogram: histogram::empty(),
        }
    }
}

impl Default for AUC {
    fn default() -> Self {
        AUC::new()
    }
}

impl<const N: usize> AUC<N> {
    /// With `M` thresholds: `AUC::new().num_thresholds::<50>()`.
    ///
    /// At least 2; fewer do not compile.
    #[must_use]
    pub const fn num_thresholds<const M: usize>(self) -> AUC<M> {
        AUC {
            options: self.options,
            thresholds: Thresholds::Even,
            histogram: histogram::empty(),
        }
    }

    /// At these thresholds from 0 to 1, in any order, with one below 0 and one above 1, in place of evenly spaced ones: at
    /// most two less than `N`.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::metrics::{AUC, Metric};
    /// let mut metric = AUC::new().thresholds([0.4]);
    /// metric.update(&[[0.0], [0.5], [0.3], [0.9]], &[[0.0], [0.0], [1.0], [1.0]], None);
    /// assert_eq!(Metric::<[f32; 1], _>::result(&metric), 0.5);
    /// ```
    #[must_use]
    pub fn thresholds<const T: usize>(mut self, thresholds: [f32; T]) -> Self {
        self.thresholds = Thresholds::new(&thresholds);
        self
    }

    /// The curve; default `ROC`.
    #[must_use]
    pub fn curve(mut self, curve: impl Into<Curve>) -> Self {
        self.options.curve = curve.into();
        self
    }

    /// How the area between two thresholds is taken; default `Interpolation`.
    #[must_use]
    pub fn summation_method(mut self, method: impl Into<SummationMethod>) -> Self {
        self.options.summation_method = method.into();
        self
    }

    /// Whether the outputs are those before a sigmoid; default false.
    #[must_use]
    pub const fn from_logits(mut self, from_logits: bool) -> Self {
        self.options.from_logits = from_logits;
        self
    }

    /// The mean of the areas of each of the model's `L` units (samples of rank 1).
    #[must_use]
    pub const fn multi_label<const L: usize>(self) -> MultiLabelAUC<N, L> {
        MultiLabelAUC {
            options: self.options,
            thresholds: self.thresholds,
            label_weights: [1.0; L],
            histograms: [histogram::empty(); L],
        }
    }
}

impl<const N: usize, const L: usize> MultiLabelAUC<N, L> {
    /// What each unit counts in the mean; default 1.
    #[must_use]
    pub const fn label_weights(mut self, label_weights: [f32; L]) -> Self {
        self.label_weights = label_weights;
        self
    }

    /// The area of each unit.
    #[must_use]
    pub fn values(&self) -> [f32; L] {
        core::array::from_fn(|l| {
            self.histograms
                .get(l)
                .map_or(0.0, |h| self.options.area(self.thresholds.used(h)) as f32)
        })
    }
}

#[diagnostic::do_not_recommend]
impl<Out: Tensor<Elem = f32>, const N: usize> Metric<Out, Out> for AUC<N> {
    fn check_arguments(&self) -> Option<Note> {
        self.options.wrong().or_else(|| self.thresholds.wrong())
    }

    fn name(&self) -> &'static str {
        "auc"
    }

    fn direction(&self) -> Option<Direction> {
        Some(Direction::Up)
    }

    fn update(&mut self, out: &[Out], y: &[Out], weight: Option<&[f32]>) {
        elements(out, y, weight, UnitFilter::default(), |mut of| {
            of.output = self.options.output(of.output);
            self.thresholds.add(&mut self.histogram, of);
        });
    }

    fn result(&self) -> f32 {
        self.options.area(self.thresholds.used(&self.histogram)) as f32
    }

    fn state(&mut self) -> &mut [f64] {
        self.histogram.as_flattened_mut()
    }
}

#[diagnostic::do_not_recommend]
impl<const N: usize, const L: usize> Metric<[f32; L], [f32; L]> for MultiLabelAUC<N, L> {
    fn check_arguments(&self) -> Option<Note> {
        self.options.wrong().or_else(|| self.thresholds.wrong())
    }

    fn name(&self) -> &'static str {
        "auc"
    }

    fn direction(&self) -> Option<Direction> {
        Some(Direction::Up)
    }

    fn update(&mut self, out: &[[f32; L]], y: &[[f32; L]], weight: Option<&[f32]>) {
        let weights = ElementWeights::new(out, weight);
        for (row, (out, y)) in out.iter().zip(y).enumerate() {
            for (i, ((o, t), histogram)) in out.iter().zip(y).zip(&mut self.histograms).enumerate()
            {
                let of = Labeled {
                    output: self.options.output(*o),
                    label: *t != 0.0,
                    weight: weighed(weights.of(row, i), core::slice::from_ref(o)),
                };
                self.thresholds.add(histogram, of);
            }
        }
    }

    fn result(&self) -> f32 {
        let (mut sum, mut total) = (0.0, 0.0);
        for (histogram, weight) in self.histograms.iter().zip(self.label_weights) {
            sum += f64::from(weight) * self.options.area(self.thresholds.used(histogram));
            total += f64::from(weight);
        }
        quotient(sum, total) as f32
    }

    fn state(&mut self) -> &mut [f64] {
        self.histograms.as_flattened_mut().as_flattened_mut()
    }
}
