//! The ground floor: shapes, texts, samples, parameters, numbers, threads, errors. Nothing here knows of layers.

pub mod error;
pub mod math;
pub mod params;
pub mod pool;
pub mod rng;
pub mod shape;
pub mod tensor;
pub mod text;
