//! The ground floor: shapes, texts, samples, parameters, numbers, threads, errors, and what is known of a layer without its
//! type. Nothing here knows what a layer does.

pub(crate) mod dims;
pub mod direction;
pub mod error;
pub mod facts;
#[cfg(feature = "std")]
pub(crate) mod fakes;
pub mod layer_info;
pub mod masks;
pub mod math;
#[cfg(feature = "rayon")]
pub mod meter;
pub mod needs;
#[cfg(feature = "std")]
pub(crate) mod nested;
pub mod open;
pub mod operator;
pub mod params;
pub(crate) mod part;
pub mod pool;
pub mod rng;
#[cfg(feature = "import")]
pub(crate) mod said;
pub(crate) mod sealed;
pub mod shape;
pub mod share;
#[cfg(feature = "rayon")]
pub(crate) mod team;
pub mod tensor;
pub mod text;
pub mod units;
#[cfg(feature = "std")]
pub mod whole;
pub mod words;
pub mod work;
