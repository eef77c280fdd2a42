// J15: more places behind the windows than there are between them.
use kseq::prelude::*;

sequential! {
    pub Net = [
        Conv2DTranspose(8, 3, strides = 2, output_padding = 2, input_shape = (7, 7, 16)),
        Conv2DTranspose(8, 3, strides = (1, 3), padding = "same", output_padding = (1, 0)),
    ]
}

const PADDING: usize = 1;

sequential! { pub Const = [Conv1DTranspose(8, 3, output_padding = PADDING, input_shape = (7, 16))] }

sequential! {
    pub Words = [
        Conv2DTranspose(8, 3, strides = 2, output_padding = -1, input_shape = (7, 7, 16)),
        Conv2DTranspose(8, 3, strides = 2, output_padding = (1, 1, 1)),
        Conv2DTranspose(8, 3, strides = 2, output_padding = "same"),
    ]
}

fn main() {}
