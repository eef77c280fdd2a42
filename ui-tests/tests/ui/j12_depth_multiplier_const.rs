// J12: no channels are left: a multiplier of 0, filters of 0, as literals and as constants.
use kseq::prelude::*;

const NONE: usize = 0;

sequential! {
    pub Literal = [DepthwiseConv2D(3, depth_multiplier = 0, input_shape = (8, 8, 3))];
    pub Constant = [DepthwiseConv1D(3, depth_multiplier = NONE, input_shape = (8, 3))];
    pub Filters = [SeparableConv1D(NONE, 3, input_shape = (8, 3))];
}

fn main() {}
