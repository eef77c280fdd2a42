// B16: a user's own layer that has no rule for images.
use kseq::prelude::*;

mod mine {
    pub struct Vectors;

    impl Vectors {
        pub const fn new() -> Self {
            Vectors
        }
    }

    impl<const N: usize> kseq::layer::ShapeRule<[f32; N]> for Vectors {
        const OUTPUT: kseq::shape::Rule = Ok(<[f32; N] as kseq::tensor::Tensor>::SHAPE);
    }
}

sequential! { pub Net = [Dense(8, input_shape = (28, 28)), mine::Vectors()] }

fn main() {}
