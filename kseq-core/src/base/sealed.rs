//! What a trait asks for that nobody else should implement: it may get more methods, and kernels rely on what it says.

/// Implemented here only.
pub trait Sealed {}

impl Sealed for f32 {}
impl Sealed for u32 {}
impl Sealed for () {}
impl<T: Sealed, const N: usize> Sealed for [T; N] {}
