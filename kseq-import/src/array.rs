//! Named arrays of numbers.

/// An array of a file, its values in C order.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// As it stands in the file: `kernel:0`, `vars/0`, `dense/kernel`.
    pub name: String,
    /// Its axes.
    pub shape: Vec<usize>,
    /// Half and double precision are converted.
    pub values: Vec<f32>,
}

/// The arrays of one layer, in the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The name of the layer, or what stands for it in the file.
    pub name: String,
    /// Its arrays; a layer without weights has none.
    pub arrays: Vec<Array>,
}
