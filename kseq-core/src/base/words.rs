//! For whom a trait is implemented that is there for its words only.

/// Whoever takes data and metrics: the compiler says "is not implemented for `TheModel`". All implementations are for any type in its
/// place, since the compiler would name them.
#[allow(missing_debug_implementations)]
pub struct TheModel;

/// Of whom nothing is implemented.
#[allow(missing_debug_implementations)]
pub struct Nobody;

/// Nothing implements it: a bound that decides against an implementation. (The lifetime is for bounds without a variable, which the
/// compiler would judge at once.)
pub trait Never<'w> {}
