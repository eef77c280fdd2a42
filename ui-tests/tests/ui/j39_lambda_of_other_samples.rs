// J39: a Lambda whose function takes other samples than those that come.
use kseq::prelude::*;

fn sum(x: &[f32; 3], y: &mut [f32; 1]) {
    *y = [x[0] + x[1] + x[2]];
}

fn back(_: &[f32; 3], dy: &[f32; 1], dx: &mut [f32; 3]) {
    *dx = [dy[0]; 3];
}

sequential! {
    pub Net = [Dense(4, input_shape = (8,)), Lambda(sum, output_shape = (1,), gradient = back)]
}

fn main() {}
