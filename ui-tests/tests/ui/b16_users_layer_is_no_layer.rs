// B16: a user's own layer that has a shape rule for its input, but no implementation.
use kseq::prelude::*;

mod mine {
    pub struct Scale(#[allow(dead_code)] f32);

    impl Scale {
        pub const fn new(factor: f32) -> Self {
            Scale(factor)
        }
    }

    impl<const N: usize> kseq::layer::ShapeRule<[f32; N]> for Scale {
        const OUTPUT: kseq::shape::Rule = Ok(<[f32; N] as kseq::tensor::Tensor>::SHAPE);
    }
}

sequential! { pub Net = [Dense(8, input_shape = (28,)), mine::Scale(0.5), Dense(1)] }

fn main() {}
