//! The mean and the sum of values.

/// The mean of all values so far, each times its weight: `sum(w v) / sum(w)`, 0 of none.
///
/// It has no targets, and so is no metric of a model: a place to average anything. The metrics that are
/// means count in one.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::metrics::Mean;
/// let mut mean = Mean::new();
/// mean.update_state(&[1.0, 3.0], None);
/// mean.update_state(&[8.0], Some(&[2.0]));
/// assert_eq!(mean.result(), 5.0);
/// mean.reset_state();
/// assert_eq!(mean.result(), 0.0);
/// ```
#[derive(Clone, Copy, Default, Debug)]
pub struct Mean {
    /// The weighted sum, and the sum of the weights.
    sums: [f64; 2],
}

impl Mean {
    /// With no value yet.
    #[must_use]
    pub const fn new() -> Self {
        Mean { sums: [0.0; 2] }
    }

    /// Takes in more values, each with its weight; what there is no weight for counts 0.
    pub fn update_state(&mut self, values: &[f32], sample_weight: Option<&[f32]>) {
        each(values, sample_weight, |value, weight| {
            self.add(value * weight, weight)
        });
    }

    /// The mean so far.
    #[must_use]
    pub fn result(&self) -> f32 {
        quotient(self.sums[0], self.sums[1]) as f32
    }

    /// Forgets all values.
    pub fn reset_state(&mut self) {
        *self = Mean::new();
    }

    /// Takes in values of which the weighted sum and the sum of the weights are known.
    pub(super) fn add(&mut self, sum: f64, weight: f64) {
        self.sums[0] += sum;
        self.sums[1] += weight;
    }

    pub(super) fn state(&mut self) -> &mut [f64] {
        &mut self.sums
    }
}

/// The sum of all values so far, each times its weight.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::metrics::Sum;
/// let mut sum = Sum::new();
/// sum.update_state(&[1.0, 3.0], Some(&[1.0, 0.5]));
/// sum.update_state(&[8.0], None);
/// assert_eq!(sum.result(), 10.5);
/// ```
#[derive(Clone, Copy, Default, Debug)]
pub struct Sum {
    total: f64,
}

impl Sum {
    /// With no value yet.
    #[must_use]
    pub const fn new() -> Self {
        Sum { total: 0.0 }
    }

    /// Takes in more values, each with its weight; what there is no weight for counts 0.
    pub fn update_state(&mut self, values: &[f32], sample_weight: Option<&[f32]>) {
        each(values, sample_weight, |value, weight| {
            self.total += value * weight
        });
    }

    /// The sum so far.
    #[must_use]
    pub fn result(&self) -> f32 {
        self.total as f32
    }

    /// Forgets all values.
    pub fn reset_state(&mut self) {
        self.total = 0.0;
    }
}

/// Calls `f` with each value and its weight.
fn each(values: &[f32], weights: Option<&[f32]>, mut f: impl FnMut(f64, f64)) {
    for (i, value) in values.iter().enumerate() {
        let weight = weights.map_or(1.0, |w| w.get(i).copied().unwrap_or(0.0));
        f(f64::from(*value), f64::from(weight));
    }
}

/// `a / b`, 0 if b is 0.
pub(super) fn quotient(a: f64, b: f64) -> f64 {
    if b == 0.0 { 0.0 } else { a / b }
}

/// What outputs count: NaN if one of them is, since there is no telling whether they are right. What counts nothing does
/// not change that.
pub(super) fn weighed(weight: f32, out: &[f32]) -> f64 {
    let unknown = out.iter().fold(false, |nan, o| nan | o.is_nan());
    f64::from(if unknown && weight != 0.0 {
        f32::NAN
    } else {
        weight
    })
}

/// What a metric with a field `mean` does alike.
macro_rules! counts_in_a_mean {
    () => {
        fn state(&mut self) -> &mut [f64] {
            self.mean.state()
        }

        fn result(&self) -> f32 {
            self.mean.result()
        }
    };
}

pub(super) use counts_in_a_mean;
