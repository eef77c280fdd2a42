//! How many inputs and outputs the values of an array connect.

use crate::shape::Shape;

/// What an initializer has to know of an array.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fans {
    /// How many inputs a unit sums.
    pub fan_in: usize,
    /// How many outputs an input reaches.
    pub fan_out: usize,
    /// The array as a matrix: all axes but the last,
    pub rows: usize,
    /// and the last.
    pub cols: usize,
}

impl Fans {
    /// Of a kernel `(inputs, units)`.
    #[must_use]
    pub const fn dense(inputs: usize, units: usize) -> Self {
        Fans {
            fan_in: inputs,
            fan_out: units,
            rows: inputs,
            cols: units,
        }
    }

    /// Of a kernel `(.., channels, filters)`; `window` is the number of positions it covers.
    #[must_use]
    pub const fn conv(window: usize, channels: usize, filters: usize) -> Self {
        Fans {
            fan_in: window * channels,
            fan_out: window * filters,
            rows: window * channels,
            cols: filters,
        }
    }

    /// Of an array of any shape, as Keras takes it.
    #[must_use]
    pub const fn of(shape: Shape) -> Self {
        let rank = shape.rank();
        if rank < 2 {
            return Fans::vector(shape.last());
        }
        let (mut window, mut axis) = (1, 0);
        while axis + 2 < rank {
            window *= shape.dim(axis);
            axis += 1;
        }
        Fans::conv(window, shape.dim(rank - 2), shape.dim(rank - 1))
    }

    /// Of a vector (bias).
    #[must_use]
    pub const fn vector(len: usize) -> Self {
        Fans {
            fan_in: len,
            fan_out: len,
            rows: 1,
            cols: len,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `keras.src.initializers.random_initializers.compute_fans`.
    #[test]
    fn as_keras_computes_them() {
        let fans = |dims: &[usize]| {
            let Fans {
                fan_in, fan_out, ..
            } = Fans::of(Shape::new(dims));
            (fan_in, fan_out)
        };
        assert_eq!(fans(&[5]), (5, 5));
        assert_eq!(fans(&[10, 4]), (10, 4));
        assert_eq!(fans(&[5, 4, 3]), (20, 15));
        assert_eq!(fans(&[1, 1, 3]), (1, 3));
        assert_eq!(fans(&[3, 3, 8, 16]), (72, 144));
    }
}
