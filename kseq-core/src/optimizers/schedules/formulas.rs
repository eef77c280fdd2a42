//! What the formulas of several schedules have in common.

/// The number of steps in units of `steps`, as a fraction or, on a staircase, whole.
pub(super) fn fraction(step: u64, steps: u64, staircase: bool) -> f64 {
    if staircase {
        step.checked_div(steps).unwrap_or(0) as f64
    } else {
        step as f64 / steps as f64
    }
}

/// The decimal that was typed: 0.96, and not the `f32` next to it.
pub(super) fn decimal(x: f32) -> f64 {
    let rounded = libm::round(f64::from(x) * 1e7) / 1e7;
    if rounded as f32 == x {
        rounded
    } else {
        f64::from(x)
    }
}

/// From 1 to `alpha` by half a cosine, scaled by `size`.
pub(super) fn cosine(size: f64, fraction: f64, alpha: f64) -> f64 {
    let cosine = 0.5 * size * (1.0 + libm::cos(core::f64::consts::PI * fraction));
    (1.0 - alpha) * cosine + alpha
}
