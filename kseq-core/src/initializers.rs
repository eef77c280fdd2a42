//! stub
#![allow(missing_docs)]
use crate::rng::Rng;
#[derive(Clone, Copy)]
pub enum Initializer {
    Zeros,
}
#[derive(Clone, Copy)]
pub struct Fans;
impl Fans {
    pub const fn dense(_: usize, _: usize) -> Fans {
        Fans
    }
}
impl Initializer {
    pub const GLOROT_UNIFORM: Initializer = Initializer::Zeros;
    pub const ZEROS: Initializer = Initializer::Zeros;
    pub fn fill(&self, _: &mut [f32], _: Fans, _: &mut Rng) {}
}
