//! Metrics and losses through `fit` and `evaluate`: several at once, weights, names, wrong arguments.

use kseq::losses::{self, Reduction};
use kseq::metrics::{self, AUC, F1Score, MeanMetricWrapper, Named, Precision, R2Score};
use kseq::prelude::*;
use kseq::train::Evaluate;

sequential! { Net = [Dense(3, activation = "softmax", input_shape = (2,))] }

const X: [[f32; 2]; 7] = [
    [0.1, 0.9],
    [0.8, 0.3],
    [-0.5, 0.2],
    [0.4, 0.4],
    [0.9, -0.7],
    [0.0, 0.6],
    [-0.3, -0.8],
];
const Y: [[f32; 3]; 7] = {
    let (a, b, c) = ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]);
    [a, b, c, a, b, c, a]
};
const WEIGHTS: [f32; 7] = [1.0, 0.0, 2.0, 0.5, 0.0, 3.0, 1.0];

fn mean_pred(_y_true: &[f32; 3], y_pred: &[f32; 3]) -> f32 {
    y_pred.iter().sum::<f32>() / 3.0
}

/// Twelve metrics, as the tutorials on unequal classes have nine or more.
#[test]
fn twelve_metrics() {
    use metrics::{FalseNegatives, FalsePositives, Recall, TrueNegatives, TruePositives};
    let metrics = (
        TruePositives::new(),
        FalsePositives::new(),
        TrueNegatives::new(),
        FalseNegatives::new(),
        Accuracy,
        Precision::new(),
        Recall::new(),
        AUC::new(),
        Named("prc", AUC::new().curve(Curve::PR)),
        F1Score::new(),
        metrics::MeanSquaredError::default(),
        metrics::function("mean_pred", mean_pred),
    );
    let loss = CategoricalCrossentropy::default();
    let mut model = Net::new(0).compile(SGD::new(0.0), loss, metrics);
    let fit = Fit::new().batch_size(3).verbose(0).validation_data(&X, &Y);
    let history = model.fit(&X, &Y, fit).unwrap();
    assert_eq!(history.keys().count(), 2 * 13);
    let scores = model.evaluate(&X, &Y).unwrap().metrics;
    assert_eq!(scores.0 + scores.3, 7.0); // positives
    assert_eq!(history.last("val_mean_pred"), Some(scores.11));
    assert_eq!(history.last("prc"), Some(scores.8));
}

/// The number of classes is the model's: nobody writes it.
#[test]
fn several_metrics_of_all_kinds() {
    let metrics = (
        Accuracy,
        F1Score::new(),
        R2Score::new(),
        AUC::new(),
        Named("precision_of_1", Precision::new().class_id(1)),
        metrics::function("mean_pred", mean_pred),
        metrics::MeanAbsoluteError::default(),
        MeanMetricWrapper::new(Huber::new().delta(0.1)),
    );
    let mut model = Net::new(3).compile(SGD::default(), MeanSquaredError::new(), metrics);
    let names = [
        "loss",
        "accuracy",
        "f1_score",
        "r2_score",
        "auc",
        "precision_of_1",
        "mean_pred",
        "mean_absolute_error",
        "huber_loss",
    ];
    assert_eq!(model.metrics_names(), names);
    let history = model
        .fit(&X, &Y, Fit::new().batch_size(3).verbose(0))
        .unwrap();
    for name in names {
        assert!(history.last(name).unwrap().is_finite(), "{name}");
    }
    assert!((history.last("mean_pred").unwrap() - 1.0 / 3.0).abs() < 1e-6);
    // The batches' size does not change a metric.
    let options = |size| Evaluate::new().batch_size(size).verbose(0);
    let (all, few) = (
        model.evaluate_with(&X, &Y, options(7)).unwrap().metrics,
        model.evaluate_with(&X, &Y, options(2)).unwrap().metrics,
    );
    let close = |a: f32, b: f32| (a - b).abs() < 1e-6;
    assert!(close(all.0, few.0) && close(all.1, few.1) && close(all.2, few.2));
    assert!(close(all.3, few.3) && close(all.6, few.6) && close(all.7, few.7));
}

#[test]
fn weighted_metrics_get_the_weights_and_plain_ones_do_not() {
    let metrics = (Accuracy, Weighted(Accuracy), Weighted(AUC::new()));
    let mut model = Net::new(3).compile(SGD::default(), CategoricalCrossentropy::new(), metrics);
    let names = ["loss", "accuracy", "weighted_accuracy", "auc"];
    assert_eq!(model.metrics_names(), names);
    let options = Evaluate::new().sample_weight(&WEIGHTS).verbose(0);
    let (plain, weighted, _) = model.evaluate_with(&X, &Y, options).unwrap().metrics;
    let (mut right, mut weight) = (0.0, 0.0);
    for ((out, y), w) in model.predict(&X).unwrap().iter().zip(&Y).zip(&WEIGHTS) {
        let largest = out.iter().copied().fold(0.0, f32::max);
        if out.iter().zip(y).any(|(o, t)| *o == largest && *t == 1.0) {
            right += 1.0;
            weight += w;
        }
    }
    assert_eq!(plain, right / 7.0);
    assert!((weighted - weight / WEIGHTS.iter().sum::<f32>()).abs() < 1e-6);
    // Without weights both count every sample once.
    let (plain, weighted, _) = model.evaluate(&X, &Y).unwrap().metrics;
    assert_eq!(plain, weighted);
}

#[test]
fn the_mean_with_sample_weight() {
    let loss = CategoricalCrossentropy::new();
    let of = |reduction| {
        let mut model = Net::new(3).compile(SGD::default(), loss.reduction(reduction), ());
        let options = Evaluate::new().sample_weight(&WEIGHTS).verbose(0);
        model.evaluate_with(&X, &Y, options).unwrap().loss
    };
    let sum = of(Reduction::Sum);
    assert!((of(Reduction::SumOverBatchSize) - sum / 7.0).abs() < 1e-6);
    let mean = sum / WEIGHTS.iter().sum::<f32>();
    assert!((of(Reduction::MeanWithSampleWeight) - mean).abs() < 1e-6);
}

#[test]
fn a_users_function_as_a_loss_trains_like_the_loss_itself() {
    fn squares(y_true: &[f32; 3], y_pred: &[f32; 3], gradient: &mut [f32; 3]) -> f32 {
        let mut loss = 0.0;
        for ((o, t), d) in y_pred.iter().zip(y_true).zip(gradient) {
            loss += (o - t) * (o - t) / 3.0;
            *d = 2.0 * (o - t) / 3.0;
        }
        loss
    }
    let fit = || Fit::new().epochs(5).batch_size(2).verbose(0);
    let mut one = Net::new(3).compile(SGD::new(0.1), losses::function(squares), ());
    let mut other = Net::new(3).compile(SGD::new(0.1), MeanSquaredError::new(), ());
    let one = one.fit(&X, &Y, fit()).unwrap().last("loss").unwrap();
    let other = other.fit(&X, &Y, fit()).unwrap().last("loss").unwrap();
    assert!((one - other).abs() < 1e-6, "{one} {other}");
}

#[test]
fn wrong_arguments_of_losses_and_metrics_end_fit_before_it_begins() {
    let metrics = (Accuracy, Precision::new().top_k(0));
    let mut model = Net::new(3).compile(SGD::default(), MeanSquaredError::new(), metrics);
    let batches = || [(X.to_vec(), Y.to_vec())].into_iter();
    for error in [
        model.fit(&X, &Y, Fit::new().verbose(0)).unwrap_err(),
        model
            .fit_generator(batches(), Fit::new().verbose(0))
            .unwrap_err(),
        model
            .evaluate_generator(batches(), Evaluate::new())
            .unwrap_err(),
    ] {
        assert_eq!(
            error.to_string(),
            "precision: top_k must be at least 1, found 0"
        );
    }
    let huber = Huber::new().delta(0.0);
    let mut model = Net::new(3).compile(SGD::default(), huber, ());
    for error in [
        model.fit(&X, &Y, Fit::new().verbose(0)).unwrap_err(),
        model
            .fit_generator(batches(), Fit::new().verbose(0))
            .unwrap_err(),
    ] {
        assert_eq!(
            error.to_string(),
            "loss: delta must be more than 0, found 0.0"
        );
    }
}

sequential! { Speech = [Dense(5, input_shape = (6, 3))] }

/// Labels without places: the model learns to write them, whatever the step.
#[test]
fn sequences_of_labels() {
    let x = [[
        [1.0, 0.0, 0.0],
        [1.0, 0.0, 0.0],
        [0.0, 1.0, 0.0],
        [0.0, 1.0, 0.0],
        [0.0, 0.0, 1.0],
        [0.0; 3],
    ]];
    let y = [[1, 2, 3, 0, 0, 0]];
    let mut model = compile!(
        Speech::new(1),
        optimizer = Adam(0.1),
        loss = "ctc",
        metrics = [CTC()]
    );
    let history = model.fit(&x, &y, Fit::new().epochs(60).verbose(0)).unwrap();
    let loss = history.get("loss").unwrap();
    assert!(loss[59] < 0.2 * loss[0], "{} to {}", loss[0], loss[59]);
    assert!((history.get("ctc").unwrap()[0] - loss[0]).abs() < 1e-5);
    let wrong = model
        .fit(&x, &[[1, 0, 2, 0, 0, 0]], Fit::new().verbose(0))
        .unwrap_err();
    assert!(wrong.to_string().contains("a label behind a 0"), "{wrong}");
}

sequential! { Classes3 = [Dense(3, activation = "softmax", input_shape = (2,))] }
sequential! { Yes = [Dense(1, activation = "sigmoid", input_shape = (2,))] }

/// Words of which the model says what they mean, under their names.
#[test]
fn words_that_depend_on_the_units() {
    let x = [[1.0, 0.0], [0.0, 1.0]];
    let y = [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]];
    let by = |word: bool| {
        let model = Classes3::new(2);
        let fit = Fit::new().verbose(0).epochs(3);
        match word {
            true => compile!(model, "sgd", loss = "ce", metrics = ["ce"]).fit(&x, &y, fit),
            false => compile!(model, "sgd", "categorical_crossentropy", metrics = ["ce"])
                .fit(&x, &y, fit),
        }
    };
    let history = by(true).unwrap();
    assert_eq!(history.get("loss"), by(false).unwrap().get("loss"));
    assert!((history.get("ce").unwrap()[0] - history.get("loss").unwrap()[0]).abs() < 1e-6);
    let mut model = compile!(
        Yes::new(2),
        "sgd",
        loss = "crossentropy",
        metrics = ["crossentropy", "f_beta_score"]
    );
    assert_eq!(
        model.metrics_names(),
        ["loss", "crossentropy", "f_beta_score"]
    );
    let mut binary = compile!(Yes::new(2), "sgd", loss = "bce", metrics = ["bce"]);
    let y = [[1.0], [0.0]];
    assert_eq!(
        model.evaluate(&x, &y).unwrap().loss,
        binary.evaluate(&x, &y).unwrap().loss
    );
    let mut sparse = compile!(
        Classes3::new(2),
        "sgd",
        "sparse_categorical_crossentropy",
        metrics = ["crossentropy"]
    );
    let scores = sparse.evaluate(&x, &[0, 2]).unwrap();
    assert!((scores.loss - scores.metrics.0).abs() < 1e-6);
}

/// Segmentations and embeddings train with what they are for.
#[test]
fn losses_of_whole_batches() {
    let x = [[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9]];
    let y = [
        [1.0, 0.0, 1.0],
        [1.0, 0.0, 1.0],
        [0.0, 1.0, 0.0],
        [0.0, 1.0, 0.0],
    ];
    let falls = |history: History| {
        let loss = history.get("loss").unwrap();
        assert!(loss[29] < 0.9 * loss[0], "{} to {}", loss[0], loss[29]);
    };
    let net = || Classes3::new(2);
    falls(
        compile!(
            net(),
            Adam(0.1),
            Dice(axis = [1]),
            metrics = [Tversky(beta = 0.7)]
        )
        .fit(&x, &y, Fit::new().verbose(0).epochs(30))
        .unwrap(),
    );
    falls(
        compile!(
            net(),
            Adam(0.1),
            "tversky",
            metrics = ["pearson_correlation"]
        )
        .fit(&x, &y, Fit::new().verbose(0).epochs(30))
        .unwrap(),
    );
    let classes = [4, 4, 9, 9];
    falls(
        compile!(net(), Adam(0.1), Circle(gamma = 4.0))
            .fit(&x, &classes, Fit::new().verbose(0).epochs(30))
            .unwrap(),
    );
    falls(
        compile!(
            net(),
            Adam(0.1),
            CategoricalGeneralizedCrossEntropy(q = 0.3)
        )
        .fit(&x, &[0, 0, 1, 1], Fit::new().verbose(0).epochs(30))
        .unwrap(),
    );
}
