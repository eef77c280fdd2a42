//! The axes of an array as a slice.

use crate::shape::{MAX_AXES, Shape};

/// The axes of an array, with room for a batch axis.
pub(crate) struct Dims {
    dims: [usize; MAX_AXES + 1],
    rank: usize,
}

impl Dims {
    /// Of one array.
    pub(crate) const fn of(shape: Shape) -> Self {
        let mut dims = [0; MAX_AXES + 1];
        let mut axis = 0;
        while axis < shape.rank() && axis < MAX_AXES {
            dims[axis] = shape.dim(axis);
            axis += 1;
        }
        Dims { dims, rank: axis }
    }

    /// Of so many of them.
    pub(crate) const fn batched(batch: usize, shape: Shape) -> Self {
        let Dims { dims, rank } = Dims::of(shape);
        let [a, b, c, d, e, _] = dims;
        Dims {
            dims: [batch, a, b, c, d, e],
            rank: rank + 1,
        }
    }

    pub(crate) fn get(&self) -> &[usize] {
        self.dims.get(..self.rank).unwrap_or_default()
    }
}
