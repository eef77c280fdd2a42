//! By which samples a model is quantised, and how the ranges of its values are found.

/// How the range of a tensor is found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Method {
    /// From the least to the largest value.
    MinMax,
    /// Without so many of a hundred values, at both ends together.
    Percentile(f64),
    /// The range whose integers are, squared, the least away from the values.
    Mse,
}

/// By which samples a model is quantised: some hundred of those that it is trained on, of all kinds. They show which values come out
/// of each layer: a tensor whose values are from `least` to `most`, with 0 between them, has the scale `s = (most - least) / 255` and the
/// zero point `round(-128 - least / s)`.
///
/// Samples: what [`fit`](crate::train::Compiled::fit) takes, one `[..]` of the model's input each.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::train::Calibration;
/// let x = vec![[0.0; 4]; 100];
/// let calibration = Calibration::new(&x).percentile(99.99);
/// # let _ = calibration;
/// ```
#[derive(Debug)]
#[must_use]
pub struct Calibration<'a, X: ?Sized> {
    pub(super) x: &'a X,
    pub(super) method: Method,
    pub(super) classes: &'a [u32],
    pub(super) input: Option<[f32; 2]>,
}

// By hand: a derived one would ask the same of `X`.
impl<X: ?Sized> Clone for Calibration<'_, X> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<X: ?Sized> Copy for Calibration<'_, X> {}

impl<'a, X: ?Sized> Calibration<'a, X> {
    /// These samples; the range of a tensor is from its least to its largest value.
    pub const fn new(x: &'a X) -> Self {
        Calibration {
            x,
            method: Method::MinMax,
            classes: &[],
            input: None,
        }
    }

    /// The range of a tensor has so many of a hundred of its values, from 50 to 100, and the rest becomes the ends of the range:
    /// 99.99 is a good number. A few values far out cost all others their resolution.
    pub const fn percentile(mut self, percentile: f64) -> Self {
        self.method = Method::Percentile(percentile);
        self
    }

    /// The range of a tensor is the one in which its values are changed least, by the mean of the squares.
    pub const fn mse(mut self) -> Self {
        self.method = Method::Mse;
        self
    }

    /// The class of each sample, so that the report has the accuracy of the model and of its twin.
    pub const fn classes(mut self, classes: &'a [u32]) -> Self {
        self.classes = classes;
        self
    }

    /// The range of the input, whatever the samples show: that of a sensor, whose counts are then the integers of the network. Counts
    /// `c` of 8 bits with a value of `c / 8` are it with `input_range(-16.0, 15.875)`, and pixels `p / 255` with
    /// `input_range(0.0, 1.0)` are `p - 128`.
    pub const fn input_range(mut self, least: f32, most: f32) -> Self {
        self.input = Some([least, most]);
        self
    }
}
