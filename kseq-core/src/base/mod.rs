//! The ground floor: shapes, texts, samples, parameters, numbers, threads, errors. Nothing here knows of layers.

pub(crate) mod dims;
pub mod direction;
pub mod error;
pub mod layer_info;
pub mod math;
pub mod params;
pub mod pool;
pub mod rng;
pub mod shape;
pub mod tensor;
pub mod text;
pub mod units;
