//! Models with parameters and state, and a training with all callbacks that have one.

use std::path::{Path, PathBuf};

use kseq::prelude::*;

sequential! {
    /// Parameters, and the state of a `BatchNormalization`.
    pub Net = [
        Dense(3, activation = "relu", input_shape = (2,)),
        BatchNormalization(),
        Dropout(0.2),
        Dense(2, activation = "softmax"),
    ]
}

sequential! {
    /// What PyTorch keeps otherwise: channels, the kernel behind them, two biases of an LSTM, gates of a GRU.
    pub Pictures = [
        Conv2D(2, 2, activation = "relu", input_shape = (4, 4, 1)),
        BatchNormalization(),
        MaxPooling2D(2),
        Flatten(),
        Dense(3),
        Reshape((3, 1)),
        LSTM(2, return_sequences = true),
        GRU(2),
        Dense(1),
    ]
}

sequential! {
    /// What has an int8 twin, with an operator of each kind: products, poolings, a table, a softmax, an LSTM, and a layer in `f32`.
    #[quantize]
    pub Twin = [
        Conv2D(4, 2, activation = "relu", input_shape = (7, 7, 2)),
        BatchNormalization(),
        ZeroPadding2D(1),
        MaxPooling2D(2),
        AveragePooling2D(2, padding = "same"),
        SeparableConv2D(3, 2, padding = "same", activation = "tanh"),
        Reshape((4, 3)),
        LSTM(3, return_sequences = true),
        #[float]
        Dense(4, activation = "softplus"),
        GlobalAveragePooling1D(),
        Dense(3, activation = "softmax"),
    ]
}

/// Samples of [`Twin`].
pub fn pictures() -> [[[[f32; 2]; 7]; 7]; 3] {
    let value = |i: usize| (i * 37 % 101) as f32 / 50.0 - 1.0;
    core::array::from_fn(|i| {
        core::array::from_fn(|j| {
            core::array::from_fn(|k| core::array::from_fn(|l| value(i + 3 * (j + 7 * (k + 7 * l)))))
        })
    })
}

/// Its twin.
pub fn twin() -> Quantized<Twin> {
    let net = Twin::new(1).threads(1).expect("one thread");
    net.quantize(&Calibration::new(&pictures()))
        .expect("a twin")
}

/// Samples of [`Net`].
pub const X: [[f32; 2]; 6] = [
    [0.0, 1.0],
    [1.0, 0.5],
    [0.25, -1.0],
    [2.0, 0.0],
    [-1.0, -1.0],
    [0.5, 0.5],
];
/// Their classes.
pub const Y: [[f32; 2]; 6] = [
    [0.0, 1.0],
    [1.0, 0.0],
    [0.0, 1.0],
    [1.0, 0.0],
    [0.0, 1.0],
    [1.0, 0.0],
];

/// A model, compiled.
pub type Trained = kseq::train::Compiled<Net, Adam, CategoricalCrossentropy, (Accuracy,)>;

/// A model to train.
pub fn compiled() -> Trained {
    let net = Net::new(1).threads(1).expect("one thread");
    net.compile(
        Adam::new(0.01),
        CategoricalCrossentropy::default(),
        (Accuracy,),
    )
}

/// The bits of all weights.
pub fn bits<M: Model>(model: &kseq::train::Sequential<M>) -> Vec<u32> {
    let weights = model.get_weights();
    let values = weights.iter().flat_map(|array| array.values().iter());
    values.map(|value| value.to_bits()).collect()
}

/// A model that is used again as long as it does not change.
pub struct Kept<M: Model>(Option<(kseq::train::Sequential<M>, Vec<u32>)>);

impl<M: Model> Default for Kept<M> {
    fn default() -> Self {
        Kept(None)
    }
}

impl<M: Model> Kept<M> {
    /// Loads something, and gives the model if that was done; an error must have changed nothing.
    pub fn load(
        &mut self,
        load: impl FnOnce(&mut kseq::train::Sequential<M>) -> bool,
    ) -> Option<kseq::train::Sequential<M>> {
        let new = || {
            let net = kseq::train::Sequential::new(1);
            let bits = bits(&net);
            (net, bits)
        };
        let (mut net, before) = self.0.take().unwrap_or_else(new);
        if load(&mut net) {
            return Some(net);
        }
        assert_eq!(before, bits(&net), "an error changes nothing");
        self.0 = Some((net, before));
        None
    }
}

/// Asks to go on from a file.
struct Restore(PathBuf);

impl<M: Model> Callback<M> for Restore {
    fn on_train_begin(&mut self, training: &mut Training<'_, M>) -> Result<(), Error> {
        training.restore(self.0.clone());
        Ok(())
    }
}

/// Asks for a checkpoint after so many batches.
struct Save(PathBuf, u64);

impl<M: Model> Callback<M> for Save {
    fn on_train_batch_end(
        &mut self,
        _: usize,
        _: &Logs<'_>,
        training: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        if training.updates() == self.1 {
            training.backup(self.0.clone());
        }
        Ok(())
    }
}

/// Ends a training that would not end: a checkpoint may say that 2^50 epochs are left.
struct Limit(usize);

impl<M: Model> Callback<M> for Limit {
    fn on_train_batch_end(
        &mut self,
        _: usize,
        _: &Logs<'_>,
        _: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        self.0 = self.0.saturating_sub(1);
        match self.0 {
            0 => Err(Error::Callback {
                name: "Limit".into(),
                why: "enough".into(),
            }),
            _ => Ok(()),
        }
    }
}

/// Three epochs of three batches, from a checkpoint.
pub fn resume(checkpoint: &Path) -> Result<History, Error> {
    train(&mut Restore(checkpoint.into()))
}

/// The same from the beginning, with a checkpoint after so many batches.
pub fn save(checkpoint: &Path, batches: u64) -> Result<History, Error> {
    train(&mut Save(checkpoint.into(), batches))
}

fn train(first: &mut dyn Callback<Net>) -> Result<History, Error> {
    use kseq::callbacks::{
        EarlyStopping, LearningRateScheduler, ModelCheckpoint, ReduceLROnPlateau,
    };
    let mut stop = EarlyStopping::new()
        .monitor("val_loss")
        .patience(3)
        .restore_best_weights(true);
    let mut plateau = ReduceLROnPlateau::new().patience(1);
    let mut schedule =
        LearningRateScheduler::new(|epoch, rate| rate * if epoch > 1 { 0.9 } else { 1.0 });
    let mut checkpoint = ModelCheckpoint::new("m-{epoch}.safetensors").save_freq(1000);
    // Nine are three epochs.
    let mut limit = Limit(12);
    let fit = Fit::new()
        .batch_size(2)
        .epochs(3)
        .verbose(0)
        .validation_data(&X, &Y);
    let history = compiled().fit(
        &X,
        &Y,
        fit.callbacks([
            first,
            &mut stop,
            &mut plateau,
            &mut schedule,
            &mut checkpoint,
            &mut limit,
        ]),
    )?;
    // Whatever was in the file, its history can be written.
    let _ = (history.to_csv(), history.to_json());
    Ok(history)
}
