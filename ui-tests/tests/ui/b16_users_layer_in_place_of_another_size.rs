// B16: a user's in-place layer whose shape rule says that the output is smaller than the input.
use kseq::prelude::*;

mod mine {
    use kseq::layer::*;

    pub struct Half;

    impl Half {
        pub const fn new() -> Self {
            Half
        }
    }

    impl<const N: usize> ShapeRule<[f32; N]> for Half {
        const OUTPUT: Rule = Ok(<[f32; N]>::SHAPE.with_last(N / 2));
    }

    impl InPlace for Half {
        type Params = NoParams;
        type State = NoParams;
        const READS_OUTPUT: Reads = Reads::Nothing;

        fn infer_in_place(&self, _: &NoParams, _: &NoParams, _: &mut [f32], _: usize, _: &Ctx<'_>) {}

        fn forward_in_place(
            &self,
            _: &NoParams,
            _: &mut NoParams,
            _: &mut [f32],
            _: &mut [f32],
            _: usize,
            _: &Ctx<'_>,
        ) {
        }

        fn backward_in_place(&self, _: &NoParams, _: BackwardInPlace<'_>, _: &mut NoParams, _: &Ctx<'_>) {}
    }
}

sequential! { pub Net = [Dense(8, input_shape = (4,)), mine::Half(), Dense(2)] }

fn main() {}
