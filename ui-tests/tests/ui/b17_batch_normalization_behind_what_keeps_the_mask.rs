// The mask of the padding goes through layers that change nothing, Keras's and one's own, to the normalization.
use kseq::layer::*;
use kseq::prelude::*;

struct Same;

impl Same {
    const fn new() -> Self {
        Same
    }
}

impl<In: Tensor<Elem = f32>> ShapeRule<In> for Same {
    const OUTPUT: Rule = Ok(In::SHAPE);
}

impl InPlace for Same {
    type Params = NoParams;
    type State = NoParams;
    const READS_OUTPUT: Reads = Reads::Nothing;
    const MASK: Mask = Mask::Keeps;
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

sequential! {
    pub Penalized = [
        Embedding(1024, 8, mask_zero = True, input_length = 80),
        ActivityRegularization(l2 = 0.01),
        BatchNormalization(),
    ]
}

sequential! {
    pub Own = [
        Embedding(1024, 8, mask_zero = True, input_length = 80),
        self::Same(),
        BatchNormalization(),
    ]
}

fn main() {}
