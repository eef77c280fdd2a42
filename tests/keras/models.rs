//! The models that go to Keras and back.

pub mod guide;
pub mod kinds;
pub mod own;
