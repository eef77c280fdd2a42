//! A model of 30 MB is made, trained and asked in a thread with 256 KiB of stack, in a debug build.

use kseq::params::Flat;
use kseq::prelude::*;

sequential! {
    /// 7,505,930 parameters: 30 MB, and as much for gradients and slots.
    Large = [
        Dense(2048, activation = "relu", input_shape = (1600,)),
        Dropout(0.5),
        Dense(2048, activation = "relu"),
        Dense(10, activation = "softmax"),
    ]
}

#[test]
fn a_large_model_trains_on_a_small_stack() {
    let job = || {
        let mut model = Large::new(1).threads(1).unwrap().compile(
            Adam::default(),
            CategoricalCrossentropy::default(),
            (Accuracy,),
        );
        assert!(size_of_val(model.params().as_f32s()) > 29_000_000);
        let x = vec![[0.1; 1600]; 20];
        let y = vec![[0.1; 10]; 20];
        let fit = Fit::new().batch_size(8).epochs(2).verbose(0);
        let history = model.fit(&x, &y, fit.validation_data(&x, &y)).unwrap();
        let loss = history.get("loss").unwrap();
        assert!(loss[1] < loss[0]);
        assert_eq!(model.predict(&x).unwrap().len(), 20);
    };
    let thread = std::thread::Builder::new().stack_size(256 * 1024);
    thread.spawn(job).unwrap().join().unwrap();
}

sequential! {
    Stateful = [
        Embedding(2000, 64, batch_input_shape = (8, 200)),
        LSTM(256, return_sequences = true, stateful = true),
        LSTM(256, stateful = true),
        Dense(10, activation = "softmax"),
    ]
}

#[test]
fn a_stateful_model_trains_on_a_small_stack() {
    let job = || {
        let mut model = Stateful::new(1).threads(1).unwrap().compile(
            Adam::default(),
            CategoricalCrossentropy::default(),
            (Accuracy,),
        );
        let (x, y) = (vec![[7; 200]; 16], vec![[0.1; 10]; 16]);
        model.fit(&x, &y, Fit::new().verbose(0)).unwrap();
        assert_eq!(model.predict(&x).unwrap().len(), 16);
    };
    let thread = std::thread::Builder::new().stack_size(256 * 1024);
    thread.spawn(job).unwrap().join().unwrap();
}

sequential! {
    /// A stream keeps 255 steps of 512 features: half a megabyte.
    Windowed = [Conv1D(8, 256, padding = "causal", input_shape = (None, 512)), Dense(1)]
}

#[test]
fn a_stream_with_much_memory_has_it_on_the_heap() {
    let job = || {
        let model = Windowed::new(1);
        let mut stream = model.stream();
        const { assert!(kseq::stream::Stream::<Windowed>::BYTES > 500_000) };
        assert!(stream.push(&[0.1; 512]).unwrap().is_some());
    };
    let thread = std::thread::Builder::new().stack_size(256 * 1024);
    thread.spawn(job).unwrap().join().unwrap();
}
