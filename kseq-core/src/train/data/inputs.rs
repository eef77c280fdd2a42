//! What `fit`, `evaluate` and `predict` take as data: slices, arrays and vectors of samples and of targets. The traits are
//! there for their words: data of another shape are refused with what was expected and what to do.

/// Inputs of type `T`, one after the other.
#[diagnostic::on_unimplemented(
    message = "these are no samples of the model: expected several `{T}`, found `{Self}`",
    label = "each sample must be a `{T}`",
    note = "a sample has the shape of the model's input, without the batch axis, as nested arrays of `f32` (of `u32` for tokens); one sample alone is `&x[..1]`"
)]
pub trait Inputs<T> {
    /// The samples.
    fn inputs(&self) -> &[T];
}

/// Targets of type `T`, one after the other.
#[diagnostic::on_unimplemented(
    message = "these targets do not fit the model's output and its loss: expected several `{T}`, found `{Self}`",
    label = "each target must be a `{T}`",
    note = "nothing broadcasts: a target has the shape of the output, for one unit `[f32; 1]`",
    note = "classes as numbers (`u32`) go with `SparseCategoricalCrossentropy`, one-hot rows with `CategoricalCrossentropy`"
)]
pub trait Targets<T> {
    /// The targets.
    fn targets(&self) -> &[T];
}

#[diagnostic::do_not_recommend]
impl<T, S: AsRef<[T]> + ?Sized> Inputs<T> for S {
    fn inputs(&self) -> &[T] {
        self.as_ref()
    }
}

#[diagnostic::do_not_recommend]
impl<T, S: AsRef<[T]> + ?Sized> Targets<T> for S {
    fn targets(&self) -> &[T] {
        self.as_ref()
    }
}
