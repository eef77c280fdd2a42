// J14: padding on one side alone: for a depthwise convolution there is a ZeroPadding1D before it.
use kseq::prelude::*;

sequential! {
    pub Sequence = [DepthwiseConv1D(3, padding = "causal", input_shape = (20, 4))];
    pub Image = [SeparableConv2D(8, 3, padding = "causal", input_shape = (20, 20, 4))];
}

fn main() {}
