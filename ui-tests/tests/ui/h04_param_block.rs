// Parameters of a user's layer: nothing but `f32`s, in the order of the fields.
use kseq::params::ParamBlock;

type Matrix = [[f64; 3]; 3];

#[derive(ParamBlock)]
#[repr(C)]
pub struct NotF32 {
    pub kernel: [[f32; 3]; 2],
    pub bias: Matrix,
}

#[derive(ParamBlock)]
pub struct NotC {
    pub kernel: [[f64; 3]; 2],
}

#[derive(ParamBlock)]
#[repr(C, align(64))]
pub struct Aligned(pub [f32; 3]);

fn main() {}
