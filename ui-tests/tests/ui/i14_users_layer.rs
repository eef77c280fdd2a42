// I14: a user's own layer for sequences of one length, and rules that answer with an axis of any length of their own.
use kseq::prelude::*;

mod mine {
    use kseq::layer::{Open, Rule, ShapeRule, Tensor};

    pub struct Steps;

    impl Steps {
        pub const fn new() -> Self {
            Steps
        }
    }

    impl<const T: usize, const F: usize> ShapeRule<[[f32; F]; T]> for Steps {
        const OUTPUT: Rule = Ok(<[[f32; F]; T]>::SHAPE);
    }

    pub struct Unroll;

    impl Unroll {
        pub const fn new() -> Self {
            Unroll
        }
    }

    impl<const F: usize> ShapeRule<[f32; F]> for Unroll {
        const OUTPUT: Rule = Ok(<Open<[f32; F]>>::SHAPE);
    }

    pub struct Swap;

    impl Swap {
        pub const fn new() -> Self {
            Swap
        }
    }

    impl<const F: usize> ShapeRule<Open<[f32; F]>> for Swap {
        const OUTPUT: Rule = Ok(kseq::shape::Shape::new(&[F, kseq::shape::Shape::NONE]));
    }
}

sequential! {
    pub Fixed = [Dense(8, input_shape = (None, 16)), mine::Steps(), LSTM(4)];
    pub Opens = [Dense(8, input_shape = (16,)), mine::Unroll(), LSTM(4)];
    pub Swaps = [Dense(8, input_shape = (None, 16)), mine::Swap(), LSTM(4)];
}

fn main() {}
