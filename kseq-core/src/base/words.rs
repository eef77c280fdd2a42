//! For whom a trait is implemented that is there for its words only.

/// Whoever takes data and metrics: the compiler says "is not implemented for `TheModel`". All implementations are for any type in its
/// place, since the compiler would name them.
#[allow(missing_debug_implementations)]
pub struct TheModel;
