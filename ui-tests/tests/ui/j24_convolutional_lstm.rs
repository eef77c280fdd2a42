// J24: a convolutional LSTM on images instead of sequences of them, on images of any size, with a window that does not fit.
use kseq::prelude::*;

sequential! {
    Image = [ConvLSTM2D(8, 3, input_shape = (28, 28, 1))]
    AnySize = [ConvLSTM1D(8, 3, input_shape = (None, None, 4))]
    Window = [ConvLSTM2D(8, (9, 3), input_shape = (5, 8, 8, 1))]
    Both = [ConvLSTM2D(8, 3, strides = 2, dilation_rate = 2, input_shape = (5, 8, 8, 1))]
    Causal = [ConvLSTM1D(8, 3, padding = "causal", input_shape = (5, 8, 1))]
}

fn main() {
    let _ = (Image::new(0), AnySize::new(0), Window::new(0), Both::new(0), Causal::new(0));
}
