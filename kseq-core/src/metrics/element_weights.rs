//! What an element counts for, in metrics of elements.

use crate::losses::Weights;
use crate::tensor::Tensor;

/// The weights of elements: one for each sample, for each row, or for each element. The length says which.
#[derive(Clone, Copy)]
pub(super) struct ElementWeights<'a> {
    rows: Weights<'a>,
    /// One for each element.
    each: Option<&'a [f32]>,
    width: usize,
}

impl<'a> ElementWeights<'a> {
    pub(super) fn new<Out: Tensor>(samples: &[Out], weights: Option<&'a [f32]>) -> Self {
        let (width, elements) = (Out::SHAPE.last().max(1), samples.len() * Out::LEN);
        ElementWeights {
            rows: Weights::new(samples, weights),
            each: weights.filter(|w| width > 1 && w.len() == elements),
            width,
        }
    }

    /// The weight of element `i` of a row.
    #[inline(always)]
    pub(super) fn of(&self, row: usize, i: usize) -> f32 {
        match self.each {
            None => self.rows.of(row),
            Some(each) => each.get(row * self.width + i).copied().unwrap_or(0.0),
        }
    }

    /// One for each element, if they are given so.
    pub(super) fn each(&self) -> Option<&'a [f32]> {
        self.each
    }
}

#[cfg(test)]
mod tests {
    use crate::metrics::{AUC, BinaryIoU, Metric, Precision, RootMeanSquaredError};

    #[test]
    fn weights_of_elements_are_those_of_samples_of_one() {
        let (out, y) = (
            [[0.1, 0.7, 0.4], [0.9, 0.2, 0.6]],
            [[0.0, 1.0, 1.0], [1.0, 1.0, 0.0]],
        );
        let weight = [1.0, 2.0, 0.0, 3.0, 1.0, 2.0];
        let single = |values: &[[f32; 3]; 2]| -> [[f32; 1]; 6] {
            core::array::from_fn(|i| [values.as_flattened()[i]])
        };
        fn check<M>(name: &str, fresh: M, [three, one]: [&dyn Fn(&mut M) -> f32; 2])
        where
            M: Clone,
        {
            let (a, b) = (three(&mut fresh.clone()), one(&mut fresh.clone()));
            assert!((a - b).abs() < 1e-6 && a > 0.0, "{name}: {a} {b}");
        }
        macro_rules! check {
            ($metric:expr) => {
                check(
                    stringify!($metric),
                    $metric,
                    [
                        &|metric| {
                            metric.update(&out, &y, Some(&weight));
                            Metric::<[f32; 3], [f32; 3]>::result(metric)
                        },
                        &|metric| {
                            metric.update(&single(&out), &single(&y), Some(&weight));
                            Metric::<[f32; 1], [f32; 1]>::result(metric)
                        },
                    ],
                )
            };
        }
        check!(AUC::new());
        check!(Precision::new());
        check!(BinaryIoU::new());
        check!(RootMeanSquaredError::new());
    }
}
