//! What a trait asks for that nobody else should implement: it may get more methods, and kernels rely on what it says.

/// Implemented here only.
pub trait Sealed {}

impl Sealed for f32 {}
impl Sealed for u32 {}
impl<T: Sealed, const N: usize> Sealed for [T; N] {}

/// Tuples of metrics.
macro_rules! sealed_tuples {
    () => {
        impl Sealed for () {}
    };
    ($first:ident $($rest:ident)*) => {
        impl<$first, $($rest),*> Sealed for ($first, $($rest,)*) {}
        sealed_tuples! { $($rest)* }
    };
}
sealed_tuples! { A B C D E F G H I J K L }
