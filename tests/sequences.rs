//! Data of a model with `None` in its shape: which samples a batch has, in which order, and that it changes no bit how they are
//! held, on how many threads, and where a training was interrupted.

use std::collections::BTreeSet;

use kseq::callbacks::BackupAndRestore;
use kseq::params::Flat;
use kseq::prelude::*;
use kseq::train::{Grid, Ragged};

/// The samples of the tests.
const N: usize = 23;

sequential! {
    /// Sample k has only tokens k: its gradient is that of row k.
    Probe = [
        Embedding(23, 1, embeddings_initializer = "zeros", input_shape = (None,)),
        GlobalAveragePooling1D(),
    ]
}

sequential! {
    Classes = [
        LSTM(6, input_shape = (None, 2), dropout = 0.3),
        Dense(3, activation = "softmax"),
    ]
}

sequential! {
    ClassesOf7 = [
        LSTM(6, input_shape = (7, 2), dropout = 0.3),
        Dense(3, activation = "softmax"),
    ]
}

sequential! {
    Tags = [
        Conv1D(5, 3, activation = "relu", input_shape = (None, 2)),
        GRU(6, return_sequences = true),
        Dense(3, activation = "softmax"),
    ]
}

sequential! {
    TagsOf7 = [
        Conv1D(5, 3, activation = "relu", input_shape = (7, 2)),
        GRU(6, return_sequences = true),
        Dense(3, activation = "softmax"),
    ]
}

sequential! {
    Pictures = [
        Conv2D(3, 3, activation = "relu", input_shape = (None, None, 1)),
        MaxPooling2D(2),
    ]
}

sequential! {
    Stateful = [
        LSTM(3, stateful = true, batch_input_shape = (2, None, 1)),
        Dense(1),
    ]
}

/// The steps of sample k.
fn length(k: usize) -> usize {
    [4, 4, 3, 7, 4, 3, 3][k % 7]
}

fn target(k: usize) -> f32 {
    1.0 + k as f32
}

fn probes() -> (Vec<Vec<u32>>, Vec<[f32; 1]>) {
    let x = (0..N).map(|k| vec![k as u32; length(k)]).collect();
    (x, (0..N).map(|k| [target(k)]).collect())
}

/// The samples of each batch, with their weights: from the gradient of a `mse` at outputs of 0.
#[derive(Default)]
struct Seen {
    batches: Vec<Vec<(usize, f32)>>,
    epochs: Vec<usize>,
}

impl Seen {
    fn samples(&self) -> Vec<Vec<usize>> {
        let samples = |batch: &Vec<(usize, f32)>| batch.iter().map(|(k, _)| *k).collect();
        self.batches.iter().map(samples).collect()
    }
}

impl Callback<Probe> for Seen {
    fn on_epoch_begin(&mut self, _: usize, _: &mut Training<'_, Probe>) -> Result<(), Error> {
        self.epochs.push(self.batches.len());
        Ok(())
    }

    fn on_train_batch_end(
        &mut self,
        _: usize,
        _: &Logs<'_>,
        t: &mut Training<'_, Probe>,
    ) -> Result<(), Error> {
        let gradient = t.gradients().embedding_1.embeddings.as_flattened();
        let samples = gradient.iter().enumerate().filter(|(_, g)| **g != 0.0);
        let size = samples.clone().count() as f32;
        let weight = |(k, g): (usize, &f32)| (k, g * size / (-2.0 * target(k)));
        self.batches.push(samples.map(weight).collect());
        Ok(())
    }
}

type Options<'a> = Fit<'a, Probe, [f32; 1]>;

/// What is trained on, by these options: nothing changes, since the learning rate is 0.
fn seen(seed: u64, options: fn(Options<'_>) -> Options<'_>) -> Seen {
    let (x, y) = probes();
    let mut seen = Seen::default();
    let mut model = Probe::new(seed).compile(SGD::new(0.0), MeanSquaredError::new(), ());
    let fit = options(Fit::new().verbose(0)).callbacks([&mut seen]);
    model.fit(&x, &y, fit).unwrap();
    seen
}

fn sorted(mut samples: Vec<usize>) -> Vec<usize> {
    samples.sort_unstable();
    samples
}

fn one_length(batches: &[Vec<usize>]) {
    for batch in batches {
        let lengths: BTreeSet<usize> = batch.iter().map(|k| length(*k)).collect();
        assert_eq!(lengths.len(), 1, "{batch:?}");
    }
}

#[test]
fn each_sample_once_an_epoch_in_an_order_of_the_seed() {
    fn options(fit: Options<'_>) -> Options<'_> {
        fit.batch_size(4).epochs(3)
    }
    let first = seen(1, options);
    let batches = first.samples();
    one_length(&batches);
    // Eleven samples of 4 steps, nine of 3, and three of 7.
    let each = 3 + 3 + 1;
    assert_eq!(first.epochs, [0, each, 2 * each]);
    let epochs: Vec<&[Vec<usize>]> = batches.chunks(each).collect();
    for epoch in &epochs {
        assert_eq!(sorted(epoch.concat()), (0..N).collect::<Vec<_>>());
        let mut sizes: Vec<usize> = epoch.iter().map(Vec::len).collect();
        sizes.sort_unstable();
        assert_eq!(sizes, [1, 3, 3, 4, 4, 4, 4]);
    }
    assert!(epochs[0] != epochs[1] && epochs[1] != epochs[2]);
    // The lengths do not come one after the other.
    let lengths =
        |epoch: &[Vec<usize>]| -> Vec<usize> { epoch.iter().map(|b| length(b[0])).collect() };
    assert_ne!(lengths(epochs[0]), lengths(epochs[1]));
    assert_eq!(seen(1, options).samples(), batches);
    assert_ne!(seen(2, options).samples(), batches);
}

#[test]
fn neighbours_stay_together_without_shuffling() {
    // 4 4 3 7 4 3 3 4 4 3 7 ...
    let given = seen(1, |fit| fit.batch_size(2).shuffle(false)).samples();
    one_length(&given);
    assert_eq!(
        given[..6],
        [
            vec![0, 1],
            vec![2],
            vec![3],
            vec![4],
            vec![5, 6],
            vec![7, 8]
        ]
    );
    assert_eq!(given.concat(), (0..N).collect::<Vec<_>>());
    let mut mixed = seen(1, |fit| fit.batch_size(2).shuffle("batch")).samples();
    assert_ne!(mixed, given);
    mixed.sort();
    assert_eq!(mixed, given);
}

#[test]
fn epochs_of_some_steps_go_on_where_the_last_one_ended() {
    let whole = seen(3, |fit| fit.batch_size(4).epochs(1)).samples();
    let parts = seen(3, |fit| fit.batch_size(4).epochs(3).steps_per_epoch(3));
    assert_eq!(parts.epochs, [0, 3, 6]);
    assert_eq!(parts.samples(), whole);
}

#[test]
fn weights_follow_their_samples() {
    let (x, y) = probes();
    let weights: Vec<f32> = (0..N).map(|k| 1.0 + k as f32 / 2.0).collect();
    let mut seen = Seen::default();
    let mut model = Probe::new(1).compile(SGD::new(0.0), MeanSquaredError::new(), ());
    let options = Fit::new().verbose(0).batch_size(4).callbacks([&mut seen]);
    // All targets are of class 1.
    let options = options.sample_weight(&weights).class_weight([1.0, 3.0]);
    model.fit(&x, &y, options.validation_split(0.3)).unwrap();
    assert_eq!(sorted(seen.samples().concat()), (0..16).collect::<Vec<_>>());
    for (k, weight) in seen.batches.concat() {
        assert!((weight - 3.0 * weights[k]).abs() < 1e-4, "{k}: {weight}");
    }
}

/// Sequences of different lengths with two features.
fn sequences(lengths: &[usize]) -> Vec<Vec<[f32; 2]>> {
    let step = |k: usize, t: usize| [(k % 3) as f32 - 1.0, ((k * 5 + t * 3) % 7) as f32 / 7.0];
    let of = |(k, length): (usize, &usize)| (0..*length).map(|t| step(k, t)).collect();
    lengths.iter().enumerate().map(of).collect()
}

fn classes(samples: usize) -> Vec<u32> {
    (0..samples).map(|k| (k % 3) as u32).collect()
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// The parameters, the outputs and the history of a training, on sequences as they are held.
fn trained<X>(x: &X, threads: usize) -> (Vec<u32>, History)
where
    X: kseq::train::Inputs<<Classes as Model>::Input>,
{
    let lengths: Vec<usize> = (0..40).map(|k| 3 + k * 7 % 5).collect();
    let loss = SparseCategoricalCrossentropy::new();
    let model = Classes::new(5).threads(threads).unwrap();
    let mut model = model.compile(Adam::new(0.01), loss, (Accuracy,));
    let options = Fit::new()
        .verbose(0)
        .epochs(4)
        .batch_size(5)
        .validation_split(0.25);
    let history = model.fit(x, &classes(40), options).unwrap();
    let mut left = bits(model.params().as_f32s());
    let y = model.predict(&sequences(&lengths)).unwrap();
    left.extend(bits(y.as_flattened()));
    (left, history)
}

#[test]
fn threads_and_containers_change_no_bit() {
    let lengths: Vec<usize> = (0..40).map(|k| 3 + k * 7 % 5).collect();
    let x = sequences(&lengths);
    let (left, history) = trained(&x, 1);
    let same = |other: (Vec<u32>, History)| assert!(other == (left.clone(), history.clone()));
    same(trained(&x, 2));
    same(trained(&x.iter().collect::<Ragged<_>>(), 1));
    same(trained(
        &Ragged::from_lengths(x.concat(), &lengths).unwrap(),
        1,
    ));
    same(trained(&x.iter().map(|x| &x[..]).collect::<Vec<_>>(), 1));
    same(trained(
        &x.iter()
            .map(|x| x.clone().into())
            .collect::<Vec<Box<[_]>>>(),
        1,
    ));
    let array: [Vec<[f32; 2]>; 40] = x.clone().try_into().unwrap();
    same(trained(&array, 1));
}

#[test]
fn an_output_is_that_of_the_sequence_alone() {
    let lengths: Vec<usize> = (0..300).map(|k| 3 + k * 7 % 11).collect();
    let x = sequences(&lengths);
    for threads in [1, 2] {
        let model = Classes::new(5).threads(threads).unwrap();
        let all: Vec<[f32; 3]> = model.predict(&x).unwrap();
        let mut into = vec![[0.0; 3]; x.len()];
        model.predict_into(&x, &mut into).unwrap();
        assert_eq!(into, all);
        let classes: Vec<u32> = model.predict_classes(&x).unwrap();
        for (k, x) in x.iter().enumerate() {
            let one: [f32; 3] = model.predict(x).unwrap();
            assert_eq!(bits(&one), bits(&all[k]), "sample {k}");
            assert_eq!(model.predict_classes(x).unwrap(), classes[k]);
        }
        let first: Vec<[f32; 3]> = model.predict_with(&x, Predict::new().steps(2)).unwrap();
        assert_eq!(first, all[..64]);

        let model = Tags::new(5).threads(threads).unwrap();
        let all: Vec<Vec<[f32; 3]>> = model.predict(&x).unwrap();
        for (k, x) in x.iter().enumerate() {
            assert_eq!(all[k].len(), x.len() - 2);
            let one: Vec<[f32; 3]> = model.predict(x).unwrap();
            assert_eq!(
                bits(one.as_flattened()),
                bits(all[k].as_flattened()),
                "sample {k}"
            );
        }
        let classes: Vec<Vec<u32>> = model.predict_classes(&x).unwrap();
        assert_eq!(classes[9].len(), all[9].len());
    }
}

/// Equal lengths give the bits of the length written in, through all of `fit`.
#[test]
fn equal_lengths_are_the_twin_of_a_fixed_one() {
    let x = sequences(&[7; 30]);
    let fixed: Vec<[[f32; 2]; 7]> = x.iter().map(|x| x[..].try_into().unwrap()).collect();
    let y = classes(30);
    let weights: Vec<f32> = (0..30).map(|k| 0.5 + k as f32 / 30.0).collect();
    for shuffle in [Shuffle::True, Shuffle::False, Shuffle::Batch] {
        macro_rules! run {
            ($model:ident, $x:expr) => {{
                let loss = SparseCategoricalCrossentropy::new();
                let mut model = $model::new(5).compile(Adam::new(0.01), loss, (Accuracy,));
                let options = Fit::new()
                    .verbose(0)
                    .epochs(3)
                    .batch_size(4)
                    .shuffle(shuffle);
                let options = options.validation_split(0.3).sample_weight(&weights);
                let options = options.class_weight([1.0, 2.0, 0.5]);
                let history = model.fit($x, &y, options).unwrap();
                let scores = model.evaluate($x, &y).unwrap();
                let on_batch = model.train_on_batch($x, &y).unwrap();
                let outputs = model.predict($x).unwrap();
                (
                    bits(model.params().as_f32s()),
                    history,
                    scores,
                    on_batch,
                    outputs,
                )
            }};
        }
        assert!(run!(Classes, &x) == run!(ClassesOf7, &fixed), "{shuffle:?}");
        assert!(
            run!(Classes, &fixed) == run!(ClassesOf7, &fixed),
            "{shuffle:?}"
        );
    }
    // Outputs of any length: targets and weights for each step.
    let tags = |k: usize| (0..5).map(move |t| ((k + t) % 3) as u32);
    let y: Vec<Vec<u32>> = (0..30).map(|k| tags(k).collect()).collect();
    let fixed_y: Vec<[u32; 5]> = y.iter().map(|y| y[..].try_into().unwrap()).collect();
    let weights: Vec<[f32; 5]> = (0..30).map(|k| [1.0, 0.0, k as f32, 0.5, 2.0]).collect();
    macro_rules! run {
        ($model:ident, $x:expr, $y:expr, $weights:expr) => {{
            let loss = SparseCategoricalCrossentropy::new();
            let mut model = $model::new(5).compile(Adam::new(0.01), loss, (Accuracy,));
            let options = Fit::new().verbose(0).epochs(3).batch_size(4);
            let options = options.validation_split(0.3).sample_weight($weights);
            let history = model.fit($x, $y, options).unwrap();
            let scores = model.evaluate($x, $y).unwrap();
            (bits(model.params().as_f32s()), history, scores)
        }};
    }
    let open = run!(Tags, &x, &y, weights.as_flattened());
    assert!(open == run!(TagsOf7, &fixed, &fixed_y, &weights[..]));
}

struct Fails(u64);

impl Callback<Classes> for Fails {
    fn on_train_batch_end(
        &mut self,
        _: usize,
        _: &Logs<'_>,
        t: &mut Training<'_, Classes>,
    ) -> Result<(), Error> {
        match t.updates() == self.0 {
            true => Err(Error::Callback {
                name: "Fails".into(),
                why: "as it was asked to".into(),
            }),
            false => Ok(()),
        }
    }
}

#[test]
fn an_interrupted_training_ends_with_the_same_bits() {
    let folder = std::env::temp_dir().join(format!("kseq-sequences-{}", std::process::id()));
    let lengths: Vec<usize> = (0..40).map(|k| 3 + k * 7 % 5).collect();
    let (x, y) = (sequences(&lengths), classes(40));
    let run = |fails: u64| {
        let loss = SparseCategoricalCrossentropy::new();
        let mut model = Classes::new(5).compile(Adam::new(0.01), loss, (Accuracy,));
        let (mut backup, mut fails) = (BackupAndRestore::new(&folder).save_freq(1), Fails(fails));
        let options = Fit::new().verbose(0).epochs(3).batch_size(3);
        let options = options.validation_data(&x[..9], &y[..9]);
        let history = model.fit(&x, &y, options.callbacks([&mut backup, &mut fails]))?;
        Ok::<_, Error>((bits(model.params().as_f32s()), history))
    };
    let whole = run(u64::MAX).unwrap();
    for fails in [4, 15, 16, 33] {
        run(fails).unwrap_err();
        assert!(run(u64::MAX).unwrap() == whole, "after update {fails}");
    }
    let _ = std::fs::remove_dir_all(&folder);
}

#[test]
fn images_of_any_size() {
    let image = |k: usize| {
        let (height, width) = (4 + k % 3, 5 + k % 2);
        let pixels = (0..height * width).map(|i| [((i * 7 + k) % 11) as f32]);
        Grid::new(height, width, pixels.collect()).unwrap()
    };
    let images: Vec<Grid<[f32; 1]>> = (0..12).map(image).collect();
    let model = Pictures::new(1);
    let outputs: Vec<Grid<[f32; 3]>> = model.predict(&images).unwrap();
    for (image, output) in images.iter().zip(&outputs) {
        let size = [(image.height() - 2) / 2, (image.width() - 2) / 2];
        assert_eq!([output.height(), output.width()], size);
        assert_eq!(model.predict(image).unwrap(), *output);
    }
    let mut model = model.compile(SGD::new(0.01), MeanSquaredError::new(), ());
    let before = model.evaluate(&images, &outputs).unwrap();
    assert_eq!(before.loss, 0.0);
    let by_reference: Vec<&Grid<[f32; 1]>> = images.iter().collect();
    model
        .fit(&by_reference, &outputs, Fit::new().verbose(0))
        .unwrap();
    // An array is an image, too, and several of one size are an array of them.
    let array = [[[1.0f32]; 5]; 4];
    let one = model.predict(&array).unwrap();
    assert_eq!(model.predict(&[array; 2]).unwrap(), [one.clone(), one]);
}

#[test]
fn what_a_model_cannot_take_is_said_before_the_first_step() {
    let (x, y) = (sequences(&[5, 4, 5, 3]), classes(4));
    let loss = SparseCategoricalCrossentropy::new();
    let mut model = Classes::new(1).compile(SGD::default(), loss, ());
    let mut empty = x.clone();
    empty[2].clear();
    let said = "sample 2: it is empty; a sample has a step at least";
    let fit = model.fit(&empty, &y, Fit::new().verbose(0)).unwrap_err();
    assert_eq!(fit.to_string(), format!("fit: {said}"));
    let predict = model.predict(&empty).unwrap_err();
    assert_eq!(predict.to_string(), format!("predict: {said}"));
    let mut wrong = x.clone();
    wrong[1][3][1] = f32::NAN;
    let error = model.evaluate(&wrong, &y).unwrap_err().to_string();
    assert!(
        error.starts_with("evaluate: sample 1 has NaN at element 7"),
        "{error}"
    );
    let error = model
        .fit(&x, &y[..3], Fit::new().verbose(0))
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("fit: x has 4 samples, y has 3"),
        "{error}"
    );
    let error = model.train_on_batch(&x, &y).unwrap_err();
    let said = "train_on_batch: sample 1: the samples of one batch have one length, and this one has another";
    assert_eq!(error.to_string(), said);
    let error = model
        .fit(&x, &[0, 1, 2, 3], Fit::new().verbose(0))
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("fit: target of sample 3"), "{error}");

    let mut tags = Tags::new(1).compile(SGD::default(), loss, ());
    let y = |lengths: [usize; 4]| lengths.map(|n| vec![0u32; n]);
    let short = sequences(&[5, 4, 2, 3]);
    let error = tags
        .fit(&short, &y([3, 2, 0, 1]), Fit::new().verbose(0))
        .unwrap_err();
    let said = "fit: sample 2: of 2 steps: layer 1 `conv1d_1`: kernel_size 3 does not fit its input (2, 2)";
    assert_eq!(error.to_string(), said);
    let error = tags.predict(&short).unwrap_err().to_string();
    assert!(
        error.starts_with("predict: sample 2: of 2 steps"),
        "{error}"
    );
    let error = tags
        .fit(&x, &y([3, 2, 5, 1]), Fit::new().verbose(0))
        .unwrap_err();
    let said = "fit: target of sample 2: expected as the output 3 steps, found 5 steps";
    assert_eq!(error.to_string(), said);
    let mut wrong = y([3, 2, 3, 1]);
    wrong[2][1] = 7;
    let error = tags
        .fit(&x, &wrong, Fit::new().verbose(0))
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("fit: target of sample 2: step 1 "),
        "{error}"
    );
    let few = Fit::new().verbose(0).sample_weight(&[1.0; 4]);
    let error = tags.fit(&x, &y([3, 2, 3, 1]), few).unwrap_err();
    let said = "sample_weight: expected one for each of the 9 steps of all targets, found 4";
    assert_eq!(error.to_string(), said);

    let batches = std::iter::repeat_n((vec![], vec![0u32; 2]), 3);
    let error = model
        .fit_generator(batches, Fit::new().verbose(0))
        .unwrap_err();
    let said =
        "fit_generator: samples of any length (`None`) go to `fit`, `evaluate` and `predict`";
    assert_eq!(error.to_string(), said);

    let x: Vec<Vec<[f32; 1]>> = [3, 3, 2, 3].map(|n| vec![[0.5]; n]).into();
    let mut stateful = Stateful::new(1).compile(SGD::default(), MeanSquaredError::new(), ());
    let error = stateful
        .fit(&x, &[[0.0]; 4], Fit::new().verbose(0).shuffle(false))
        .unwrap_err();
    let said = "fit: sample 2: this stateful model takes whole batches of 2 samples of one length, and the one that begins here has fewer";
    assert_eq!(error.to_string(), said);
    let error = stateful.predict(&x).unwrap_err();
    let said = "predict: sample 3: this stateful model takes batches of 2 samples of one length";
    assert_eq!(error.to_string(), said);
}
