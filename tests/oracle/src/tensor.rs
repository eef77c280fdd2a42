//! A batch of samples, or an array of a layer: scalars with a shape, the last axis runs fastest.

use crate::tape::Var;

/// Scalars with a shape.
#[derive(Clone, Debug)]
pub struct Tensor {
    /// The lengths of the axes; of a batch the first one is that of the samples.
    pub shape: Vec<usize>,
    /// All scalars.
    pub values: Vec<Var>,
}

impl Tensor {
    /// All zeros.
    pub fn zeros(shape: &[usize]) -> Tensor {
        Tensor {
            shape: shape.to_vec(),
            values: vec![Var::ZERO; shape.iter().product()],
        }
    }

    /// Numbers of which nobody asks the derivative.
    pub fn constants(shape: &[usize], values: &[f64]) -> Tensor {
        assert_eq!(shape.iter().product::<usize>(), values.len());
        Tensor {
            shape: shape.to_vec(),
            values: values.iter().map(|value| Var::constant(*value)).collect(),
        }
    }

    /// Made value by value.
    pub fn made(shape: &[usize], mut make: impl FnMut(&[usize]) -> Var) -> Tensor {
        let mut values = Vec::new();
        each(shape, |index| values.push(make(index)));
        Tensor {
            shape: shape.to_vec(),
            values,
        }
    }

    /// Where a value lies.
    pub fn place(&self, index: &[usize]) -> usize {
        debug_assert_eq!(index.len(), self.shape.len());
        index.iter().zip(&self.shape).fold(0, |place, (at, len)| {
            debug_assert!(at < len, "{index:?} of {:?}", self.shape);
            place * len + at
        })
    }

    /// A value.
    pub fn at(&self, index: &[usize]) -> Var {
        self.values[self.place(index)]
    }

    /// A value at whole numbers, of which some may be outside: there it is nothing.
    pub fn inside(&self, index: &[isize]) -> Option<Var> {
        let mut place = 0;
        for (at, len) in index.iter().zip(&self.shape) {
            place = place * len + usize::try_from(*at).ok().filter(|at| at < len)?;
        }
        Some(self.values[place])
    }

    /// The length of the last axis.
    pub fn width(&self) -> usize {
        *self.shape.last().expect("an axis")
    }

    /// The number of samples.
    pub fn batch(&self) -> usize {
        self.shape[0]
    }

    /// The shape of a sample.
    pub fn sample(&self) -> &[usize] {
        &self.shape[1..]
    }

    /// The same values in another shape.
    pub fn reshaped(self, shape: &[usize]) -> Tensor {
        assert_eq!(shape.iter().product::<usize>(), self.values.len());
        Tensor {
            shape: shape.to_vec(),
            ..self
        }
    }

    /// A function of each value.
    pub fn map(&self, f: impl FnMut(Var) -> Var) -> Tensor {
        Tensor {
            shape: self.shape.clone(),
            values: self.values.iter().copied().map(f).collect(),
        }
    }

    /// The numbers alone.
    pub fn numbers(&self) -> Vec<f64> {
        self.values.iter().map(|value| value.value()).collect()
    }
}

/// Calls with each index of a shape, the last axis fastest.
pub fn each(shape: &[usize], mut f: impl FnMut(&[usize])) {
    let mut index = vec![0; shape.len()];
    for _ in 0..shape.iter().product() {
        f(&index);
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            if index[axis] < shape[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
}
