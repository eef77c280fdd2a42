//! What callbacks have in common that keep numbers in a checkpoint.

use std::format;
use std::string::String;

/// The largest number that a count can be: it is exact as an `f64`, and one can be added to it.
const MOST: f64 = {
    let words = usize::MAX / 2;
    let exact = 1u64 << 52;
    if (words as u64) < exact {
        words as f64
    } else {
        exact as f64
    }
};

/// Whether a state is of `N` counts.
pub(super) fn check_counts<const N: usize>(state: &[f64]) -> Result<(), String> {
    let len = state.len();
    if len != N {
        return Err(format!("expected {N} numbers, found {len}"));
    }
    match state
        .iter()
        .find(|n| !(0.0..=MOST).contains(*n) || n.fract() != 0.0)
    {
        Some(found) => Err(format!("expected whole numbers from 0, found {found}")),
        None => Ok(()),
    }
}

/// Whether a state is of `N` counts and then a best value, as [`Monitor::state`](super::monitor::Monitor::state)
/// writes it.
pub(super) fn check_counts_and_best<const N: usize>(state: &[f64]) -> Result<(), String> {
    let (counts, best) = state.split_at_checked(N).unwrap_or((state, &[]));
    check_counts::<N>(counts)?;
    match *best {
        [some, best] if (some == 0.0 || some == 1.0) && is_f32(best) => Ok(()),
        _ => Err(format!(
            "expected whether there is a best value, and it, found {best:?}"
        )),
    }
}

/// Whether a number of a state was an `f32`.
pub(super) fn is_f32(value: f64) -> bool {
    value.is_nan() || f64::from(value as f32) == value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_that_can_be_meant_are_taken() {
        assert_eq!(check_counts::<2>(&[0.0, MOST]), Ok(()));
        for wrong in [
            &[0.0][..],
            &[0.0; 3],
            &[0.0, -1.0],
            &[0.5, 0.0],
            &[1e300, 0.0],
        ] {
            assert!(check_counts::<2>(wrong).is_err(), "{wrong:?}");
        }
        for wrong in [f64::NAN, f64::INFINITY] {
            assert!(check_counts::<1>(&[wrong]).is_err(), "{wrong}");
        }
        assert_eq!(check_counts_and_best::<1>(&[3.0, 1.0, -0.5]), Ok(()));
        assert_eq!(check_counts_and_best::<1>(&[3.0, 1.0, f64::NAN]), Ok(()));
        for wrong in [&[3.0, 1.0][..], &[3.0, 2.0, 0.0], &[3.0, 1.0, 1e300], &[]] {
            assert!(check_counts_and_best::<1>(wrong).is_err(), "{wrong:?}");
        }
    }
}
