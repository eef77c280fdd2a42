//! A training that goes on from a checkpoint ends with the bits of one that was not interrupted.

use kseq::callbacks::{BackupAndRestore, EarlyStopping, LearningRateScheduler, ReduceLROnPlateau};
use kseq::metrics::Metric;
use kseq::optimizers::Optimizer;
use kseq::params::Flat;
use kseq::prelude::*;
use kseq::rng::{Purpose, Rng};
use std::path::PathBuf;

sequential! {
    Dropped = [
        Dense(16, activation = "relu", input_shape = (6,)),
        BatchNormalization(),
        Dropout(0.4),
        Dense(3, activation = "softmax"),
    ]
}

sequential! {
    Convolved = [
        Conv1D(4, 3, activation = "relu", input_shape = (6, 1)),
        MaxPooling1D(2),
        Flatten(),
        Dropout(0.2),
        Dense(3, activation = "softmax"),
    ]
}

sequential! {
    Stateful = [
        LSTM(5, stateful = true, batch_input_shape = (4, 6, 1)),
        Dense(3, activation = "softmax"),
    ]
}

/// A folder of its own for each test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("kseq-resume-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A metric whose value depends on all batches of the epoch.
#[derive(Clone, Copy, Default)]
struct Surprise([f64; 2]);

impl<const N: usize> Metric<[f32; N], [f32; N]> for Surprise {
    fn name(&self) -> &'static str {
        "surprise"
    }
    fn reset(&mut self) {
        self.0 = [0.0; 2];
    }
    fn update(&mut self, out: &[[f32; N]], y: &[[f32; N]], _: Option<&[f32]>) {
        for (out, y) in out.as_flattened().iter().zip(y.as_flattened()) {
            self.0[0] = 0.9 * self.0[0] + f64::from((out - y).abs());
            self.0[1] += 1.0;
        }
    }
    fn result(&self) -> f32 {
        (self.0[0] / self.0[1].sqrt()) as f32
    }
    fn state(&mut self) -> &mut [f64] {
        &mut self.0
    }
}

/// Ends `fit` with an error after so many updates, as if the machine had failed.
struct Fails(u64);

impl<M: Model> Callback<M> for Fails {
    fn on_train_batch_end(
        &mut self,
        _: usize,
        _: &Logs<'_>,
        t: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        match t.updates() == self.0 {
            true => Err(Error::Callback {
                name: "Fails".to_string(),
                why: "the machine failed".to_string(),
            }),
            false => Ok(()),
        }
    }
}

const SAMPLES: usize = 40;

/// Samples of any model of six values.
fn data<M: Model>() -> (Vec<M::Input>, Vec<[f32; 3]>)
where
    M::Input: kseq::tensor::Tensor<Elem = f32>,
{
    use kseq::tensor::Tensor;
    let mut rng = Rng::new(3, Purpose::User, 0, 0);
    let x: Vec<f32> = (0..SAMPLES * 6).map(|_| rng.normal()).collect();
    let classes: Vec<u32> = x
        .chunks(6)
        .map(|x| u32::from(x[0] > 0.0) + u32::from(x[1] > 0.3))
        .collect();
    (
        M::Input::view(&x).to_vec(),
        to_categorical(&classes).unwrap(),
    )
}

/// All that a training leaves: parameters, state, slots' effect on one more update, history.
type Left = (Vec<u32>, History, (usize, Option<f32>));

/// Trains for seven epochs of ten batches; fails after `fails` updates, if at all.
fn train<M, O>(
    optimizer: O,
    threads: usize,
    fails: Option<u64>,
    prepare: fn(&mut Sequential<M>),
    save_freq: usize,
    folder: &Folder,
) -> Result<Left, Error>
where
    M: Model<Output = [f32; 3]>,
    M::Input: kseq::tensor::Tensor<Elem = f32>,
    O: Optimizer,
    CategoricalCrossentropy: kseq::losses::MeantFor<[f32; 3], M::Units, Target = [f32; 3]>,
{
    let (x, y) = data::<M>();
    let mut model = M::new(9).threads(threads)?;
    prepare(&mut model);
    let loss = CategoricalCrossentropy::default();
    let mut model = model.compile(optimizer, loss, (Surprise::default(),));
    let mut stop = EarlyStopping::new()
        .monitor("val_loss")
        .patience(2)
        .restore_best_weights(true);
    let mut reduce = ReduceLROnPlateau::new().patience(1).factor(0.5);
    let mut schedule = LearningRateScheduler::new(|_, lr| lr * 0.9);
    let mut backup = BackupAndRestore::new(&folder.0).save_freq(save_freq);
    let mut fails = Fails(fails.unwrap_or(u64::MAX));
    let fit = Fit::new()
        .batch_size(4)
        .epochs(7)
        .verbose(0)
        .validation_data(&x[..8], &y[..8])
        .callbacks([
            &mut backup,
            &mut schedule,
            &mut stop,
            &mut reduce,
            &mut fails,
        ]);
    let history = model.fit(&x, &y, fit)?;
    // One more update: the slots and the state of the layers count.
    model.train_on_batch(&x[..4], &y[..4])?;
    let predicted = model.predict(&x[..4])?;
    let state = model.state_mut().as_f32s().to_vec();
    let params = model.params().as_f32s();
    let all = params.iter().chain(&state).chain(predicted.as_flattened());
    let bits = all.map(|v| v.to_bits()).collect();
    Ok((bits, history, (stop.stopped_epoch(), stop.best())))
}

/// Interrupted anywhere, once or several times, with any number of threads: the same bits.
fn resumes<M, O>(name: &str, optimizer: O, prepare: fn(&mut Sequential<M>))
where
    M: Model<Output = [f32; 3]>,
    M::Input: kseq::tensor::Tensor<Elem = f32>,
    O: Optimizer + Copy,
    CategoricalCrossentropy: kseq::losses::MeantFor<[f32; 3], M::Units, Target = [f32; 3]>,
{
    let folder = Folder::new(name);
    let run =
        |threads, fails, freq| train::<M, O>(optimizer, threads, fails, prepare, freq, &folder);
    let whole = run(1, None, 1).unwrap();
    assert!(!folder.0.exists(), "the backup is deleted at the end");
    // In the middle of an epoch; in its last batch; in the first of the next; twice in one epoch.
    for fails in [&[3][..], &[10], &[11], &[20, 21, 27], &[1, 5, 16]] {
        for (threads, freq) in [(1, 1), (2, 3)] {
            for &at in fails {
                run(threads, Some(at), freq).unwrap_err();
            }
            let resumed = run(3 - threads, None, freq).unwrap();
            assert!(
                resumed == whole,
                "{name}: failed after {fails:?}, saved every {freq}"
            );
        }
    }
}

#[test]
fn dropout_and_batch_normalization() {
    resumes::<Dropped, _>("dropped", Adam::new(0.01), |_| {});
}

#[test]
fn convolution_with_momentum() {
    resumes::<Convolved, _>("convolved", SGD::new(0.1).momentum(0.9), |_| {});
}

#[test]
fn stateful_recurrent_layer() {
    resumes::<Stateful, _>("stateful", RMSprop::new(0.01), |_| {});
}

#[test]
fn frozen_layers() {
    resumes::<Dropped, _>("frozen", Adam::new(0.01), |model| {
        model.set_trainable("dense_1", false).unwrap();
        model.set_trainable(1, false).unwrap();
    });
}

#[test]
fn epochs_of_steps_that_do_not_divide_the_data() {
    let folder = Folder::new("steps");
    let (x, y) = data::<Dropped>();
    let run = |fails: u64| {
        let loss = CategoricalCrossentropy::default();
        let mut model = Dropped::new(2).compile(Adam::new(0.01), loss, (Surprise::default(),));
        let mut backup = BackupAndRestore::new(&folder.0).save_freq(1);
        let mut fails = Fails(fails);
        let fit = Fit::new()
            .batch_size(4)
            .epochs(5)
            .steps_per_epoch(7)
            .verbose(0)
            .callbacks([&mut fails, &mut backup]);
        let history = model.fit(&x, &y, fit)?;
        Ok::<_, Error>((model.get_weights(), history))
    };
    let whole = run(u64::MAX).unwrap();
    for at in [4, 7, 9, 10, 11, 12, 20, 21, 22, 27] {
        run(at).unwrap_err();
        let resumed = run(u64::MAX).unwrap();
        assert!(resumed == whole, "failed after {at}");
    }
}

#[test]
fn another_model_optimizer_or_epoch_is_refused_and_nothing_changes() {
    let folder = Folder::new("refused");
    std::fs::create_dir_all(&folder.0).unwrap();
    let path = folder.0.join("latest.safetensors");
    let (x, y) = data::<Dropped>();
    let loss = CategoricalCrossentropy::default;
    let mut model = Dropped::new(2).compile(Adam::new(0.01), loss(), ());
    let mut backup = BackupAndRestore::new(&folder.0).save_freq(1);
    let fails = |at| Fails(at);
    let mut failing = fails(3);
    fn fit<'a>() -> Fit<'a, Dropped, [f32; 3]> {
        Fit::new().batch_size(4).verbose(0)
    }
    let callbacks = fit().callbacks([&mut backup, &mut failing]);
    model.fit(&x, &y, callbacks).unwrap_err();
    let saved = std::fs::read(&path).unwrap();

    let smaller = fit().batch_size(8).callbacks([&mut backup]);
    let before = model.get_weights();
    let error = model.fit(&x, &y, smaller).unwrap_err().to_string();
    assert!(
        error.contains("an epoch of 10 batches, now an epoch has 5"),
        "{error}"
    );
    assert!(model.get_weights() == before);

    let mut other = Dropped::new(2).compile(SGD::new(0.01), loss(), ());
    let callbacks = fit().callbacks([&mut backup]);
    let error = other.fit(&x, &y, callbacks).unwrap_err().to_string();
    assert!(error.contains("made with the optimizer adam"), "{error}");

    let mut other = Dropped::new(2).compile(Adam::new(0.01), loss(), (Surprise::default(),));
    let callbacks = fit().callbacks([&mut backup]);
    let error = other.fit(&x, &y, callbacks).unwrap_err().to_string();
    assert!(error.contains("other metrics"), "{error}");

    let (x2, y2) = data::<Convolved>();
    let mut other = Convolved::new(2).compile(Adam::new(0.01), loss(), ());
    let callbacks = Fit::new().verbose(0).callbacks([&mut backup]);
    let error = other.fit(&x2, &y2, callbacks).unwrap_err().to_string();
    assert!(
        error.contains("conv1d_1.kernel (3, 1, 4), which is not in the file"),
        "{error}"
    );

    // Cut off, and noise.
    for damaged in [&saved[..saved.len() / 2], b"something else"] {
        std::fs::write(&path, damaged).unwrap();
        let callbacks = fit().callbacks([&mut backup]);
        let error = model.fit(&x, &y, callbacks).unwrap_err().to_string();
        assert!(error.contains("latest.safetensors: "), "{error}");
        assert!(model.get_weights() == before);
    }
}

#[test]
fn a_saved_model_goes_on_with_its_optimizer() {
    let folder = Folder::new("saved");
    let path = folder.0.join("model.safetensors");
    let (x, y) = data::<Dropped>();
    let loss = CategoricalCrossentropy::default;
    let fit = || Fit::new().epochs(2).verbose(0);
    let mut model = Dropped::new(2).compile(Adam::new(0.01), loss(), (Surprise::default(),));
    model.fit(&x, &y, fit()).unwrap();
    model.save(&path).unwrap();
    let mut loaded = Dropped::new(77).compile(Adam::new(0.01), loss(), (Surprise::default(),));
    loaded.load(&path).unwrap();
    assert!(loaded.get_weights() == model.get_weights());
    let history = model.fit(&x, &y, fit()).unwrap();
    assert_eq!(loaded.fit(&x, &y, fit()).unwrap(), history);
    assert!(loaded.get_weights() == model.get_weights());

    // The weights alone.
    let mut weights = Dropped::new(78);
    weights.load_weights(&path).unwrap();
    model.load(&path).unwrap();
    assert!(weights.get_weights() == model.get_weights());
    weights.save_weights(&path).unwrap();
    let error = model.load(&path).unwrap_err().to_string();
    assert!(error.contains("holds no checkpoint"), "{error}");
}

/// Trains the first layer in the first epoch only, ends the training in the middle of the third, and
/// fails at a moment between.
struct Course {
    fails_after: Option<u64>,
    fails_in_validation: Option<usize>,
    fails_at_end: bool,
}

impl Callback<Dropped> for Course {
    fn on_epoch_begin(&mut self, epoch: usize, t: &mut Training<'_, Dropped>) -> Result<(), Error> {
        t.model.set_trainable(0, epoch == 0)
    }

    fn on_train_batch_end(
        &mut self,
        _: usize,
        _: &Logs<'_>,
        t: &mut Training<'_, Dropped>,
    ) -> Result<(), Error> {
        if t.updates() == 27 {
            t.stop_training();
        }
        match self.fails_after == Some(t.updates()) {
            true => Err(Error::Empty { what: "machine" }),
            false => Ok(()),
        }
    }

    fn on_test_begin(&mut self, t: &mut Training<'_, Dropped>) -> Result<(), Error> {
        match self.fails_in_validation == Some(t.position().epoch) {
            true => Err(Error::Empty { what: "machine" }),
            false => Ok(()),
        }
    }

    fn on_train_end(&mut self, _: &mut Training<'_, Dropped>) -> Result<(), Error> {
        match self.fails_at_end {
            true => Err(Error::Empty { what: "machine" }),
            false => Ok(()),
        }
    }
}

#[test]
fn a_training_that_has_been_stopped_and_layers_that_have_been_frozen() {
    let folder = Folder::new("stopped");
    let (x, y) = data::<Dropped>();
    let run = |fails_after, fails_in_validation, fails_at_end| {
        let loss = CategoricalCrossentropy::default();
        let mut model = Dropped::new(2).compile(Adam::new(0.01), loss, (Accuracy,));
        let mut backup = BackupAndRestore::new(&folder.0).save_freq(1);
        let mut course = Course {
            fails_after,
            fails_in_validation,
            fails_at_end,
        };
        let fit = Fit::new()
            .batch_size(4)
            .epochs(7)
            .verbose(0)
            .validation_data(&x[..8], &y[..8])
            .callbacks([&mut course, &mut backup]);
        let history = model.fit(&x, &y, fit)?;
        Ok::<_, Error>((model.get_weights(), history))
    };
    let whole = run(None, None, false).unwrap();
    assert_eq!(whole.1.epoch(), [0, 1, 2]);
    for (after, validation, end) in [
        (Some(15), None, false),
        (None, Some(0), false),
        (None, Some(1), false),
        (None, Some(2), false),
        (None, None, true),
    ] {
        run(after, validation, end).unwrap_err();
        let resumed = run(None, None, false).unwrap();
        assert!(resumed == whole, "{after:?} {validation:?} {end}");
    }
}
