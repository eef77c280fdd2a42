// I14: a user's own layer for sequences of one length.
use kseq::prelude::*;

mod mine {
    use kseq::layer::ShapeRule;
    use kseq::shape::Rule;
    use kseq::tensor::Tensor;

    pub struct Steps;

    impl Steps {
        pub const fn new() -> Self {
            Steps
        }
    }

    impl<const T: usize, const F: usize> ShapeRule<[[f32; F]; T]> for Steps {
        const OUTPUT: Rule = Ok(<[[f32; F]; T]>::SHAPE);
    }
}

sequential! { pub Net = [Dense(8, input_shape = (None, 16)), mine::Steps(), LSTM(4)] }

fn main() {}
