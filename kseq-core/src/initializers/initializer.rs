//! The initializers themselves, and what they refuse.

use super::fans::Fans;
use super::many::{normal, uniform};
use super::orthogonal::orthonormal;
use crate::base::layer_info::ArrayAt;
use crate::math;
use crate::params::ParamSpec;
use crate::rng::{Purpose, Rng};
use crate::shape::Refusal;
use crate::text::Text;

/// How the initial values of an array are drawn.
///
/// Keras's names with Keras's defaults are associated constants; other arguments are given to the
/// variants.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::initializers::{Distribution, Fans, Initializer, Mode};
/// use kseq::rng::{Purpose, Rng};
/// let mut rng = Rng::new(1, Purpose::Init, 0, 0);
///
/// let mut kernel = [0.0; 4 * 8];
/// Initializer::GLOROT_UNIFORM.fill(&mut kernel, Fans::dense(4, 8), &mut rng);
/// let limit = (6.0_f32 / (4.0 + 8.0)).sqrt();
/// assert!(kernel.iter().all(|w| w.abs() <= limit));
///
/// const SMALL: Initializer = Initializer::RandomUniform { minval: 0.0, maxval: 0.01 };
/// SMALL.fill(&mut kernel, Fans::dense(4, 8), &mut rng);
/// assert!(kernel.iter().all(|w| (0.0..0.01).contains(w)));
///
/// // The same as HE_NORMAL.
/// const HE: Initializer = Initializer::VarianceScaling {
///     scale: 2.0,
///     mode: Mode::FanIn,
///     distribution: Distribution::TruncatedNormal,
/// };
/// # HE.fill(&mut kernel, Fans::dense(4, 8), &mut rng);
/// ```
#[derive(Clone, Copy, Default, Debug)]
#[non_exhaustive]
pub enum Initializer {
    /// 0
    #[default]
    Zeros,
    /// 1
    Ones,
    /// The value.
    Constant(f32),
    /// Normal.
    RandomNormal {
        /// The mean.
        mean: f32,
        /// The standard deviation: not negative.
        stddev: f32,
    },
    /// Uniform in `minval .. maxval`.
    RandomUniform {
        /// The least value.
        minval: f32,
        /// The bound above, not less than `minval`.
        maxval: f32,
    },
    /// Normal, drawn again beyond two standard deviations from the mean.
    TruncatedNormal {
        /// The mean.
        mean: f32,
        /// The standard deviation before the cut: not negative.
        stddev: f32,
    },
    /// Of variance `scale / n`, n by [`Mode`], at least 1.
    ///
    /// With the uniform distribution the limit is `sqrt(3 scale / n)`; the truncated normal one has
    /// stddev `sqrt(scale / n) / 0.87962566`, so that the variance is right after the cut.
    VarianceScaling {
        /// A positive factor.
        scale: f32,
        /// What n is.
        mode: Mode,
        /// Of which shape.
        distribution: Distribution,
    },
    /// Rows x columns of a random orthogonal matrix, times `gain`: the columns are orthonormal, or if
    /// there are more columns than rows, the rows.
    ///
    /// It is Q of the QR decomposition of normal numbers, with the signs that make R's diagonal positive:
    /// uniform over all such matrices. With `std` by Householder reflections, else in place
    /// by Gram-Schmidt, twice, without allocation; both give the same matrix up to rounding.
    ///
    /// Saxe, McClelland, Ganguli: "Exact solutions to the nonlinear dynamics of learning in deep linear
    /// neural networks" (2014).
    Orthogonal {
        /// The factor.
        gain: f32,
    },
    /// `gain` on the diagonal of rows x columns, else 0.
    Identity {
        /// The factor.
        gain: f32,
    },
    /// Another one with random numbers of its own, whatever the model's seed: the same values for the same seed.
    Seeded {
        /// That one; it must not be seeded itself.
        of: &'static Initializer,
        /// Its seed.
        seed: u64,
    },
    /// One's own: the array (zeros before), its fans, random numbers.
    Custom(fn(&mut [f32], Fans, &mut Rng)),
}

/// What the variance is divided by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Mode {
    /// The inputs of a unit.
    FanIn,
    /// The outputs of an input.
    FanOut,
    /// The mean of both.
    FanAvg,
}

/// The shape of a distribution.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Distribution {
    /// Normal within two standard deviations.
    TruncatedNormal,
    /// Normal.
    UntruncatedNormal,
    /// Uniform.
    Uniform,
}

/// The standard deviation of a normal distribution of stddev 1 cut at 2.
pub(super) const TRUNCATED_STDDEV: f32 = 0.879_625_7;

pub(super) const fn scaling(scale: f32, mode: Mode, distribution: Distribution) -> Initializer {
    Initializer::VarianceScaling {
        scale,
        mode,
        distribution,
    }
}

impl Initializer {
    /// `zeros`
    pub const ZEROS: Self = Initializer::Zeros;
    /// `ones`
    pub const ONES: Self = Initializer::Ones;
    /// `random_normal`: mean 0, stddev 0.05.
    pub const RANDOM_NORMAL: Self = Initializer::RandomNormal {
        mean: 0.0,
        stddev: 0.05,
    };
    /// `random_uniform`: -0.05 to 0.05.
    pub const RANDOM_UNIFORM: Self = Initializer::RandomUniform {
        minval: -0.05,
        maxval: 0.05,
    };
    /// `truncated_normal`: mean 0, stddev 0.05.
    pub const TRUNCATED_NORMAL: Self = Initializer::TruncatedNormal {
        mean: 0.0,
        stddev: 0.05,
    };
    /// `variance_scaling`: scale 1, fan_in, truncated normal.
    pub const VARIANCE_SCALING: Self = scaling(1.0, Mode::FanIn, Distribution::TruncatedNormal);
    /// `glorot_uniform`: scale 1, fan_avg, uniform; Keras's default for kernels.
    ///
    /// Glorot, Bengio: "Understanding the difficulty of training deep feedforward neural networks" (2010).
    pub const GLOROT_UNIFORM: Self = scaling(1.0, Mode::FanAvg, Distribution::Uniform);
    /// `glorot_normal`: scale 1, fan_avg, truncated normal.
    pub const GLOROT_NORMAL: Self = scaling(1.0, Mode::FanAvg, Distribution::TruncatedNormal);
    /// `he_uniform`: scale 2, fan_in, uniform.
    ///
    /// He, Zhang, Ren, Sun: "Delving deep into rectifiers" (2015).
    pub const HE_UNIFORM: Self = scaling(2.0, Mode::FanIn, Distribution::Uniform);
    /// `he_normal`: scale 2, fan_in, truncated normal.
    pub const HE_NORMAL: Self = scaling(2.0, Mode::FanIn, Distribution::TruncatedNormal);
    /// `lecun_uniform`: scale 1, fan_in, uniform.
    ///
    /// LeCun, Bottou, Orr, Müller: "Efficient BackProp" (1998).
    pub const LECUN_UNIFORM: Self = scaling(1.0, Mode::FanIn, Distribution::Uniform);
    /// `lecun_normal`: scale 1, fan_in, truncated normal.
    pub const LECUN_NORMAL: Self = scaling(1.0, Mode::FanIn, Distribution::TruncatedNormal);
    /// `orthogonal`: gain 1.
    pub const ORTHOGONAL: Self = Initializer::Orthogonal { gain: 1.0 };
    /// `identity`: gain 1.
    pub const IDENTITY: Self = Initializer::Identity { gain: 1.0 };

    /// Writes the initial values of an array. (Without std in line, so that only those which a program has are linked.)
    #[cfg_attr(not(feature = "std"), inline(always))]
    pub fn fill(&self, out: &mut [f32], fans: Fans, rng: &mut Rng) {
        match *self {
            Initializer::Seeded { of, seed } => {
                of.write(out, fans, &mut Rng::new(seed, Purpose::Init, 0, 0));
            }
            _ => self.write(out, fans, rng),
        }
    }

    #[cfg_attr(not(feature = "std"), inline(always))]
    fn write(&self, out: &mut [f32], fans: Fans, rng: &mut Rng) {
        match *self {
            Initializer::Seeded { .. } => {}
            Initializer::Zeros => out.fill(0.0),
            Initializer::Ones => out.fill(1.0),
            Initializer::Constant(value) => out.fill(value),
            Initializer::RandomNormal { mean, stddev } => {
                normal(out, rng, f32::INFINITY, |z| mean + stddev * z);
            }
            Initializer::RandomUniform { minval, maxval } => {
                uniform(out, rng, |u| minval + (maxval - minval) * u);
            }
            Initializer::TruncatedNormal { mean, stddev } => {
                normal(out, rng, 2.0, |z| mean + stddev * z);
            }
            Initializer::VarianceScaling {
                scale,
                mode,
                distribution,
            } => {
                let n = match mode {
                    Mode::FanIn => fans.fan_in as f32,
                    Mode::FanOut => fans.fan_out as f32,
                    Mode::FanAvg => (fans.fan_in as f32 + fans.fan_out as f32) / 2.0,
                };
                let variance = scale / n.max(1.0);
                match distribution {
                    Distribution::TruncatedNormal => {
                        let stddev = math::sqrt(variance) / TRUNCATED_STDDEV;
                        normal(out, rng, 2.0, |z| stddev * z);
                    }
                    Distribution::UntruncatedNormal => {
                        let stddev = math::sqrt(variance);
                        normal(out, rng, f32::INFINITY, |z| stddev * z);
                    }
                    Distribution::Uniform => {
                        let limit = math::sqrt(3.0 * variance);
                        uniform(out, rng, |u| limit * (2.0 * u - 1.0));
                    }
                }
            }
            Initializer::Orthogonal { gain } => {
                normal(out, rng, f32::INFINITY, |z| z);
                orthonormal(out, fans.cols.max(1), rng);
                for w in out {
                    *w *= gain;
                }
            }
            Initializer::Identity { gain } => {
                out.fill(0.0);
                for (i, row) in out.chunks_mut(fans.cols.max(1)).enumerate() {
                    if let Some(w) = row.get_mut(i) {
                        *w = gain;
                    }
                }
            }
            Initializer::Custom(fill) => {
                out.fill(0.0);
                fill(out, fans, rng);
            }
        }
    }

    /// What is wrong with an argument, if anything.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::initializers::Initializer;
    /// const WRONG: Initializer = Initializer::RandomNormal { mean: 0.0, stddev: -1.0 };
    /// assert_eq!(WRONG.check().unwrap().as_str(), "stddev must be finite and not negative, found -1.0");
    /// assert!(Initializer::HE_NORMAL.check().is_none());
    /// ```
    #[must_use]
    pub const fn check(&self) -> Option<Text> {
        let mut found = None;
        let why = match *self.unseeded() {
            Initializer::Constant(value) if !value.is_finite() => "the value must be finite",
            Initializer::RandomNormal { mean, stddev }
            | Initializer::TruncatedNormal { mean, stddev } => {
                if !(stddev.is_finite() && stddev >= 0.0) {
                    found = Some(stddev);
                    "stddev must be finite and not negative"
                } else if !mean.is_finite() {
                    "mean must be finite"
                } else {
                    return None;
                }
            }
            Initializer::RandomUniform { minval, maxval }
                if !((maxval - minval).is_finite() && minval <= maxval) =>
            {
                "minval and maxval must be finite, and maxval not less than minval"
            }
            Initializer::VarianceScaling { scale, .. } if !(scale.is_finite() && scale > 0.0) => {
                found = Some(scale);
                "scale must be finite and positive"
            }
            Initializer::Orthogonal { gain } | Initializer::Identity { gain }
                if !gain.is_finite() =>
            {
                "gain must be finite"
            }
            _ => return None,
        };
        let why = Text::new().str(why);
        Some(match found {
            Some(found) => why.str(", found ").float(found),
            None => why,
        })
    }
}

/// Refuses an initializer that makes matrices only for the array `name` of a layer.
#[doc(hidden)]
#[must_use]
pub const fn rule(initializer: &Initializer, specs: &[ParamSpec], name: &str) -> Option<Refusal> {
    let Some(shape) = ArrayAt::shape_in(specs, name) else {
        return None;
    };
    let expected = match initializer.unseeded() {
        Initializer::Identity { .. } if shape.rank() != 2 => "identity expects a matrix",
        Initializer::Orthogonal { .. } if shape.rank() < 2 => {
            "orthogonal expects at least two axes"
        }
        _ => return None,
    };
    let what = Text::new().str(expected).str(", found the ").str(name);
    let what = what.str(" ").text(&shape.text());
    Some(Refusal::new(
        what,
        "take \"zeros\" for a bias, \"glorot_uniform\" for a kernel",
    ))
}

impl Initializer {
    /// The same without a seed.
    const fn unseeded(&self) -> &Initializer {
        match self {
            Initializer::Seeded { of, .. } => of,
            _ => self,
        }
    }
}
