//! Adam with Nesterov's momentum.

use super::adam;
use super::define::{Chunk, Magnitudes, Rule, UpdateRule, optimizer};
use super::rounding::{correction, settled};
use super::schedules::LearningRateSchedule;
use super::slots::Slot;
use crate::kernels::dispatch::simd_fn;
use crate::math;
use crate::shape::Shape;
use crate::text::Note;

optimizer! {
    /// Nadam.
    ///
    /// ```text
    /// u_t = beta_1 (1 - 0.96^t / 2)                   t = step + 1
    /// U_t = u_1 u_2 .. u_t
    /// m += (1 - beta_1) (g - m)                       two slots
    /// v += (1 - beta_2) (g^2 - v)
    /// a = u_(t+1) m / (1 - U_(t+1)) + (1 - u_t) g / (1 - U_t)
    /// p -= lr a / (sqrt(v / (1 - beta_2^t)) + epsilon)
    /// ```
    ///
    /// Defaults as in Keras: learning_rate 0.001 (Keras 2: 0.002), beta_1 0.9, beta_2 0.999, epsilon 1e-7.
    /// The momentum's schedule is fixed (Keras 2 had `schedule_decay`).
    ///
    /// Dozat: "Incorporating Nesterov momentum into Adam" (2016).
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::optimizers::{Nadam, Optimizer};
    /// const NADAM: Nadam = Nadam::new(0.1).beta_1(0.5);
    /// let (mut p, mut m, mut v) = ([1.0], [0.0], [0.0]);
    /// NADAM.update(0, &mut p, &[2.0], &mut [&mut m, &mut v]);
    /// // u_1 = 0.26, u_2 = 0.2696; both parts of `a` are multiples of the gradient.
    /// let a = 0.2696 * 0.5 / (1.0 - 0.26 * 0.2696) + 1.0;
    /// assert!((p[0] - (1.0 - 0.1 * a)).abs() < 1e-5);
    /// ```
    Nadam, "nadam", Squares, new [S: LearningRateSchedule], learning_rate = 0.001;
    /// How much of the mean gradient stays: from 0 to less than 1.
    beta_1: f32 = 0.9,
    /// How much of the mean square stays: from 0 to less than 1.
    beta_2: f32 = 0.999,
    /// Keeps the root from 0: positive.
    epsilon: f32 = 1e-7,
}

impl<C> Rule for Nadam<C> {
    const OWN_SLOTS: &'static [Slot] = &[Slot::new("momentum"), Slot::new("velocity")];

    fn wrong(&self) -> Option<Note> {
        let Args {
            beta_1,
            beta_2,
            epsilon,
        } = self.args;
        adam::wrong([beta_1, beta_2], epsilon)
    }
}

impl UpdateRule<0> for Args {
    fn update<Q: Magnitudes>(self, []: [bool; 0], _: Option<&Shape>, chunk: Chunk<'_, '_>) {
        let Chunk {
            lr,
            step,
            p,
            g,
            sums,
            slots,
        } = chunk;
        let Args {
            beta_1,
            beta_2,
            epsilon,
        } = self;
        let [now, next, product] = momentum(beta_1, step);
        let parts = [
            (next / (1.0 - product * next)) as f32,
            ((1.0 - now) / (1.0 - product)) as f32,
        ];
        let rest = correction(beta_2, step);
        // Keras subtracts in f32 here.
        let fresh = [1.0 - beta_1, 1.0 - beta_2];
        if let [m, v, ..] = slots {
            pass::<Q>([lr, rest, epsilon], parts, fresh, p, g, sums, m, v);
        }
    }
}

/// u_t, u_(t+1) and U_t for t = step + 1.
fn momentum(beta_1: f32, step: u64) -> [f64; 3] {
    /// From here on, 1 - 0.96^t / 2 is 1 in `f32`.
    const LAST: u64 = 420;
    let beta_1 = f64::from(beta_1);
    let u = |power: f64| beta_1 * (1.0 - 0.5 * power);
    let (mut power, mut product) = (1.0, 1.0);
    for _ in 0..=step.min(LAST) {
        power *= 0.96;
        product *= u(power);
    }
    product *= libm::pow(beta_1, step.saturating_sub(LAST) as f64);
    [u(power), u(0.96 * power), product]
}

simd_fn! {
    /// `parts` are those of the mean and the new gradient, `fresh` is 1 - beta_1, 1 - beta_2.
    #[allow(clippy::too_many_arguments)]
    fn pass<Q: Magnitudes>(
        numbers: [f32; 3],
        parts: [f32; 2],
        fresh: [f32; 2],
        p: &mut [f32],
        g: &[f32],
        sums: &[f32],
        m: &mut [f32],
        v: &mut [f32],
    ) {
        let [lr, rest, epsilon] = numbers;
        for ((((p, g), s), m), v) in p.iter_mut().zip(g).zip(sums).zip(m).zip(v) {
            *m = settled(*m + fresh[0] * (g - *m));
            *v = settled(*v + fresh[1] * (Q::square(*g, *s) - *v));
            let a = parts[0] * *m + parts[1] * g;
            *p -= lr * a / (math::sqrt(*v / rest) + epsilon);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The product by its definition, for small and large steps.
    #[test]
    fn product() {
        for beta in [0.9_f32, 0.9999] {
            let mut product = 1.0;
            for t in 1..=1000 {
                let u = |t: i32| f64::from(beta) * (1.0 - 0.5 * libm::pow(0.96, f64::from(t)));
                product *= u(t);
                let found = momentum(beta, t as u64 - 1);
                for (found, want) in found.into_iter().zip([u(t), u(t + 1), product]) {
                    assert!(
                        (found - want).abs() < 1e-6 * want,
                        "{found}, not {want}, at {t}"
                    );
                }
            }
        }
    }
}
