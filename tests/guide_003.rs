//! `../shared/seeds/003_e0d94e8ccc9786fd.txt`: from the first model to the first training.

mod guide;

use guide::{compile, models};

/// `Sequential([Dense(32, input_shape=(784,)), ...])`; the guide's list lacks its commas.
#[test]
fn list() {
    models::list();
}

/// `model = Sequential()` (the guide writes `Sequential O`), `model.add(...)`
#[test]
fn add() {
    models::add();
}

/// `model.add(Dense(32, input_shape=(784,)))` or `model.add(Dense(32, input_dim=784))`
#[test]
fn input_shape_or_input_dim() {
    models::the_same_input(&models::by_input_shape());
}

/// `model.compile(...)` for several classes, two classes, a regression, and with `mean_pred`. (In the last
/// one the guide writes `optimizer=''rmsprop'`.)
#[test]
fn compile_for_each_kind_of_problem() {
    compile::several_classes();
    compile::two_classes();
    compile::regression();
    compile::a_metric_of_ones_own();
}

/// Training a model with two classes. The guide lacks a parenthesis and a quotation mark.
#[test]
fn train_two_classes() {
    models::two_classes();
}

/// Training a model with ten classes, and `to_categorical(labels, num_classes=10)`.
#[test]
fn train_ten_classes() {
    models::ten_classes();
}
