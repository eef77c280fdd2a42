//! The range of a tensor, by what was seen of its values.

use std::vec::Vec;

use kseq_int8::arithmetic::Scale;

use super::calibration::Method;
pub(super) use crate::base::fakes::scale_of;

/// The bins of a histogram.
const BINS: usize = 4096;

/// What was seen of a tensor's values.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// The least and the largest.
    pub ends: [f32; 2],
    /// How many values lie where between them; empty if nobody asks.
    bins: Vec<u64>,
}

impl Default for Seen {
    fn default() -> Self {
        Seen {
            ends: [f32::INFINITY, f32::NEG_INFINITY],
            bins: Vec::new(),
        }
    }
}

impl Seen {
    /// Takes values into the ends.
    pub fn see(&mut self, values: &[f32]) {
        let [least, most] = self.ends;
        self.ends = values.iter().fold([least, most], |[least, most], x| {
            [least.min(*x), most.max(*x)]
        });
    }

    /// Whether no value was infinite, and not each one no number.
    pub fn is_finite(&self) -> bool {
        self.ends.iter().all(|end| end.is_finite())
    }

    /// Takes values into the histogram between the ends.
    pub fn count(&mut self, values: &[f32]) {
        self.bins.resize(BINS, 0);
        let [least, most] = self.ends;
        let per_bin = BINS as f32 / (most - least).max(f32::MIN_POSITIVE);
        for x in values {
            let bin = ((x - least) * per_bin) as usize;
            if let Some(count) = self.bins.get_mut(bin.min(BINS - 1)) {
                *count += 1;
            }
        }
    }

    /// The scale.
    pub fn scale(&self, method: Method) -> Scale {
        let [least, most] = self.ends;
        if least > most {
            return scale_of([0.0; 2]);
        }
        match method {
            Method::MinMax => scale_of(self.ends),
            Method::Percentile(percent) => scale_of(self.within(percent)),
            Method::Mse => self.least_error(),
        }
    }

    fn edge(&self, bin: usize) -> f32 {
        let [least, most] = self.ends;
        least + (most - least) * bin as f32 / BINS as f32
    }

    /// The ends without those that are too far out, as many on both sides.
    fn within(&self, percent: f64) -> [f32; 2] {
        let all: u64 = self.bins.iter().sum();
        let cut = (all as f64 * (100.0 - percent) / 200.0) as u64;
        let outer = |bins: &mut dyn Iterator<Item = &u64>| {
            let mut sum = 0;
            bins.take_while(|count| {
                sum += **count;
                sum <= cut
            })
            .count()
        };
        let low = outer(&mut self.bins.iter());
        let high = BINS - outer(&mut self.bins.iter().rev());
        [self.edge(low.min(BINS - 1)), self.edge(high.max(1))]
    }

    /// The range with the least sum of squared errors: one end after the other is drawn in by hundredths, twice.
    fn least_error(&self) -> Scale {
        let mut ends = self.ends;
        let mut best = (self.error(scale_of(ends)), scale_of(ends));
        for end in [1, 0, 1, 0] {
            let mut nearest = ends;
            for share in 5..100 {
                let share = share as f32 / 100.0;
                let ([least, most], [widest_least, widest_most]) = (ends, self.ends);
                let range = match end {
                    0 => [widest_least * share, most],
                    _ => [least, widest_most * share],
                };
                let scale = scale_of(range);
                let error = self.error(scale);
                if error < best.0 {
                    (best, nearest) = ((error, scale), range);
                }
            }
            ends = nearest;
        }
        best.1
    }

    /// The sum of squared errors of all values in the histogram.
    fn error(&self, scale: Scale) -> f64 {
        let bins = self.bins.iter().enumerate();
        bins.filter(|(_, count)| **count > 0)
            .map(|(bin, count)| {
                let x = f32::midpoint(self.edge(bin), self.edge(bin + 1));
                let off = f64::from(scale.dequantize(scale.quantize(x)) - x);
                // Within a bin they are spread out: the error is at least that of rounding.
                let rounding = f64::from(scale.scale).powi(2) / 12.0;
                *count as f64 * (off * off).max(rounding)
            })
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_a_number_of_every_range() {
        for ends in [
            [0.0, 2.55],
            [-1.0, 1.55],
            [-2.55, 0.0],
            [1.0, 2.55],
            [0.0, 0.0],
            [f32::NAN, f32::NAN],
        ] {
            let scale = scale_of(ends);
            assert_eq!(scale.dequantize(scale.quantize(0.0)), 0.0, "{ends:?}");
        }
        let scale = scale_of([-1.0, 1.55]);
        assert!(
            (scale.scale - 0.01).abs() < 1e-8 && scale.zero_point == -28,
            "{scale:?}"
        );
    }

    #[test]
    fn what_is_far_out_is_cut() {
        let mut seen = Seen::default();
        let mut values: Vec<f32> = (0..10_000).map(|i| (i as f32 / 10_000.0).sin()).collect();
        values.push(100.0);
        seen.see(&values);
        seen.count(&values);
        let widest = seen.scale(Method::MinMax).scale;
        assert!((widest - 100.0 / 255.0).abs() < 1e-4);
        assert!((seen.scale(Method::Percentile(99.9)).scale - 0.84 / 255.0).abs() < 1e-3);
    }

    /// The sum of squared errors is not above that of the whole range, and far below where one value in a million is far out.
    #[test]
    fn the_least_error_is_no_larger_than_that_of_the_whole_range() {
        let of = |values: &[f32]| {
            let mut seen = Seen::default();
            seen.see(values);
            seen.count(values);
            [Method::MinMax, Method::Mse].map(|method| {
                let scale = seen.scale(method);
                let off = values
                    .iter()
                    .map(|x| scale.dequantize(scale.quantize(*x)) - x);
                off.map(|off| f64::from(off).powi(2)).sum::<f64>()
            })
        };
        let wave = |n: usize| (0..n).map(|i| (i as f32 * 0.37).sin());
        let mut few: Vec<f32> = wave(1000).collect();
        let mut cubes: Vec<f32> = wave(1000).map(|x| x.powi(9)).collect();
        few.push(50.0);
        cubes.push(-3.0);
        for values in [few, cubes, wave(1000).collect()] {
            let [whole, least] = of(&values);
            assert!(least <= 1.01 * whole, "{least} {whole}");
        }
        let mut many: Vec<f32> = wave(1_000_000).collect();
        many.push(4.0);
        let [whole, least] = of(&many);
        assert!(least < 0.8 * whole, "{least} {whole}");
    }
}
