//! `keras.utils.normalize`.

use std::vec::Vec;

use kseq_core::error::Error;
use kseq_core::tensor::Tensor;
use kseq_core::text::Note;

/// Samples divided by their norms along an axis, the batch being axis 0 and -1 the last one: the `order`th root of the sum of
/// the powers of the sizes, for infinity the largest size. What is all 0 stays so. Keras's defaults are -1 and 2.
///
/// ```
/// use kseq::utils::normalize;
/// let x = [[3.0, 4.0], [0.0, 0.0]];
/// assert_eq!(normalize(&x, -1, 2.0)?, [[0.6, 0.8], [0.0, 0.0]]);
/// assert_eq!(normalize(&x, 0, 1.0)?, [[1.0, 1.0], [0.0, 0.0]]);
/// assert_eq!(normalize(&x, 1, f32::INFINITY)?, [[0.75, 1.0], [0.0, 0.0]]);
/// # Ok::<(), kseq::error::Error>(())
/// ```
///
/// # Errors
/// There is no such axis, or the order is not positive.
pub fn normalize<T: Tensor<Elem = f32>>(x: &[T], axis: isize, order: f32) -> Result<Vec<T>, Error> {
    let wrong = |why: Note| Error::Argument {
        name: "normalize",
        why,
    };
    let rank = T::SHAPE.rank() + 1;
    let place = match axis {
        ..0 => rank.checked_add_signed(axis),
        _ => Some(axis.unsigned_abs()).filter(|axis| *axis < rank),
    };
    let Some(place) = place else {
        let why = Note::new().str("expected an axis from 0 to ").num(rank - 1);
        let why = why.str(", found ").str(if axis < 0 { "-" } else { "" });
        return Err(wrong(why.num(axis.unsigned_abs())));
    };
    if order.is_nan() || order <= 0.0 {
        return Err(wrong(
            Note::new()
                .str("expected an order above 0, found ")
                .float(order),
        ));
    }
    let size = |axis: usize| match axis {
        0 => x.len(),
        axis => T::SHAPE.dim(axis - 1),
    };
    let step: usize = (place + 1..rank).map(size).product();
    let (count, block) = (size(place), size(place) * step);
    let mut all = x.to_vec();
    let values = T::flat_mut(&mut all);
    for block in values.chunks_mut(block.max(1)) {
        for first in 0..step {
            let line = || (0..count).map(|i| first + i * step);
            let sizes = line()
                .filter_map(|at| block.get(at))
                .map(|v| f64::from(v.abs()));
            let norm = match order {
                f32::INFINITY => sizes.fold(0.0, f64::max),
                order => {
                    let order = f64::from(order);
                    sizes.map(|v| v.powf(order)).sum::<f64>().powf(1.0 / order)
                }
            };
            for at in line() {
                if let Some(value) = block.get_mut(at).filter(|_| norm != 0.0) {
                    *value = (f64::from(*value) / norm) as f32;
                }
            }
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::normalize;

    #[test]
    fn axes_and_what_there_is_not() {
        let x = [[[1.0f32, 2.0], [3.0, 4.0]]];
        assert_eq!(
            normalize(&x, 1, 1.0).unwrap(),
            [[[0.25, 2.0 / 6.0], [0.75, 4.0 / 6.0]]]
        );
        assert_eq!(
            normalize(&x, -2, 1.0).unwrap(),
            normalize(&x, 1, 1.0).unwrap()
        );
        assert_eq!(normalize(&x, 0, 3.0).unwrap(), [[[1.0; 2]; 2]]);
        let why = normalize(&x, 3, 2.0).unwrap_err().to_string();
        assert_eq!(why, "normalize: expected an axis from 0 to 2, found 3");
        assert!(normalize(&x, -4, 2.0).is_err() && normalize(&x, 0, 0.0).is_err());
    }
}
