//! Random whole models as plain data, their source as a user of kseq writes it, and an interpreter: `f64`, naive loops, gradients by a
//! tape of scalars, so that nothing is shared with the engine that it is compared with.
//!
//! `generate` makes a model of a seed: three to twelve layers of everything, wherever Keras takes them, a loss that suits their outputs, an
//! optimizer, data with padding. It knows shapes by running the interpreter, which is another comparison. `expected` says what the model
//! comes to: predictions, a pass forward and back, three steps of a training, each number by its name. `models/`, a package of its own since
//! it needs this one to be built, compiles some hundred of them, runs them in kseq (batches and single samples, one to three threads,
//! the plan of a host and that of a `Trainer`, every instruction set of the CPU), and compares.
//!
//! A layer is a forward pass of some lines (`layers/`), from Keras's documentation and source; the tape derives it. A model is a list of
//! calls (`call`), not an enum of layers: so printing, reading arguments with Keras's defaults, and regularizers and constraints are one
//! place each. Both programs are given the same arrays and data, so that initializers need not agree. What random layers draw is asked of
//! kseq, layer by layer, outside of the model; the sum of it all is the interpreter's.
//!
//! Where the two differ by more than rounding usually is, the interpreter runs again with numbers that are moved as rounding moves them
//! (`Run::rounding`): what they move by shows how exact a number can be. A number that is within rounding of a step or a kink may be on its
//! other side (`sides`): the two agree if they do with one such number, or several, on the other side.

pub mod activations;
pub mod arguments;
pub mod call;
mod confusion;
pub mod constraints;
pub mod expected;
pub mod generate;
pub mod layers;
pub mod losses;
pub mod metrics;
pub mod model;
pub mod optimizers;
pub mod random;
pub mod reductions;
pub mod regularizers;
mod rules;
pub mod run;
pub mod schedules;
pub mod sides;
pub mod step;
pub mod suited_metrics;
pub mod suiting;
pub mod tape;
pub mod tensor;
pub mod trainings;

#[cfg(test)]
mod attested;
#[cfg(test)]
mod attested_trainings;
#[cfg(test)]
mod golden;
