//! Fraud: two payments in a hundred. Who always says "no" is right in 98 of 100 cases, and of no use.
//!
//! In Keras, and here in the same order:
//!
//! ```python
//! initial_bias = np.log([pos / neg])
//! model = Sequential([
//!     Dense(16, activation="relu", input_shape=(8,)),
//!     Dropout(0.5),
//!     Dense(1, activation="sigmoid", bias_initializer=Constant(initial_bias)),
//! ])
//! model.compile(
//!     optimizer=Adam(learning_rate=0.001),
//!     loss=BinaryCrossentropy(),
//!     metrics=[Precision(name="precision"), Recall(name="recall"), AUC(name="auc"), AUC(name="prc", curve="PR")],
//! )
//! model.fit(x_train, y_train, batch_size=256, epochs=20, class_weight={0: total / neg / 2, 1: total / pos / 2})
//! loss, precision, recall, auc, prc = model.evaluate(x_test, y_test)
//! ```
//!
//! ```sh
//! cargo run --release -p kseq-nn --example imbalanced
//! ```

mod common;

use kseq::prelude::*;

sequential! {
    pub Fraud = [
        Dense(16, activation = "relu", input_shape = (8,)),
        Dropout(0.5),
        // log(2 / 98): a constant of the model; set below where the share is only known from data.
        Dense(1, activation = "sigmoid", bias_initializer = Constant(-3.89), name = "output"),
    ]
}

/// Payments of eight numbers, two in a hundred of them frauds, which are a little different in five of the numbers.
fn payments(seed: u64, n: usize) -> (Vec<[f32; 8]>, Vec<[f32; 1]>) {
    let rng = &mut common::generator(seed);
    (0..n)
        .map(|_| {
            let fraud = f32::from(rng.uniform() < 0.02);
            let mut x: [f32; 8] = std::array::from_fn(|_| rng.normal());
            for (value, shift) in x.iter_mut().zip([1.4, -1.2, 1.0, 1.0, -0.8]) {
                *value += fraud * shift;
            }
            (x, [fraud])
        })
        .unzip()
}

fn main() -> Result<(), Error> {
    common::no_arguments(include_str!("imbalanced.rs"));
    let (x_train, y_train) = payments(1, 20_000);
    let (x_test, y_test) = payments(2, 10_000);
    let (total, pos) = (
        y_train.len() as f32,
        y_train.iter().map(|y| y[0]).sum::<f32>(),
    );
    let neg = total - pos;
    println!("{pos} of {total} payments are frauds");

    let mut found = Vec::new();
    for weighted in [false, true] {
        let mut model = compile!(
            Fraud::new(0),
            optimizer = Adam(learning_rate = 0.001),
            loss = BinaryCrossentropy(),
            metrics = [
                Precision(name = "precision"),
                Recall(name = "recall"),
                AUC(name = "auc"),
                AUC(name = "prc", curve = "PR"),
            ],
        );
        // With this bias the first loss is that of the share alone, 0.1, and not log(2) = 0.7.
        model.params_mut().output.bias = [(pos / neg).ln()];
        let first = model.evaluate(&x_train, &y_train)?.loss;

        let fit = Fit::new().batch_size(256).epochs(20).verbose(0);
        if weighted {
            let weights = [total / neg / 2.0, total / pos / 2.0];
            model.fit(&x_train, &y_train, fit.class_weight(weights))?;
        } else {
            model.fit(&x_train, &y_train, fit)?;
        }
        let (precision, recall, auc, prc) = model.evaluate(&x_test, &y_test)?.metrics;
        println!("class_weight: {weighted}, first loss {first:.3}");
        println!("  precision {precision:.3}, recall {recall:.3}, auc {auc:.3}, prc {prc:.3}");
        found.push((first, recall, auc));
    }
    let (plain, weighted) = (found[0], found[1]);
    assert!(plain.0 < 0.3, "the bias is not what was asked for");
    assert!(
        weighted.1 > 0.75 && weighted.1 > plain.1 + 0.2,
        "frauds are not found"
    );
    assert!(weighted.2 > 0.9, "it was not learned");
    Ok(())
}
