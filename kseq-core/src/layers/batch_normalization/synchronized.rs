//! `synchronized`: moments over the samples of all ranks, and their gradients.

use crate::base::share::{SumOfParts, Sums};

/// The number of values of a channel, of which the share is 1 / that; 0 where none counts.
fn count(share: f32) -> f64 {
    match share == 0.0 {
        true => 0.0,
        false => (1.0 / f64::from(share)).round(),
    }
}

/// Mean and variance of this part become those of all; `shares` is 1 / the number of values that count, of each channel.
pub(super) fn moments(
    sums: &SumOfParts<'_>,
    mean: &mut [f32],
    variance: &mut [f32],
    shares: &[f32],
) {
    let channels = mean.len();
    // What the mean of this part is away from that of all comes to its variance.
    sums(2 * channels, &mut |values, which| {
        let (totals, counts) = values.split_at_mut(channels);
        let each = totals.iter_mut().zip(counts).zip(shares);
        let each = each.zip(mean.iter_mut().zip(&mut *variance));
        for (((total, all), share), (mean, variance)) in each {
            match which {
                Sums::Own => (*total, *all) = (f64::from(*mean) * count(*share), count(*share)),
                Sums::All => {
                    let of_all = *total / all.max(1.0);
                    let away = f64::from(*mean) - of_all;
                    *variance += (away * away) as f32;
                    *mean = of_all as f32;
                }
            }
        }
    });
    sums(2 * channels, &mut |values, which| {
        let (totals, counts) = values.split_at_mut(channels);
        let each = totals.iter_mut().zip(counts).zip(shares);
        for (((total, all), share), variance) in each.zip(&mut *variance) {
            match which {
                Sums::Own => (*total, *all) = (f64::from(*variance) * count(*share), count(*share)),
                Sums::All => *variance = (*total / all.max(1.0)) as f32,
            }
        }
    });
}

/// The sums over this part that the gradient of the input needs become those over all, and so do the shares.
pub(super) fn back(
    sums: &SumOfParts<'_>,
    plain: &mut [f32],
    moved: &mut [f32],
    shares: &mut [f32],
) {
    let channels = plain.len();
    sums(3 * channels, &mut |values, which| {
        let (of_plain, values) = values.split_at_mut(channels);
        let (of_moved, counts) = values.split_at_mut(channels);
        let all = of_plain.iter_mut().zip(of_moved).zip(counts);
        let own = plain.iter_mut().zip(&mut *moved).zip(&mut *shares);
        for (((of_plain, of_moved), all), ((plain, moved), share)) in all.zip(own) {
            match which {
                Sums::Own => {
                    *of_plain = f64::from(*plain);
                    *of_moved = f64::from(*moved);
                    *all = count(*share);
                }
                Sums::All => {
                    *plain = *of_plain as f32;
                    *moved = *of_moved as f32;
                    *share = (1.0 / all.max(1.0)) as f32;
                }
            }
        }
    });
}
