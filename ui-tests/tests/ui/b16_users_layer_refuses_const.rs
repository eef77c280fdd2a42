// B16: the same where the width is a named constant.
use kseq::prelude::*;

const WIDTH: usize = 33;

mod mine {
    use kseq::layer::{Backward, Ctx, Layer, ShapeRule};
    use kseq::params::NoParams;
    use kseq::shape::{Refusal, Rule};
    use kseq::tensor::Tensor;
    use kseq::text::Text;

    pub struct Pairs;

    impl Pairs {
        pub const fn new() -> Self {
            Pairs
        }
    }

    impl<const N: usize> ShapeRule<[f32; N]> for Pairs {
        const OUTPUT: Rule = if N % 2 == 0 {
            Ok(<[f32; N]>::SHAPE.with_last(N / 2))
        } else {
            let what = Text::new().str("needs an even number of features, got ").num(N);
            Err(Refusal::new(what, "give the layer before an even number of units"))
        };
    }

    impl<const N: usize, const M: usize> Layer<[f32; N], [f32; M]> for Pairs {
        type Params = NoParams;
        type State = NoParams;

        fn infer(&self, _: &NoParams, _: &NoParams, x: &[[f32; N]], y: &mut [[f32; M]], _: &mut Ctx<'_>) {
            for (x, y) in x.iter().zip(y) {
                for (pair, y) in x.chunks(2).zip(y) {
                    *y = pair.iter().sum();
                }
            }
        }

        fn forward(
            &self,
            p: &NoParams,
            s: &mut NoParams,
            x: &[[f32; N]],
            y: &mut [[f32; M]],
            _: &mut [f32],
            cx: &mut Ctx<'_>,
        ) {
            self.infer(p, s, x, y, cx);
        }

        fn backward(
            &self,
            _: &NoParams,
            pass: Backward<'_, [f32; N], [f32; M]>,
            _: &mut NoParams,
            _: &mut Ctx<'_>,
        ) {
            if let Some(dx) = pass.dx {
                for (dx, dy) in dx.iter_mut().zip(pass.dy) {
                    for (i, dx) in dx.iter_mut().enumerate() {
                        *dx = dy[i / 2];
                    }
                }
            }
        }
    }
}

sequential! {
    pub Net = [
        Dense(WIDTH, activation = "relu", input_shape = (784,)),
        mine::Pairs(),
        Dense(10),
    ]
}

fn main() {}
