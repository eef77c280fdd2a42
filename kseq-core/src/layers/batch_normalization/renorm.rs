//! Batch renormalization: by what the moments of a batch are corrected, and the averages that this needs.

use crate::math::{self, larger};
use crate::shape::Refusal;
use crate::text::Text;

/// What r and d are clipped to: `rmax`, `rmin` and `dmax`.
pub type Clipping = [Option<f32>; 3];

/// The rule of `renorm_clipping`.
#[must_use]
pub const fn clipping_rule(clipping: Clipping) -> Option<Refusal> {
    let [rmax, rmin, dmax] = clipping;
    let what = match (rmax, rmin, dmax) {
        (Some(rmax), Some(rmin), _) if rmin > rmax || rmin.is_nan() || rmax.is_nan() => {
            let what = Text::new().str("rmax must be at least rmin, found rmax = ");
            what.float(rmax).str(" and rmin = ").float(rmin)
        }
        (_, _, Some(dmax)) if dmax < 0.0 || dmax.is_nan() => {
            let what = Text::new().str("dmax must not be negative, found ");
            what.float(dmax)
        }
        _ => return None,
    };
    let help = "renorm_clipping = {\"rmax\": 3.0, \"rmin\": 0.3, \"dmax\": 5.0}, each of which may be left out";
    Some(Refusal::new(what, help))
}

/// The arguments of `renorm`.
pub struct Renorm {
    pub clipping: Clipping,
    pub momentum: f32,
}

impl Renorm {
    /// r and d of a batch with this mean and variance, from the averages (mean, standard deviation) before it.
    pub fn corrections(
        &self,
        (averages, stddevs): (&[f32], &[f32]),
        (mean, variance): (&[f32], &[f32]),
        epsilon: f32,
        (r, d): (&mut [f32], &mut [f32]),
    ) {
        let [rmax, rmin, dmax] = self.clipping;
        let batch = averages.iter().zip(stddevs).zip(mean).zip(variance);
        for ((((average, stddev), mean), variance), (r, d)) in batch.zip(r.iter_mut().zip(d)) {
            let stddev = larger(*stddev, math::sqrt(epsilon));
            *r = math::sqrt(variance + epsilon) / stddev;
            *d = (mean - average) / stddev;
            if let Some(rmin) = rmin {
                *r = larger(*r, rmin);
            }
            if let Some(rmax) = rmax {
                *r = -larger(-*r, -rmax);
            }
            if let Some(dmax) = dmax {
                *d = -larger(-larger(*d, -dmax), -dmax);
            }
        }
    }
}

/// The averages of standard deviations, of predictions and of `renorm`, follow that of a batch, each by its momentum; the moving
/// variance is that of the first.
pub fn follow_stddev(
    [moving, renorm]: [&mut [f32]; 2],
    moving_variance: &mut [f32],
    variance: &[f32],
    [momentum, renorm_momentum]: [f32; 2],
    epsilon: f32,
) {
    let stddevs = moving.iter_mut().zip(renorm).zip(moving_variance);
    for (((moving, renorm), moving_variance), variance) in stddevs.zip(variance) {
        let stddev = math::sqrt(variance + epsilon);
        *renorm = *renorm * renorm_momentum + stddev * (1.0 - renorm_momentum);
        *moving = *moving * momentum + stddev * (1.0 - momentum);
        *moving_variance = larger(*moving * *moving - epsilon, 0.0);
    }
}
