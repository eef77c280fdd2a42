//! Links for the host with neither std, nor an allocator, nor libc, and runs: a prediction, one with weights in the program, one in integers, one of a
//! model that Keras has trained, and training steps in static memory. A crate in the graph that brings std fails with "duplicate lang
//! item `panic_impl`", one that brings alloc with "no global memory allocator found", a libc
//! function with "undefined symbol".
//!
//! ```sh
//! cd tests/nostd-proof && cargo build --release && ./target/release/nostd-proof; echo $?
//! ```
#![no_std]
#![no_main]

use core::arch::{asm, global_asm};
use core::hint::black_box;

use kseq::prelude::*;

sequential! {
    /// The guide's perceptron.
    pub Mlp = [
        Dense(64, activation = "relu", input_dim = 20),
        Dropout(0.5),
        Dense(64, activation = "tanh"),
        Dropout(0.5),
        Dense(10, activation = "softmax"),
    ]
}

sequential! {
    /// Convolution, normalisation, pooling and recurrence.
    pub Sequence = [
        Conv1D(4, 3, activation = "relu", input_shape = (12, 2)),
        BatchNormalization(),
        SeparableConv1D(4, 2, padding = "same", activation = "relu"),
        DepthwiseConv1D(2, padding = "same"),
        GroupNormalization(2),
        LeakyReLU(0.1),
        SpatialDropout1D(0.1),
        MaxPooling1D(2),
        GaussianNoise(0.1),
        Softmax(axis = 1),
        LSTM(6, return_sequences = true),
        RMSNormalization(),
        UnitNormalization(),
        AlphaDropout(0.1),
        Bidirectional(GRU(5, activation = "silu")),
        Dense(2, activation = "softmax"),
    ]
}

sequential! {
    /// A model with weights in the program, those of `tests/baked`.
    pub Digits = [
        Conv2D(3, 3, activation = "relu", input_shape = (8, 8, 1)),
        BatchNormalization(),
        MaxPooling2D(),
        Flatten(),
        Dense(4, activation = "softmax"),
    ]
}

static DIGITS: Baked<Digits> = include_weights!(Digits, "../baked/digits.safetensors");

/// Two samples in the memory for one, and each by itself: probabilities, which differ.
fn test_baked() -> bool {
    let x = [[[[0.25]; 8]; 8], [[[-0.5]; 8]; 8]];
    let mut y = [[0.0; 4]; 2];
    let mut scratch = [0.0; Baked::<Digits>::SCRATCH];
    let done = DIGITS.predict_into(black_box(&x), &mut y, &mut scratch);
    let sums = y.map(|y| y.iter().sum::<f32>() - 1.0);
    let differs = (0..4).any(|i| y[0][i] != y[1][i]);
    let mut slices = [0.0; 4];
    match DIGITS.predict_some(&x[1], &mut slices, &mut scratch) {
        Ok(mut run) => while run.step() {},
        Err(_) => return false,
    }
    let alone = DIGITS.predict(&x[1]).is_ok_and(|alone| alone == y[1]) && slices == y[1];
    alone && done.is_ok() && sums.iter().all(|sum| (-1e-5..1e-5).contains(sum)) && differs
}

sequential! {
    /// A model with a twin in integers, that of `tests/int8`.
    #[quantize]
    pub Picture = [
        Conv2D(3, 3, activation = "relu", input_shape = (8, 8, 1)),
        BatchNormalization(),
        MaxPooling2D(),
        Flatten(),
        Dense(4, activation = "softmax"),
    ]
}

static PICTURE: BakedQuantized<Picture> =
    include_weights!(Quantized<Picture>, "../int8/picture.q8.safetensors");

sequential! {
    /// One that is recurrent, and ends in `f32`.
    #[quantize]
    pub Series = [
        LSTM(8, return_sequences = true, input_shape = (10, 2)),
        LSTM(6),
        BatchNormalization(),
        Dense(4),
        LeakyReLU(0.1),
        #[float]
        Dense(2, activation = "softmax"),
    ]
}

static SERIES: BakedQuantized<Series> =
    include_weights!(Quantized<Series>, "../int8/series.q8.safetensors");

/// The outputs are those of the integers, and differ.
fn test_int8() -> bool {
    let x = black_box(core::array::from_fn(|row| {
        core::array::from_fn(|column| [(row * column) as f32 / 49.0 - 0.5])
    }));
    let (mut y, mut scratch) = ([0.0; 4], [0.0; BakedQuantized::<Picture>::SCRATCH]);
    let mut done = PICTURE.predict_into(&x, &mut y, &mut scratch).is_ok();
    let (scale, zero) = PICTURE.input_scale();
    let mut integers = [0; 64];
    for (integer, x) in integers.iter_mut().zip(x.as_flattened().as_flattened()) {
        let nearest = x / scale + if *x < 0.0 { -0.5 } else { 0.5 };
        *integer = (nearest as i32 + i32::from(zero)).clamp(-128, 127) as i8;
    }
    let (mut of_integers, mut scratch) = ([0; 4], [0.0; BakedQuantized::<Picture>::INT8_SCRATCH]);
    done &= PICTURE
        .predict_int8_into(&integers, &mut of_integers, &mut scratch)
        .is_ok();
    let same = y == of_integers.map(|y| (f32::from(y) + 128.0) / 256.0)
        && y.iter().any(|other| *other != y[0]);
    let (mut y, mut scratch) = ([[0.0; 2]; 2], [0.0; BakedQuantized::<Series>::SCRATCH]);
    let [first, second] = &mut y;
    done &= SERIES
        .predict_into(&black_box([[0.25, -0.5]; 10]), first, &mut scratch)
        .is_ok();
    done &= SERIES
        .predict_into(&black_box([[-1.0, 1.0]; 10]), second, &mut scratch)
        .is_ok();
    let sums = y.map(|y| y.iter().sum::<f32>() - 1.0);
    done && same && y[0] != y[1] && sums.iter().all(|sum| (-1e-5..1e-5).contains(sum))
}

import_keras! {
    /// Trained by Keras (`digits/train.py`).
    static FROM_KERAS: FromKeras = "digits/digits.keras"
}

/// One of each digit: it is found, with Keras's probabilities.
fn test_from_keras() -> bool {
    const PIXELS: &[u8; 10 * 28 * 28] = include_bytes!("../digits/images.u8");
    const OUTPUTS: &[u8; 10 * 10 * 4] = include_bytes!("../digits/outputs.f32");
    let (images, _) = PIXELS.as_chunks::<{ 28 * 28 }>();
    let (outputs, _) = OUTPUTS.as_chunks::<40>();
    let mut digits = images.iter().zip(outputs).enumerate();
    digits.all(|(digit, (pixels, expected))| {
        let mut image = [[[0.0; 1]; 28]; 28];
        let to = image.as_flattened_mut().as_flattened_mut();
        for (to, pixel) in to.iter_mut().zip(black_box(pixels)) {
            *to = f32::from(*pixel);
        }
        let Ok(y) = FROM_KERAS.predict(&image) else {
            return false;
        };
        let expected = expected
            .as_chunks()
            .0
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes));
        let is_close = |(y, expected): (&f32, f32)| (-1e-5..1e-5).contains(&(y - expected));
        y.iter().zip(expected).all(is_close) && y.iter().all(|other| *other <= y[digit])
    })
}

sequential! {
    /// What carries a state from sample to sample.
    pub Steps = [
        Masking(9.0, batch_input_shape = (1, 3, 2)),
        LSTM(3, return_sequences = true, stateful = true),
        BatchNormalization(),
        GRU(2, stateful = true),
    ]
}

static STEPS: Baked<Steps> = include_weights!(Steps, "../baked/steps.safetensors");

/// A sample, the same one again, and the same one after a reset.
fn test_state() -> bool {
    let mut net = STEPS.stateful();
    let x = black_box([[0.5, -0.5]; 3]);
    let (first, second) = (net.predict(&x).ok(), net.predict(&x).ok());
    net.reset_states();
    first.is_some() && first != second && net.predict(&x).ok() == first
}

sequential! {
    /// The same layers for sequences of any length.
    pub Listener = [
        Masking(9.0, batch_input_shape = (1, None, 2)),
        LSTM(3, return_sequences = true, stateful = true),
        BatchNormalization(),
        GRU(2, stateful = true),
    ]
}

static LISTENER: Baked<Listener> = include_weights!(Listener, "../baked/steps.safetensors");

/// Step by step it gives what the model of three steps gives, also from the beginning again.
fn test_stream() -> bool {
    let (mut net, mut stream) = (STEPS.stateful(), LISTENER.stream());
    let x = black_box([[0.5, -0.5], [9.0, 9.0], [-1.0, 0.0]]);
    let whole = net.predict(&x).ok();
    (0..2).all(|_| {
        let last = x.iter().map(|x| stream.push(x).ok().flatten()).last();
        stream.reset();
        whole.is_some() && last == Some(whole)
    })
}

sequential! {
    /// Of any length, with a convolution.
    pub Words = [
        Embedding(7, 4, mask_zero = true, input_shape = (None,)),
        GRU(5, return_sequences = true),
        Conv1D(3, 2, padding = "causal", activation = "relu"),
        SeparableConv1D(3, 2, padding = "causal"),
        GlobalMaxPooling1D(),
        Dense(2, activation = "softmax"),
    ]
}

/// For two sequences of up to nine tokens.
const WORDS_LEN: usize = Words::trainer_memory::<SGD>(2, 9);

static mut WORDS_MEMORY: TrainerMemory<Words, WORDS_LEN> = TrainerMemory::new();

/// Learns two sequences by heart, now shorter, now longer, but not longer than the memory is for.
fn test_any_length() -> bool {
    // SAFETY: this program has one thread, and takes the reference once.
    let memory = unsafe { &mut *(&raw mut WORDS_MEMORY) };
    let loss = SparseCategoricalCrossentropy::new();
    let Ok(mut trainer) = Trainer::new(memory, SGD::new(0.5), loss, black_box(5)) else {
        return false;
    };
    let tokens = [1, 2, 3, 4, 5, 6, 1, 2, 0, 6, 5, 4, 3, 2, 1, 6, 5, 0];
    let mut last = 0.0;
    for i in 0..400 {
        let (a, b) = (9 - i % 4, 9 + 9 - i % 4);
        let mut x = [0; 18];
        x[..a].copy_from_slice(&tokens[..a]);
        x[a..2 * a].copy_from_slice(&tokens[9..b]);
        match trainer.train_on_batch(&x[..2 * a], &[0, 1]) {
            Ok(loss) => last = loss,
            Err(_) => return false,
        }
    }
    let too_long = trainer.train_on_batch(&[1; 40], &[0, 1]);
    last < 0.1 && too_long.is_err()
}

sequential! {
    /// Larger images, a kernel for each place, volumes.
    pub Volumes = [
        Conv2DTranspose(3, 3, strides = 2, padding = "same", activation = "relu", input_shape = (2, 2, 2)),
        LocallyConnected2D(2, 2, activation = "tanh"),
        Reshape((3, 3, 2, 1)),
        Conv3D(2, 2, padding = "same", activation = "relu"),
        Conv3DTranspose(1, 2, activation = "tanh"),
        Flatten(),
        Dense(2, activation = "softmax"),
    ]
}

/// Two samples that are learnt by heart, of two classes.
macro_rules! learnt {
    ($net:ty, $steps:expr, $x:expr) => {{
        const LEN: usize = trainer_memory::<$net, RMSprop>(2);
        static mut MEMORY: TrainerMemory<$net, LEN> = TrainerMemory::new();
        // SAFETY: this program has one thread, and takes the reference once.
        let memory = unsafe { &mut *(&raw mut MEMORY) };
        let (rmsprop, loss) = (RMSprop::new(0.01), CategoricalCrossentropy::new());
        let Ok(mut trainer) = Trainer::new(memory, rmsprop, loss, black_box(3)) else {
            return false;
        };
        let (x, y) = (black_box($x), [[1.0, 0.0], [0.0, 1.0]]);
        for _ in 0..$steps {
            if trainer.train_on_batch(&x, &y).is_err() {
                return false;
            }
        }
        let mut out = [[0.0; 2]; 2];
        trainer.predict_into(&x, &mut out).is_ok() && out[0][0] > 0.9 && out[1][1] > 0.9
    }};
}

/// Learns which corner of an image is bright.
fn test_volumes() -> bool {
    let mut x = [[[[0.0; 2]; 2]; 2]; 2];
    (x[0][0][0], x[1][1][1]) = ([1.0; 2], [1.0; 2]);
    learnt!(Volumes, 100, x)
}

sequential! {
    /// Images made ready, models within the model, kernels that are normalised.
    pub Pictures = [
        Rescaling(0.5, offset = 0.1, input_shape = (7, 6, 3)),
        Normalization(mean = [0.1, 0.2, 0.3], variance = [1.0, 2.0, 1.0]),
        RandomTranslation(0.1, 0.1, fill_mode = "nearest"),
        RandomContrast(0.1, value_range = (-9, 9)),
        RandomErasing(0.2, scale = (0.02, 0.05), value_range = (-9, 9)),
        RandomGaussianBlur(value_range = (-9, 9), sigma = 0.3),
        RandomCrop(7, 5),
        CenterCrop(6, 5),
        Resizing(7, 7, "bicubic"),
        SeparableConv2D(4, 2, activation = "relu"),
        DepthwiseConv2D(3, padding = "same"),
        PReLU(shared_axes = [1, 2]),
        SpatialDropout2D(0.05),
        SpectralNormalization(Conv2D(4, 2)),
        UpSampling2D(2, interpolation = "bilinear"),
        AdaptiveMaxPooling2D(4),
        Residual([Conv2D(4, 3, padding = "same", activation = "tanh"), BatchNormalization()]),
        Cropping2D(1),
        ThresholdedReLU(0.01),
        Flatten(),
        Identity(),
        Sequential([Dense(6, activation = "tanh"), GaussianDropout(0.05), Sequential([Dense(5), ELU(0.5)])]),
        ActivityRegularization(l2 = 0.0001),
        Dense(2, activation = "softmax"),
    ]
}

/// Learns which half of an image is bright.
fn test_pictures() -> bool {
    let mut x = [[[[-1.0; 3]; 6]; 7]; 2];
    x[0][..3].fill([[2.0; 3]; 6]);
    x[1][4..].fill([[2.0; 3]; 6]);
    learnt!(Pictures, 200, x)
}

sequential! {
    /// A recurrence of convolutions, layers for each step, volumes, attention, cells, a function of the program's.
    pub Films = [
        TimeDistributed(MaxPooling2D(2), input_shape = (4, 6, 6, 2)),
        ConvLSTM2D(3, 2, padding = "same", return_sequences = true),
        SpatialDropout3D(0.05),
        ZeroPadding3D(1),
        AveragePooling3D((1, 2, 2)),
        MaxPooling3D(2, padding = "same"),
        Cropping3D(((0, 1), (0, 0), (0, 0))),
        UpSampling3D((2, 1, 1)),
        AdaptiveAveragePooling3D((4, 1, 2)),
        Reshape((4, 6)),
        MultiHeadAttention(2, 3),
        Conv1DTranspose(4, 2, strides = 2, activation = "relu"),
        LocallyConnected1D(4, 2, activation = "tanh"),
        TimeDistributed(Dense(4, activation = "silu")),
        Lambda(|x| 2.0 * x, gradient = |_| 2.0),
        RNN([LSTMCell(4), GRUCell(3)], return_sequences = true),
        Reshape((7, 3, 1)),
        Bidirectional(ConvLSTM1D(2, 2)),
        GlobalAveragePooling1D(),
        ReLU(negative_slope = 0.1),
        Dense(2, activation = "softmax"),
    ]
}

/// Learns whether a film grows bright or dark.
fn test_films() -> bool {
    let mut x = [[[[[0.0; 2]; 6]; 6]; 4]; 2];
    (x[0][2..]).fill([[[1.0; 2]; 6]; 6]);
    (x[1][..2]).fill([[[1.0; 2]; 6]; 6]);
    learnt!(Films, 400, x)
}

sequential! {
    /// Numbers as their intervals.
    pub Intervals = [
        Discretization([0.0, 1.0], output_mode = "one_hot", input_shape = (4,)),
        Flatten(),
        Dense(2, activation = "softmax"),
    ]
}

sequential! {
    /// Tokens as their places in a vocabulary.
    pub Places = [
        IntegerLookup(vocabulary = [12, 36, 1138], output_mode = "count", input_shape = (3,)),
        Dense(2, activation = "softmax"),
    ]
}

sequential! {
    /// Tokens as ones and zeros.
    pub Categories = [CategoryEncoding(4, input_shape = (3,)), Dense(2, activation = "softmax")]
}

fn test_categories() -> bool {
    let intervals = learnt!(
        Intervals,
        400,
        [[-1.0, 0.5, 0.5, 2.0], [0.5, 2.0, -1.0, 0.5]]
    );
    let places = learnt!(Places, 400, [[12, 12, 7], [36, 1138, 36]]);
    let categories = learnt!(Categories, 400, [[0, 1, 0], [2, 2, 3]]);
    intervals && places && categories
}

const BATCH: usize = 8;
const LEN: usize = trainer_memory::<Mlp, Adam>(BATCH);

static mut MEMORY: TrainerMemory<Mlp, LEN> = TrainerMemory::new();

const SEQUENCE_LEN: usize = trainer_memory::<Sequence, RMSprop>(BATCH);

static mut SEQUENCE_MEMORY: TrainerMemory<Sequence, SEQUENCE_LEN> = TrainerMemory::new();

/// Learns whether a sequence begins or ends with its larger values.
fn test_sequence() -> bool {
    // SAFETY: this program has one thread, and takes the reference once.
    let memory = unsafe { &mut *(&raw mut SEQUENCE_MEMORY) };
    let (rmsprop, loss) = (RMSprop::new(0.01), CategoricalCrossentropy::new());
    let Ok(mut trainer) = Trainer::new(memory, rmsprop, loss, black_box(3)) else {
        return false;
    };
    let mut x = [[[0.0; 2]; 12]; BATCH];
    let mut y = [[0.0; 2]; BATCH];
    for (i, (x, y)) in x.iter_mut().zip(&mut y).enumerate() {
        for (t, x) in x.iter_mut().enumerate() {
            let rising = (t + i) as f32 / 12.0;
            *x = if i % 2 == 0 {
                [rising, 0.5]
            } else {
                [1.0 - rising, 0.5]
            };
        }
        y[i % 2] = 1.0;
    }
    let mut losses = [0.0; 2];
    for loss in &mut losses {
        for _ in 0..100 {
            match trainer.train_on_batch(&x, &y) {
                Ok(value) => *loss = value,
                Err(_) => return false,
            }
        }
    }
    let mut out = [[0.0; 2]; BATCH];
    trainer.predict_into(black_box(&x), &mut out).is_ok() && losses[1] < 0.1
}

fn test() -> bool {
    // SAFETY: this program has one thread, and takes the reference once.
    let memory = unsafe { &mut *(&raw mut MEMORY) };
    let (adam, loss) = (Adam::new(0.01), CategoricalCrossentropy::new());
    let Ok(mut trainer) = Trainer::new(memory, adam, loss, black_box(7)) else {
        return false;
    };
    let mut x = [[0.0; 20]; BATCH];
    let mut y = [[0.0; 10]; BATCH];
    for (i, (x, y)) in x.iter_mut().zip(&mut y).enumerate() {
        x[i] = 1.0;
        y[i] = 1.0;
    }
    let mut losses = [0.0; 2];
    for loss in &mut losses {
        // 200 steps on eight samples: they are learnt by heart.
        for _ in 0..200 {
            match trainer.train_on_batch(&x, &y) {
                Ok(value) => *loss = value,
                Err(_) => return false,
            }
        }
    }
    let mut out = [[0.0; 10]; BATCH];
    let predicted = trainer.predict_into(black_box(&x), &mut out);
    let sure = (0..BATCH).all(|i| out[i][i] > 0.9);
    predicted.is_ok()
        && losses[1] < 0.1
        && sure
        && trainer.train_on_batch(&x[..0], &y[..0]).is_err()
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    exit(101)
}

fn exit(code: i32) -> ! {
    // SAFETY: the system call `exit` takes one integer and does not return.
    unsafe { asm!("syscall", in("rax") 60, in("rdi") code, options(noreturn)) }
}

global_asm!(".globl _start", "_start: xor ebp, ebp", "and rsp, -16", "call {0}", "ud2", sym start);

extern "C" fn start() -> ! {
    let tests = [
        test,
        test_sequence,
        test_baked,
        test_from_keras,
        test_state,
        test_stream,
        test_any_length,
        test_volumes,
        test_pictures,
        test_films,
        test_categories,
        test_int8,
    ];
    // The code says which one failed, counted from one.
    exit(
        tests
            .iter()
            .position(|test| !test())
            .map_or(0, |failed| failed as i32 + 1),
    )
}

// What the compiler may call and a libc would bring.
global_asm!(
    ".globl memcpy",
    "memcpy: mov rax, rdi",
    "mov rcx, rdx",
    "rep movsb",
    "ret",
    ".globl memset",
    "memset: mov r8, rdi",
    "mov eax, esi",
    "mov rcx, rdx",
    "rep stosb",
    "mov rax, r8",
    "ret",
    ".globl memmove",
    "memmove: mov rax, rdi",
    "mov rcx, rdx",
    "cmp rdi, rsi",
    "ja 2f",
    "rep movsb",
    "ret",
    "2: lea rdi, [rdi+rdx-1]",
    "lea rsi, [rsi+rdx-1]",
    "std",
    "rep movsb",
    "cld",
    "ret",
    ".globl memcmp",
    ".globl bcmp",
    "memcmp:",
    "bcmp: xor eax, eax",
    "mov rcx, rdx",
    "cmp rcx, rcx",
    "repe cmpsb",
    "je 3f",
    "movzx eax, byte ptr [rdi-1]",
    "movzx ecx, byte ptr [rsi-1]",
    "sub eax, ecx",
    "3: ret",
);
