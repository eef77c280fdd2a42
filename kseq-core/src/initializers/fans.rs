//! How many inputs and outputs the values of an array connect.

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
