//! Keras's schedules of the learning rate, each from its definition in `keras/src/optimizers/schedules/learning_rate_schedule.py`.

use std::f64::consts::PI;

use crate::call::Call;

/// The learning rate of a batch, counted from 0.
pub fn at(schedule: &Call, step: u64) -> f64 {
    let number = |name: &str| {
        let number = schedule.some_number(name);
        number.unwrap_or_else(|| panic!("{} without {name}", schedule.class))
    };
    let step = step as f64;
    let initial = || number("initial_learning_rate");
    // How often the rate has decayed.
    let decays = || {
        let decays = step / number("decay_steps");
        if schedule.flag("staircase", false) {
            decays.floor()
        } else {
            decays
        }
    };
    let half_a_cosine = |part: f64| 0.5 * (1.0 + (PI * part).cos());
    let alpha = schedule.number("alpha", 0.0);
    match schedule.class.as_str() {
        "ExponentialDecay" => initial() * number("decay_rate").powf(decays()),
        "InverseTimeDecay" => initial() / (1.0 + number("decay_rate") * decays()),
        "PiecewiseConstantDecay" => {
            let boundaries = schedule.some_numbers("boundaries").unwrap_or_default();
            let values = schedule.some_numbers("values").unwrap_or_default();
            let passed = boundaries.iter().filter(|&&boundary| step > boundary);
            values[passed.count()]
        }
        "PolynomialDecay" => {
            let end = schedule.number("end_learning_rate", 0.0001);
            let mut steps = number("decay_steps");
            let mut step = step;
            if schedule.flag("cycle", false) {
                steps *= (step / steps).ceil().max(1.0);
            } else {
                step = step.min(steps);
            }
            (initial() - end) * (1.0 - step / steps).powf(schedule.number("power", 1.0)) + end
        }
        "CosineDecay" => {
            let steps = number("decay_steps");
            let decayed = |from: f64, step: f64| {
                from * ((1.0 - alpha) * half_a_cosine(step.min(steps) / steps) + alpha)
            };
            let warmup = schedule.number("warmup_steps", 0.0);
            match schedule.some_number("warmup_target") {
                None => decayed(initial(), step),
                Some(target) if step < warmup => initial() + (target - initial()) * step / warmup,
                Some(target) => decayed(target, step - warmup),
            }
        }
        "CosineDecayRestarts" => {
            let (longer, lower) = (schedule.number("t_mul", 2.0), schedule.number("m_mul", 1.0));
            // Period by period; Keras finds the period by a logarithm.
            let (mut length, mut height) = (number("first_decay_steps"), 1.0);
            let mut step = step;
            while step >= length {
                step -= length;
                length *= longer;
                height *= lower;
            }
            initial() * ((1.0 - alpha) * height * half_a_cosine(step / length) + alpha)
        }
        other => panic!("no schedule {other}"),
    }
}
