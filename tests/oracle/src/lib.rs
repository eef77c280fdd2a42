//! Random whole models as plain data, their source as a user of kseq writes it, and an interpreter: `f64`, naive loops, gradients by a
//! tape of scalars, so that nothing is shared with the engine that it is compared with.

// What the files on losses, optimizers and the like offer to the others (of w-oracle2; until it is merged this is the agreement):
//   activations.rs   `Activation`: `random(&mut Random)`, `named(&str)`, `source() -> String` (what stands behind `activation = `, also
//                    calls: `LeakyReLU(0.1)`), `apply(&self, row: &[Var]) -> Vec<Var>` (a row is the last axis)
//   regularizers.rs  `Regularizer`: `random(&mut Random, shape: &[usize])`, `source()`, `penalty(&self, values: &[Var], shape: &[usize]) -> Var`
//   constraints.rs   `Constraint`: `random(..)`, `source()`, `project(&self, values: &mut [f64], shape: &[usize])`
//   losses.rs        `Loss`: `random(&mut Random, output shape, ends with which activation)`, `source()`, `targets(&mut Random, samples) -> Vec<f64>`, ..
//   optimizers.rs    `Optimizer`: `random(..)`, `source()`, `type_source()` if a type must be named, a state, `step(&mut self, parameters, gradients)`
//   step.rs          `Parameter { name, shape, values: Vec<f64>, trainable, regularizer, constraint, ..}`; three steps, given
//                    `forward: &mut dyn FnMut(&[Vec<Var>]) -> Forward`, with
//                    `Forward { output: Vec<Var>, shape: Vec<usize>, mask: Option<Vec<bool>> (row by row), penalties: Var }`
// All plain data: `#[derive(Clone, Debug)]`.

pub mod layers;
pub mod random;
pub mod run;
pub mod spec;
pub mod tape;
pub mod tensor;
