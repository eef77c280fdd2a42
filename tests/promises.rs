//! What models promise of a microcontroller, beside what an emulator has measured: `promises.txt` has, for each of these models, the
//! bytes of code above the weights, and of the stack of a prediction or of a step of training. `cargo xtask embedded` measures them
//! and compares, with `--write` it writes the file.

use kseq::prelude::*;

/// Code and stack of predictions, by the names of the models.
macro_rules! predictions {
    ($($name:ident = [$($layers:tt)*];)*) => {
        $(sequential! { $name = [$($layers)*] })*
        const PREDICTIONS: &[(&str, usize, usize)] =
            &[$((stringify!($name), $name::CODE_BYTES, $name::INFER_STACK)),*];
    };
}

/// The stack of steps of training: what `TRAIN_RAM` has besides memory, a sample and its target.
macro_rules! trainings {
    ($($name:ident = [$($layers:tt)*];)*) => {
        $(sequential! { $name = [$($layers)*] })*
        const TRAININGS: &[(&str, usize)] = &[$((stringify!($name), {
            const LEN: usize = trainer_memory::<$name, SGD>(1);
            let data = size_of::<<$name as Model>::Input>() + size_of::<<$name as Model>::Output>();
            $name::TRAIN_RAM - size_of::<TrainerMemory<$name, LEN>>() - data
        })),*];
    };
}

// A line is a model: xtask reads them.
#[rustfmt::skip]
predictions! {
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

#[rustfmt::skip]
trainings! {
    TrainedDense = [Dense(16, activation = "relu", input_shape = (64,)), Dense(4, activation = "softmax")];
    TrainedLstm = [LSTM(16, input_shape = (16, 8)), Dense(4, activation = "softmax")];
    TrainedGru = [GRU(16, input_shape = (16, 8)), Dense(4, activation = "softmax")];
    TrainedRnn = [SimpleRNN(16, input_shape = (16, 8)), Dense(4, activation = "softmax")];
    TrainedConv = [Conv2D(8, 3, activation = "relu", input_shape = (12, 12, 3)), Conv2D(8, 3), Flatten(), Dense(4, activation = "softmax")];
    TrainedConvs = [Conv2D(8, 3, padding = "same", strides = 2, input_shape = (12, 12, 3)), BatchNormalization(), AveragePooling2D(2), Conv2D(8, 2), MaxPooling2D(2), Flatten(), Dense(4, activation = "softmax")];
    TrainedNormalized = [Dense(8, input_shape = (16,)), BatchNormalization(), Dense(4, activation = "softmax")];
    TrainedLayerNormalized = [Dense(8, input_shape = (16,)), LayerNormalization(), Dense(4, activation = "softmax")];
    TrainedDropped = [Dense(8, input_shape = (16,)), Dropout(0.5), Dense(4, activation = "softmax")];
    TrainedSlopes = [Dense(8, input_shape = (16,)), PReLU(), Dense(4, activation = "softmax")];
    TrainedSteps = [TimeDistributed(Dense(8), input_shape = (4, 16)), Flatten(), Dense(4, activation = "softmax")];
    TrainedPools = [MaxPooling2D(2, input_shape = (12, 12, 3)), AveragePooling2D(2), Flatten(), Dense(4, activation = "softmax")];
    TrainedPadded = [Dense(8, input_shape = (4, 4)), ZeroPadding1D(1), Flatten(), Dense(4, activation = "softmax")];
}

/// Code and stack of a model, as measured.
#[track_caller]
fn measured(name: &str) -> [usize; 2] {
    let mut lines = include_str!("promises.txt").lines();
    let line = lines.find(|line| line.split(' ').next() == Some(name));
    let numbers = line.unwrap_or_default().split(' ').skip(1);
    let numbers: Vec<usize> = numbers.map(|number| number.parse().unwrap()).collect();
    let written = "run `cargo xtask embedded --write`";
    numbers
        .try_into()
        .unwrap_or_else(|_| panic!("no measured {name}: {written}"))
}

#[test]
fn promises_are_kept_and_are_no_more_than_needed() {
    for &(name, code, stack) in PREDICTIONS {
        let [found_code, found_stack] = measured(name);
        let limit = found_stack + found_stack / 2 + 256;
        assert!(
            (found_stack..=limit).contains(&stack),
            "{name}: stack {found_stack}, promised {stack}"
        );
        // What the compiler takes for small enough to be in line makes code differ more.
        let limit = 2 * found_code + 512;
        assert!(
            (found_code..=limit).contains(&code),
            "{name}: code {found_code}, promised {code}"
        );
    }
}

#[test]
fn the_stack_of_a_training_is_as_promised() {
    for &(name, stack) in TRAININGS {
        let [_, found] = measured(name);
        let limit = 2 * found + 512;
        assert!(
            (found..=limit).contains(&stack),
            "{name}: stack {found}, promised {stack}"
        );
    }
}
