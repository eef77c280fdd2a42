// B16: a user's own layer whose function `new` is no `const fn`.
use kseq::prelude::*;

mod mine {
    use kseq::layer::*;

    pub struct Other;

    impl Other {
        pub fn new() -> Self {
            Other
        }
    }

    impl<const N: usize> ShapeRule<[f32; N]> for Other {
        const OUTPUT: Rule = Ok(<[f32; N]>::SHAPE);
    }

    impl InPlace for Other {
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

sequential! { pub Net = [Dense(8, input_shape = (4,)), mine::Other(), Dense(2)] }

fn main() {}
