//! The harmonic mean of precision and recall.

use super::arguments::unknown_word;
use super::categorical_accuracy::argmax;
use super::mean::{quotient, weighed};
use super::{Direction, Metric};
use crate::losses::Weights;
use crate::text::Note;

/// How the scores of the classes become one.
///
/// (Keras's default, `None`, gives a score for each class: see `values`.)
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub enum Average {
    /// The mean of the classes' scores.
    #[default]
    Macro,
    /// The score of all classes' answers together.
    Micro,
    /// The mean of the classes' scores, each times how often the class occurs.
    Weighted,
    /// A word that is none of Keras's: an error before the first step.
    #[doc(hidden)]
    Unknown(&'static str),
}

/// Keras's words.
impl From<&'static str> for Average {
    fn from(word: &'static str) -> Self {
        match word {
            "macro" => Average::Macro,
            "micro" => Average::Micro,
            "weighted" => Average::Weighted,
            other => Average::Unknown(other),
        }
    }
}

/// The weighted harmonic mean of precision and recall of each of `N` classes:
/// `(1 + beta^2) P R / (beta^2 P + R)`, 0 of none.
///
/// Positive are a row's largest output (all of equal ones, none of a row of zeros), or with a `threshold`
/// the outputs above it. For samples of rank 1; each counts with its weight.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::metrics::{FBetaScore, Metric};
/// let mut metric = FBetaScore::new(2.0).threshold(0.5);
/// let out = [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6], [0.6, 0.8, 0.0]];
/// metric.update(&out, &[[1.0, 1.0, 1.0], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0]], None);
/// assert_eq!(metric.values().map(|v| (v * 1000.0).round()), [385.0, 909.0, 833.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct FBetaScore<const N: usize> {
    beta: f32,
    average: Average,
    threshold: Option<f32>,
    counts: [Class; N],
}

/// True positives, false positives, false negatives.
type Class = [f64; 3];

impl<const N: usize> FBetaScore<N> {
    /// With this weight of recall against precision, more than 0 (Keras's default is 1); the mean over
    /// the classes, no threshold.
    #[must_use]
    pub const fn new(beta: f32) -> Self {
        FBetaScore {
            beta,
            average: Average::Macro,
            threshold: None,
            counts: [[0.0; 3]; N],
        }
    }

    /// How the scores of the classes become one; default their mean.
    #[must_use]
    pub fn average(mut self, average: impl Into<Average>) -> Self {
        self.average = average.into();
        self
    }

    /// What an output must be above to be positive: more than 0, at most 1.
    #[must_use]
    pub const fn threshold(mut self, threshold: f32) -> Self {
        self.threshold = Some(threshold);
        self
    }

    /// The score of each class.
    #[must_use]
    pub fn values(&self) -> [f32; N] {
        self.counts.map(|class| self.score(class) as f32)
    }

    fn score(&self, [true_positives, false_positives, false_negatives]: Class) -> f64 {
        let precision = quotient(true_positives, true_positives + false_positives);
        let recall = quotient(true_positives, true_positives + false_negatives);
        let beta = f64::from(self.beta) * f64::from(self.beta);
        let mean = quotient(precision * recall, beta * precision + recall);
        (1.0 + beta) * mean
    }
}

/// With Keras's `beta` of 1.
impl<const N: usize> Default for FBetaScore<N> {
    fn default() -> Self {
        FBetaScore::new(1.0)
    }
}

#[diagnostic::do_not_recommend]
impl<const N: usize> Metric<[f32; N], [f32; N]> for FBetaScore<N> {
    fn name(&self) -> &'static str {
        "fbeta_score"
    }

    fn direction(&self) -> Option<Direction> {
        Some(Direction::Up)
    }

    fn check_arguments(&self) -> Option<Note> {
        if let Average::Unknown(word) = self.average {
            let words = "micro, macro or weighted (None is `values()`)";
            return Some(unknown_word("average", words, word));
        }
        if !(self.beta > 0.0 && self.beta.is_finite()) {
            let note = Note::new().str("beta must be more than 0, found ");
            return Some(note.float(self.beta));
        }
        let wrong = self.threshold.filter(|t| !(*t > 0.0 && *t <= 1.0))?;
        let note = Note::new().str("threshold must be more than 0 and at most 1, found ");
        Some(note.float(wrong))
    }

    fn update(&mut self, out: &[[f32; N]], y: &[[f32; N]], weight: Option<&[f32]>) {
        let weights = Weights::new(out, weight);
        for (row, (out, y)) in out.iter().zip(y).enumerate() {
            let weight = weighed(weights.of(row), out);
            let largest = out.get(argmax(out)).copied().unwrap_or(0.0);
            for ((o, t), class) in out.iter().zip(y).zip(&mut self.counts) {
                let answer = match self.threshold {
                    Some(threshold) => *o > threshold,
                    None => *o >= largest && o.abs() > 1e-9,
                };
                let (answer, t) = (f64::from(u8::from(answer)), f64::from(*t));
                class[0] += weight * answer * t;
                class[1] += weight * answer * (1.0 - t);
                class[2] += weight * (1.0 - answer) * t;
            }
        }
    }

    fn result(&self) -> f32 {
        let (mut all, mut sum, mut total) = ([0.0; 3], 0.0, 0.0);
        for class in self.counts {
            let weight = match self.average {
                // True positives and false negatives: how often it occurs.
                Average::Weighted => class[0] + class[2],
                _ => 1.0,
            };
            sum += weight * self.score(class);
            total += weight;
            for (all, count) in all.iter_mut().zip(class) {
                *all += count;
            }
        }
        match self.average {
            Average::Micro => self.score(all) as f32,
            _ => quotient(sum, total) as f32,
        }
    }

    fn state(&mut self) -> &mut [f64] {
        self.counts.as_flattened_mut()
    }
}

/// The harmonic mean of precision and recall of each of `N` classes: [`FBetaScore`] with `beta = 1`.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::metrics::{F1Score, Metric};
/// let mut metric = F1Score::new().threshold(0.5);
/// let out = [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6], [0.6, 0.8, 0.0]];
/// metric.update(&out, &[[1.0, 1.0, 1.0], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0]], None);
/// assert_eq!(metric.values(), [0.5, 0.8, 2.0 / 3.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct F1Score<const N: usize>(FBetaScore<N>);

impl<const N: usize> F1Score<N> {
    /// The mean over the classes, no threshold.
    #[must_use]
    pub const fn new() -> Self {
        F1Score(FBetaScore::new(1.0))
    }

    /// How the scores of the classes become one; default their mean.
    #[must_use]
    pub fn average(self, average: impl Into<Average>) -> Self {
        F1Score(self.0.average(average))
    }

    /// What an output must be above to be positive: more than 0, at most 1.
    #[must_use]
    pub const fn threshold(self, threshold: f32) -> Self {
        F1Score(self.0.threshold(threshold))
    }

    /// The score of each class.
    #[must_use]
    pub fn values(&self) -> [f32; N] {
        self.0.values()
    }
}

impl<const N: usize> Default for F1Score<N> {
    fn default() -> Self {
        F1Score::new()
    }
}

#[diagnostic::do_not_recommend]
impl<const N: usize> Metric<[f32; N], [f32; N]> for F1Score<N> {
    fn name(&self) -> &'static str {
        "f1_score"
    }

    fn direction(&self) -> Option<Direction> {
        Some(Direction::Up)
    }

    fn check_arguments(&self) -> Option<Note> {
        self.0.check_arguments()
    }

    fn update(&mut self, out: &[[f32; N]], y: &[[f32; N]], weight: Option<&[f32]>) {
        self.0.update(out, y, weight);
    }

    fn result(&self) -> f32 {
        self.0.result()
    }

    fn state(&mut self) -> &mut [f64] {
        self.0.state()
    }
}
