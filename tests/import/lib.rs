//! Nothing: see `models.rs`.
