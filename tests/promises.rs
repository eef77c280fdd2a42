//! What models promise of a microcontroller, beside what an emulator has measured: `promises.txt` has, for each of these models,
//! the bytes of code above the weights, and of the stack of a prediction. `embedded/measure/promises.sh` writes it.

use kseq::prelude::*;

/// `CODE_BYTES` and `INFER_STACK` by the names of the models.
macro_rules! models {
    ($($name:ident = [$($layers:tt)*];)*) => {
        $(sequential! { $name = [$($layers)*] })*
        const PROMISED: &[(&str, usize, usize)] =
            &[$((stringify!($name), $name::CODE_BYTES, $name::INFER_STACK)),*];
    };
}

// A line is a model: the script reads them.
#[rustfmt::skip]
models! {
    Mlp = [Dense(32, activation = "relu", input_shape = (784,)), Dense(10, activation = "softmax")];
    One = [Dense(4, input_shape = (16,))];
    Two = [Dense(8, activation = "relu", input_shape = (16,)), Dense(4)];
    Four = [Dense(8, activation = "relu", input_shape = (16,)), Dense(4), Dense(5), Dense(6)];
    Tanh = [Dense(8, activation = "tanh", input_shape = (16,)), Dense(4)];
    Sigmoid = [Dense(8, activation = "relu", input_shape = (16,)), Dense(1, activation = "sigmoid")];
    Gru = [GRU(8, input_shape = (8, 4))];
    Lstm = [LSTM(16, input_shape = (16, 8))];
    Rnn = [SimpleRNN(8, input_shape = (8, 4))];
    Stacked = [LSTM(8, return_sequences = true, input_shape = (8, 4)), LSTM(4), Dense(2)];
    Cnn = [Conv2D(8, (3, 3), activation = "relu", input_shape = (28, 28, 1)), MaxPooling2D((2, 2)), Conv2D(16, (3, 3), activation = "relu"), MaxPooling2D((2, 2)), Flatten(), Dense(10, activation = "softmax")];
    Pooled = [Conv2D(4, 3, activation = "relu", input_shape = (8, 8, 3)), MaxPooling2D(2), Flatten(), Dense(3)];
    Sequence = [Conv1D(4, 3, activation = "relu", input_shape = (16, 3)), MaxPooling1D(2), Flatten(), Dense(3)];
    Averaged = [Conv2D(4, 3, activation = "relu", input_shape = (8, 8, 3)), GlobalAveragePooling2D(), Dense(3)];
    Largest = [Conv2D(4, 3, activation = "relu", input_shape = (8, 8, 3)), GlobalMaxPooling2D(), Dense(3)];
    ConvNormalized = [Conv2D(4, 3, activation = "relu", input_shape = (8, 8, 3)), BatchNormalization(), Flatten(), Dense(3)];
    Normalized = [Dense(8, activation = "relu", input_shape = (16,)), BatchNormalization(), Dense(4)];
    LayerNormalized = [Dense(8, activation = "relu", input_shape = (16,)), LayerNormalization(), Dense(4)];
    Slopes = [Dense(8, input_shape = (16,)), PReLU(), Dense(4)];
    Dropped = [Dense(8, activation = "relu", input_shape = (16,)), Dropout(0.5), Dense(4)];
    Padded = [ZeroPadding2D(1, input_shape = (8, 8, 3)), Flatten(), Dense(4)];
    Turned = [Permute((2, 1), input_shape = (8, 3)), Flatten(), Dense(4)];
    Enlarged = [UpSampling2D(2, input_shape = (8, 8, 3)), Flatten(), Dense(4)];
    Repeated = [Dense(8, input_shape = (16,)), RepeatVector(3), Flatten(), Dense(4)];
    Steps = [TimeDistributed(Dense(8), input_shape = (4, 16)), Flatten(), Dense(4)];
}

#[test]
fn promises_are_kept_and_are_no_more_than_needed() {
    let measured = include_str!("promises.txt");
    for &(name, code, stack) in PROMISED {
        let line = measured
            .lines()
            .find(|line| line.split(' ').next() == Some(name));
        let numbers = line.unwrap_or_default().split(' ').skip(1);
        let [found_code, found_stack]: [usize; 2] = numbers
            .map(|number| number.parse().unwrap())
            .collect::<Vec<_>>()
            .try_into()
            .unwrap_or_else(|_| panic!("no measured {name}: run embedded/measure/promises.sh"));
        let stack_limit = found_stack + found_stack / 2 + 256;
        assert!(
            (found_stack..=stack_limit).contains(&stack),
            "{name}: stack {found_stack}, promised {stack}"
        );
        // What the compiler takes for small enough to be in line makes code differ more.
        let code_limit = 2 * found_code + 512;
        assert!(
            (found_code..=code_limit).contains(&code),
            "{name}: code {found_code}, promised {code}"
        );
    }
}
