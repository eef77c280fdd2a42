//! Data in the arrays of other crates as samples, without a copy: the features `generic-array` and `nalgebra`.

/// Data that lie in memory as samples of type `T` do.
///
/// `fit`, `evaluate`, `predict` and the others take `x.samples()` where they take a slice of samples or of targets; the model
/// says which `T` it is. What implements it, for elements `f32` and `u32`:
///
/// | data | sample | feature |
/// | --- | --- | --- |
/// | `[GenericArray<f32, U784>]` | `[f32; 784]` | `generic-array` |
/// | `[GenericArray<GenericArray<f32, U3>, U80>]` | `[[f32; 3]; 80]` | `generic-array` |
/// | `[SVector<f32, 784>]` | `[f32; 784]` | `nalgebra` |
/// | `[SMatrix<f32, 3, 80>]` | `[[f32; 3]; 80]` | `nalgebra` |
/// | `OMatrix<f32, Const<784>, Dyn>`, a column for each sample | `[f32; 784]` | `nalgebra` |
///
/// With `no_std` too.
#[diagnostic::on_unimplemented(
    message = "these are no samples of the model: expected several `{T}`, found `{Self}`",
    label = "each sample must lie in memory as a `{T}`",
    note = "the lengths must be the model's: a `GenericArray<f32, U784>` or an `SVector<f32, 784>` is a `[f32; 784]`; an `SMatrix<f32, 3, 80>`, which lies by columns, is a `[[f32; 3]; 80]`"
)]
pub trait Samples<T> {
    /// The same memory as samples.
    fn samples(&self) -> &[T];
}
