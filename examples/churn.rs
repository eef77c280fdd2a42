//! Which customers leave: a table of numbers and words, standardised, one-hot, and cross-validation with as many leavers in each fold.
//!
//! In Keras, and here in the same order:
//!
//! ```python
//! x = pd.get_dummies(table.drop(columns="left"), columns=["contract"], dtype=float).values
//! y = table["left"].values
//!
//! for train, val in StratifiedKFold(5).split(x, y):
//!     scaler = StandardScaler().fit(x[train])
//!     model = Sequential([
//!         Dense(16, activation="relu", input_shape=(7,)),
//!         Dropout(0.1),
//!         Dense(1, activation="sigmoid"),
//!     ])
//!     model.compile(optimizer=Adam(0.005), loss="binary_crossentropy", metrics=["accuracy", AUC(name="auc")])
//!     model.fit(scaler.transform(x[train]), y[train], batch_size=64, epochs=15, verbose=0)
//!     loss, accuracy, auc = model.evaluate(scaler.transform(x[val]), y[val], verbose=0)
//! ```
//!
//! ```sh
//! cargo run --release -p kseq-nn --example churn
//! ```

mod common;

use kseq::prelude::*;
use kseq::rng::Rng;

/// Months, price, calls to the help desk, gigabytes, and the contract as three columns of 0 and 1.
type Customer = [f32; 7];

/// As the table says it.
const CONTRACTS: [&str; 3] = ["monthly", "yearly", "two years"];

const FOLDS: usize = 5;

sequential! {
    pub Churn = [
        Dense(16, activation = "relu", input_shape = (7,)),
        Dropout(0.1),
        Dense(1, activation = "sigmoid"),
    ]
}

/// One line of a table, as a company would export it, and whether the customer has left since.
fn line(rng: &mut Rng) -> (String, bool) {
    let months = 1 + rng.below(72);
    let contract = rng.below(3) as usize;
    let (price, gigabytes) = (
        15.0 + 45.0 * rng.uniform(),
        40.0 * rng.uniform() * rng.uniform(),
    );
    let calls = rng.below(3) * rng.below(4);
    // New customers with a monthly contract leave when they have to call often; those who pay much for little leave, too.
    let trouble = calls as f32 * if contract == 0 { 0.8 } else { 0.2 };
    let dear = price / (3.0 + gigabytes);
    let odds = trouble + 0.35 * dear - 0.05 * months as f32 - 1.2 * contract as f32 - 0.8;
    let left = rng.uniform() < 1.0 / (1.0 + (-odds).exp());
    (
        format!(
            "{months},{price:.2},{calls},{gigabytes:.1},{}",
            CONTRACTS[contract]
        ),
        left,
    )
}

/// Four numbers, and a word as columns.
fn customer(line: &str) -> Option<Customer> {
    let (mut cells, mut x) = (line.split(','), [0.0; 7]);
    for value in &mut x[..4] {
        *value = cells.next()?.parse().ok()?;
    }
    let contract = cells.next()?;
    x[4 + CONTRACTS.iter().position(|&c| c == contract)?] = 1.0;
    Some(x)
}

/// Mean and standard deviation of each column.
fn moments(x: &[Customer]) -> (Customer, Customer) {
    let n = x.len() as f32;
    let mean: Customer = std::array::from_fn(|i| x.iter().map(|x| x[i]).sum::<f32>() / n);
    let variance = |i: usize| x.iter().map(|x| (x[i] - mean[i]).powi(2)).sum::<f32>() / n;
    (mean, std::array::from_fn(|i| variance(i).sqrt()))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    common::no_arguments(include_str!("churn.rs"));
    let rng = &mut common::generator(3);
    let mut customers = Vec::new();
    for _ in 0..4000 {
        let (line, left) = line(rng);
        let x = customer(&line).ok_or(line)?;
        customers.push((x, [f32::from(left)]));
    }
    // Those who left first: the folds below take each fifth customer, and so a fifth of both kinds.
    customers.sort_by(|a, b| b.1[0].total_cmp(&a.1[0]));
    let left = customers.iter().filter(|(_, y)| y[0] == 1.0).count();
    println!("{left} of {} customers have left", customers.len());

    let (mut accuracies, mut aucs) = (0.0, 0.0);
    for fold in 0..FOLDS {
        let part = |of_fold: bool| -> (Vec<Customer>, Vec<[f32; 1]>) {
            let all = customers.iter().enumerate();
            all.filter(|(i, _)| (i % FOLDS == fold) == of_fold)
                .map(|(_, customer)| *customer)
                .unzip()
        };
        let ((mut x_val, y_val), (mut x_train, y_train)) = (part(true), part(false));
        // The moments are those of what is trained with: nobody knows those of the customers to come.
        let (mean, std) = moments(&x_train);
        for x in x_train.iter_mut().chain(&mut x_val) {
            *x = std::array::from_fn(|i| (x[i] - mean[i]) / std[i]);
        }

        let mut model = compile!(
            Churn::new(fold as u64),
            optimizer = Adam(0.005),
            loss = "binary_crossentropy",
            metrics = ["accuracy", AUC(name = "auc")],
        );
        let fit = Fit::new().batch_size(64).epochs(15).verbose(0);
        model.fit(&x_train, &y_train, fit)?;
        let (accuracy, auc) = model.evaluate(&x_val, &y_val)?.metrics;
        println!("fold {fold}: accuracy {accuracy:.3}, auc {auc:.3}");
        accuracies += accuracy / FOLDS as f32;
        aucs += auc / FOLDS as f32;
    }
    let never = 1.0 - left as f32 / customers.len() as f32;
    println!(
        "all folds: accuracy {accuracies:.3} and auc {aucs:.3}; who says nobody leaves {never:.3}"
    );
    assert!(
        accuracies > never + 0.05 && aucs > 0.8,
        "it was not learned"
    );
    Ok(())
}
