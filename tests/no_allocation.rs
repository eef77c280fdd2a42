//! A training step allocates nothing, on one thread or two: an epoch of many steps asks the
//! allocator exactly as often as an epoch of few.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use kseq::params::Flat;
use kseq::prelude::*;

struct Counting;

static CALLS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: passes everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.fetch_add(1, Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(ptr, layout) }
    }
    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        CALLS.fetch_add(1, Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.realloc(ptr, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn calls(f: impl FnOnce()) -> usize {
    let before = CALLS.load(Relaxed);
    f();
    CALLS.load(Relaxed) - before
}

sequential! {
    Net = [
        Dense(256, activation = "relu", input_shape = (128,), kernel_regularizer = L1L2(0.01, 0.01)),
        Dropout(0.3, activity_regularizer = "l2"),
        Dense(256, activation = "gelu", kernel_constraint = MaxNorm(2.0), kernel_regularizer = OrthogonalRegularizer()),
        Activation("tanh"),
        Reshape((16, -1)),
        Conv1D(20, 3, padding = "same", activation = "relu"),
        SeparableConv1D(10, 3, padding = "same", activation = "gelu"),
        DepthwiseConv1D(2, padding = "same", depth_multiplier = 2),
        BatchNormalization(),
        MaxPooling1D(3, strides = 2, padding = "same"),
        LayerNormalization(),
        GroupNormalization(5),
        RMSNormalization(),
        UnitNormalization(axis = 1),
        LeakyReLU(0.1),
        SpatialDropout1D(0.1),
        GaussianNoise(0.1, seed = 3),
        Softmax(axis = 1),
        Activation("sparsemax"),
        Permute((2, 1)),
        Conv1DTranspose(6, 3, strides = 2, activation = "gelu"),
        LocallyConnected1D(4, 3, strides = 3),
        Reshape((1, 2, -1, 2)),
        Conv3D(3, (1, 2, 3), activation = "relu"),
        Conv3DTranspose(2, (1, 1, 2)),
        Flatten(),
        Dense(10, activation = "softmax"),
    ]
}

fn fit(threads: usize, parts: usize) {
    let model = Net::new(1).threads(threads).unwrap();
    let mut model = model.compile(
        RMSprop::default(),
        CategoricalCrossentropy::default(),
        (Accuracy,),
    );
    model = model.parts(parts).unwrap();
    let x = vec![[0.5; 128]; 64 * 80];
    let y = vec![[0.1; 10]; 64 * 80];
    let mut epoch = |samples: usize| {
        let fit = Fit::new().batch_size(64).epochs(1).verbose(0);
        calls(|| drop(model.fit(&x[..samples], &y[..samples], fit)))
    };
    epoch(64 * 80); // threads, buffers, instruction set
    let (few, many) = (epoch(64 * 2), epoch(64 * 80));
    assert_eq!(
        few, many,
        "2 steps and 80 steps, {threads} threads, {parts} parts"
    );
}

sequential! {
    Stateful = [
        LSTM(32, return_sequences = true, stateful = true, batch_input_shape = (64, 8, 16)),
        GRU(32, stateful = true, dropout = 0.2, recurrent_dropout = 0.2),
        Dense(10, activation = "softmax"),
    ]
}

sequential! {
    Masked = [
        Embedding(9, 8, mask_zero = true, input_length = 8),
        LSTM(32, return_sequences = true),
        Masking(0.5),
        BatchNormalization(),
        GRU(32, return_sequences = true, reset_after = false),
        SimpleRNN(32, return_sequences = true),
        Bidirectional(GRU(16, return_sequences = true)),
        GlobalAveragePooling1D(),
        Dense(10, activation = "softmax"),
    ]
}

fn fit_sequences<M>(sample: M::Input, threads: usize)
where
    M: Model<Output = [f32; 10], Units = kseq::model::ManyUnits<kseq::model::EndsWithSoftmax>>,
{
    let model = M::new(1).threads(threads).unwrap();
    let mut model = model.compile(
        RMSprop::default(),
        CategoricalCrossentropy::default(),
        (Accuracy,),
    );
    let x: Vec<M::Input> = std::iter::repeat_n(sample, 64 * 20).collect();
    let y = vec![[0.1; 10]; 64 * 20];
    let mut epoch = |samples: usize| {
        let fit = Fit::new().epochs(1).verbose(0);
        calls(|| drop(model.fit(&x[..samples], &y[..samples], fit)))
    };
    epoch(64 * 20); // threads, buffers, instruction set
    let (few, many) = (epoch(64 * 2), epoch(64 * 20));
    assert_eq!(
        few,
        many,
        "2 steps and 20 steps of {}, {threads} threads",
        M::NAME
    );
}

sequential! {
    OfAnyLength = [
        Conv1D(16, 3, activation = "relu", input_shape = (None, 4)),
        LSTM(16, return_sequences = true),
        GlobalAveragePooling1D(),
        Dense(10, activation = "softmax"),
    ]
}

sequential! {
    Listener = [
        Conv1D(16, 3, padding = "causal", input_shape = (None, 4)),
        MaxPooling1D(2),
        GRU(8, return_sequences = true),
        Dense(3, activation = "softmax"),
    ]
}

/// The steps of a stream: its memory is there when it begins.
fn push_allocates_nothing() {
    let model = Listener::new(1);
    let mut stream = model.stream();
    let n = calls(|| {
        for _ in 0..9 {
            stream.push(&[0.5; 4]).unwrap();
        }
    });
    assert_eq!(n, 0, "allocations of nine steps of a stream");
}

/// Batches of many lengths, each of which has a plan of its own.
fn fit_any_length(threads: usize) {
    let model = OfAnyLength::new(1).threads(threads).unwrap();
    let mut model = model.compile(
        RMSprop::default(),
        CategoricalCrossentropy::default(),
        (Accuracy,),
    );
    let x: Vec<Vec<[f32; 4]>> = (0..400).map(|k| vec![[0.5; 4]; 3 + k % 9]).collect();
    let y = vec![[0.1; 10]; x.len()];
    let mut epoch = |steps: usize| {
        let fit = Fit::new().batch_size(8).steps_per_epoch(steps).verbose(0);
        calls(|| drop(model.fit(&x, &y, fit)))
    };
    epoch(50); // threads, buffers, instruction set
    let (few, many) = (epoch(2), epoch(50));
    assert_eq!(
        few, many,
        "2 steps and 50 steps of any length, {threads} threads"
    );
}

/// Without the test harness: the count is that of the whole process, and its threads allocate too.
fn main() {
    train_on_batch_allocates_only_the_first_time();
    predict_into_allocates_nothing();
    push_allocates_nothing();
    fit(1, 1);
    fit(1, 3);
    fit_sequences::<Stateful>([[0.5; 16]; 8], 1);
    fit_sequences::<Masked>([0, 1, 2, 0, 3, 4, 0, 0], 1);
    fit_any_length(1);
    // Last, since the threads of a dropped pool end some time later, and that allocates.
    fit(2, 1);
    println!("no_allocation: 9 passed, 0 failed");
}

fn train_on_batch_allocates_only_the_first_time() {
    let model = Net::new(1).threads(1).unwrap();
    let mut model = model.compile(
        SGD::default(),
        CategoricalCrossentropy::default(),
        (Accuracy,),
    );
    let (x, y) = (vec![[0.5; 128]; 64], vec![[0.1; 10]; 64]);
    model.train_on_batch(&x, &y).unwrap();
    let again = calls(|| {
        for _ in 0..20 {
            let _ = model.train_on_batch(&x, &y);
            let _ = model.test_on_batch(&x, &y);
        }
    });
    assert_eq!(again, 0);
}

fn predict_into_allocates_nothing() {
    let mut model = Net::new(1);
    let x = [[0.5; 128]; 3];
    let mut y = [[0.0; 10]; 3];
    let mut work = vec![0.0; Net::SIZES.predict() * 3];
    let mut state: <Net as Model>::State = kseq::params::zeroed();
    let initial = model.state_mut().as_f32s();
    state.as_f32s_mut().copy_from_slice(initial);
    let pool = kseq::pool::Pool::Serial;
    let cx = kseq::layer::Ctx::new(&pool, 0, 0);
    let n = calls(|| {
        Net::predict_into(model.params(), &state, &x, &mut y, &mut work, &cx);
    });
    assert_eq!((n, y.to_vec()), (0, model.predict(&x).unwrap()));
    // The same of a `Sequential`, which has kept its memory since the call above.
    let mut again = [[0.0; 10]; 3];
    let n = calls(|| model.predict_into(&x, &mut again).unwrap());
    assert_eq!((n, again), (0, y));
    let error = model.predict_into(&x, &mut again[..2]).unwrap_err();
    assert_eq!(error.to_string(), "y: expected room for 3 outputs, found 2");
}
