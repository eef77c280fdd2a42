//! The rejected models: see `tests/rejected.rs`.
