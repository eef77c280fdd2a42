// B15: Layers of sequences on vectors and images, those of images on sequences, and windows that are too large.
use kseq::prelude::*;

sequential! { pub Pooled = [AveragePooling1D(2, input_shape = (28, 28, 1)), Dense(1)] }

sequential! { pub Largest = [GlobalMaxPooling1D(input_shape = (784,)), Dense(1)] }

sequential! { pub Averaged = [GlobalAveragePooling2D(input_shape = (80, 16)), Dense(1)] }

sequential! { pub Repeated = [UpSampling1D(2, input_shape = (784,)), Dense(1)] }

sequential! { pub Shorter = [Cropping1D(2, input_shape = (28, 28, 1)), Dense(1)] }

sequential! { pub Smaller = [Cropping2D(2, input_shape = (80, 16)), Dense(1)] }

sequential! { pub Framed = [ZeroPadding2D(2, input_shape = (28, 28)), Dense(1)] }

sequential! { pub Gated = [GRU(8, input_shape = (784,)), Dense(1)] }

sequential! { pub Read = [SimpleRNN(8, dropout = 1.5, input_shape = (10, 4)), Dense(1)] }

sequential! { pub Dropped = [GRU(8, recurrent_dropout = -0.5, input_shape = (10, 4)), Dense(1)] }

sequential! { pub Few = [AveragePooling1D(100, input_shape = (80, 16)), Dense(1)] }

sequential! { pub Fewer = [AveragePooling2D(3, input_shape = (2, 2, 8)), Dense(1)] }

sequential! { pub Short = [Conv1D(8, 9, input_shape = (8, 4)), Dense(1)] }

sequential! { pub Never = [UpSampling1D(0, input_shape = (8, 4)), Dense(1)] }

fn main() {}
