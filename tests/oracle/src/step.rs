//! A training step as Keras's trainer does it: the loss and all penalties, their gradients, the optimizer, and then the constraints.

use crate::call::Call;
use crate::constraints::constrained;
use crate::losses::{self, Head, Outputs};
use crate::optimizers::{Gradient, Optimizer, Variable};
use crate::random::{Random, rounding};
use crate::reductions::{self, Weights};
use crate::regularizers::penalty;
use crate::tape::{self, Var};

/// An array of a model.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name, shape and values.
    pub variable: Variable,
    /// Whether training changes it.
    pub trainable: bool,
    /// The penalty on it.
    pub regularizer: Option<Call>,
    /// What is done to it after each update.
    pub constraint: Option<Call>,
}

/// What a pass through a model gives.
#[derive(Clone, Debug)]
pub struct Forward {
    /// The outputs.
    pub output: Vec<Var>,
    /// Their shape, the batch first.
    pub shape: Vec<usize>,
    /// What the last step was applied to, if that was a softmax or a sigmoid.
    pub logits: Option<(Head, Vec<Var>)>,
    /// Which rows of the output count, if there is a mask.
    pub mask: Option<Vec<bool>>,
    /// The penalties on outputs of layers.
    pub penalties: Var,
    /// The parameters that the model looks up by tokens, where Keras keeps the gradients of single occurrences: (which parameter, each value
    /// that was looked up with its place in it). See [`Gradient::parts`].
    pub looked_up: Vec<(usize, Vec<(usize, Var)>)>,
}

/// A batch of targets.
#[derive(Clone, Copy, Debug)]
pub struct Targets<'a> {
    /// The targets.
    pub y: &'a [f64],
    /// What each counts for.
    pub weights: Option<Weights<'a>>,
}

/// What a step has found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The loss with all penalties, before the update.
    pub loss: f64,
    /// The outputs.
    pub output: Vec<f64>,
    /// The gradients of the parameters; of frozen ones zeros.
    pub gradients: Vec<Vec<f64>>,
}

/// A model in training.
#[derive(Clone, Debug)]
pub struct Training {
    loss: Call,
    scale: f64,
    optimizer: Optimizer,
    /// What gradients are moved by on their way back, as rounding does: a share of each product and sum.
    pub rounding: Option<(f64, Random)>,
}

impl Training {
    /// Keras's `compile`; `scale` is the `loss_weights` of the one output.
    pub fn new(loss: &Call, scale: f64, optimizer: &Call, parameters: &[Parameter]) -> Training {
        Training {
            loss: loss.clone(),
            scale,
            optimizer: Optimizer::new(optimizer, &trained(parameters)),
            rounding: None,
        }
    }

    /// The loss of outputs, penalties among it: what Keras reports.
    fn objective(
        &self,
        forward: &Forward,
        parameters: &[Parameter],
        vars: &[Vec<Var>],
        targets: Targets<'_>,
    ) -> Var {
        let logits = forward.logits.as_ref();
        let outputs = Outputs {
            values: &forward.output,
            shape: &forward.shape,
            logits: logits.map(|(head, logits)| (*head, &logits[..])),
        };
        let rows = losses::rows(&self.loss, targets.y, &outputs);
        let mask = forward.mask.as_deref();
        let mut sum = reductions::reduced(&self.loss, &rows, targets.weights, mask) * self.scale;
        sum += forward.penalties;
        for (parameter, vars) in parameters.iter().zip(vars) {
            if let (Some(regularizer), true) = (&parameter.regularizer, parameter.trainable) {
                sum += penalty(regularizer, vars, &parameter.variable.shape);
            }
        }
        sum
    }

    /// One batch: the parameters are updated.
    pub fn step(
        &mut self,
        parameters: &mut [Parameter],
        targets: Targets<'_>,
        forward: &mut dyn FnMut(&[Vec<Var>]) -> Forward,
    ) -> Found {
        tape::clear();
        let vars = variables(parameters);
        let passed = forward(&vars);
        let loss = self.objective(&passed, parameters, &vars, targets);
        let gradients = gradients(loss, parameters, &vars, &passed, &mut self.rounding);
        let mut trained = trained(parameters);
        let of_trained = parameters.iter().zip(&gradients);
        let of_trained = of_trained.filter(|(parameter, _)| parameter.trainable);
        let of_trained = of_trained.map(|(_, gradient)| gradient.clone()).collect();
        let share = self
            .rounding
            .as_mut()
            .map(|(share, random)| (*share, random.fork()));
        rounding(share, || self.optimizer.apply(&mut trained, of_trained));
        take(parameters, trained);
        for parameter in parameters.iter_mut().filter(|p| p.trainable) {
            let Variable { values, shape, .. } = &mut parameter.variable;
            if let Some(constraint) = &parameter.constraint {
                *values = constrained(constraint, values, shape);
            }
        }
        Found {
            loss: loss.value(),
            output: passed.output.iter().map(|y| y.value()).collect(),
            gradients: gradients
                .into_iter()
                .map(|gradient| gradient.values)
                .collect(),
        }
    }

    /// The loss of a batch outside training.
    pub fn evaluated(
        &self,
        parameters: &[Parameter],
        targets: Targets<'_>,
        forward: &mut dyn FnMut(&[Vec<Var>]) -> Forward,
    ) -> f64 {
        tape::clear();
        let vars = variables(parameters);
        let passed = forward(&vars);
        self.objective(&passed, parameters, &vars, targets).value()
    }

    /// The end of a training: averages take the place of the parameters, if there are any.
    pub fn finish(&self, parameters: &mut [Parameter]) {
        let mut trained = trained(parameters);
        self.optimizer.finish(&mut trained);
        take(parameters, trained);
    }
}

/// The parameters as scalars.
fn variables(parameters: &[Parameter]) -> Vec<Vec<Var>> {
    let of = |parameter: &Parameter| {
        let all = parameter.variable.values.iter();
        match parameter.trainable {
            true => all.map(|&value| Var::parameter(value)).collect(),
            false => all.map(|&value| Var::constant(value)).collect(),
        }
    };
    parameters.iter().map(of).collect()
}

/// The arrays that training changes.
fn trained(parameters: &[Parameter]) -> Vec<Variable> {
    let trained = parameters.iter().filter(|parameter| parameter.trainable);
    trained
        .map(|parameter| parameter.variable.clone())
        .collect()
}

/// Puts them back.
fn take(parameters: &mut [Parameter], trained: Vec<Variable>) {
    let of_trained = parameters
        .iter_mut()
        .filter(|parameter| parameter.trainable);
    for (parameter, variable) in of_trained.zip(trained) {
        parameter.variable = variable;
    }
}

fn gradients(
    of: Var,
    parameters: &[Parameter],
    vars: &[Vec<Var>],
    forward: &Forward,
    rounding: &mut Option<(f64, Random)>,
) -> Vec<Gradient> {
    let looked_up = forward.looked_up.iter();
    let looked_up: Vec<Var> = looked_up
        .flat_map(|(_, all)| all.iter().map(|(_, var)| *var))
        .collect();
    let all: Vec<Var> = vars.iter().flatten().copied().chain(looked_up).collect();
    let mut found = tape::rounded_gradients(of, &all, rounding).into_iter();
    let dense = vars
        .iter()
        .map(|vars| Gradient::dense(found.by_ref().take(vars.len()).collect()));
    let mut gradients: Vec<Gradient> = dense.collect();
    for (which, looked_up) in &forward.looked_up {
        let parts = looked_up.iter().map(|(at, _)| *at).zip(found.by_ref());
        let parts: Vec<(usize, f64)> = parts.collect();
        // With a penalty the gradient of all values is dense.
        if parameters[*which].regularizer.is_none() {
            gradients[*which].parts = parts;
        }
    }
    gradients
}

#[cfg(test)]
mod tests {
    use super::{Forward, Parameter, Targets, Training};
    use crate::call::Call;
    use crate::optimizers::Variable;
    use crate::reductions::Weights;
    use crate::tape::Var;

    fn parameter(path: &str, values: &[f64]) -> Parameter {
        Parameter {
            variable: Variable {
                path: path.to_owned(),
                shape: vec![values.len(), 1],
                values: values.to_vec(),
            },
            trainable: true,
            regularizer: None,
            constraint: None,
        }
    }

    /// Two samples of two inputs: `x w`.
    fn line(x: [[f64; 2]; 2]) -> impl FnMut(&[Vec<Var>]) -> Forward {
        move |vars| Forward {
            output: x
                .iter()
                .map(|x| x[0] * vars[0][0] + x[1] * vars[0][1])
                .collect(),
            shape: vec![2, 1],
            logits: None,
            mask: None,
            penalties: Var::ZERO,
            looked_up: Vec::new(),
        }
    }

    #[test]
    fn a_step_by_hand() {
        let mut parameters = [parameter("dense_1/kernel", &[1.0, -1.0])];
        parameters[0].regularizer = Some(Call::new("L2").with("l2", 0.5));
        parameters[0].constraint = Some(Call::new("NonNeg"));
        let optimizer = Call::new("SGD").with("learning_rate", 0.25);
        let mut training =
            Training::new(&Call::new("MeanSquaredError"), 2.0, &optimizer, &parameters);
        let targets = Targets {
            y: &[0.0, 0.0],
            weights: Some(Weights::Samples(&[1.0, 3.0])),
        };
        let forward = &mut line([[2.0, 1.0], [0.0, 1.0]]);
        let found = training.step(&mut parameters, targets, forward);
        // Outputs 1 and -1, twice the mean of 1 and 3, and half of 1 + 1.
        assert_eq!((found.output, found.loss), (vec![1.0, -1.0], 5.0));
        // 2 · (2 · 1 · x₀ · 1 + 2 · -1 · x₁ · 3) / 2, and w.
        assert_eq!(found.gradients, [[4.0 + 1.0, 2.0 - 6.0 - 1.0]]);
        // -0.25 and 0.25, of which the first is cut off.
        assert_eq!(parameters[0].variable.values, [0.0, 0.25]);
    }

    #[test]
    fn what_is_frozen_stays_and_has_no_penalty() {
        let mut parameters = [
            parameter("a/kernel", &[1.0, -1.0]),
            parameter("b/bias", &[3.0]),
        ];
        parameters[0].trainable = false;
        parameters[0].regularizer = Some(Call::new("L1"));
        parameters[0].constraint = Some(Call::new("NonNeg"));
        let optimizer = Call::new("SGD").with("weight_decay", 0.5);
        let mut training =
            Training::new(&Call::new("MeanSquaredError"), 1.0, &optimizer, &parameters);
        let targets = Targets {
            y: &[0.0, 0.0],
            weights: None,
        };
        let found = training.step(
            &mut parameters,
            targets,
            &mut line([[2.0, 1.0], [0.0, 1.0]]),
        );
        assert_eq!((found.loss, &found.gradients[0]), (1.0, &vec![0.0, 0.0]));
        assert_eq!(parameters[0].variable.values, [1.0, -1.0]);
        assert_eq!(
            parameters[1].variable.values,
            [3.0 - 3.0 * 0.5 * f64::from(0.01_f32)]
        );
    }

    #[test]
    fn squares_are_those_of_single_occurrences() {
        // A value is looked up twice, with gradients 1 and -1: their sum is 0, that of their squares is 2.
        let mut parameters = [parameter("embedding_1/embeddings", &[5.0])];
        let optimizer = Call::new("Adagrad")
            .with("learning_rate", 1.0)
            .with("initial_accumulator_value", 0.0);
        let mut forward = |vars: &[Vec<Var>]| {
            let twice = [vars[0][0] * 1.0, vars[0][0] * 1.0];
            Forward {
                output: vec![twice[0] - twice[1], Var::ZERO],
                shape: vec![2, 1],
                logits: None,
                mask: None,
                penalties: 4.0 * (twice[0] - twice[1]) + 3.0 * twice[0],
                looked_up: vec![(0, twice.map(|var| (0, var)).to_vec())],
            }
        };
        let mut training =
            Training::new(&Call::new("MeanSquaredError"), 1.0, &optimizer, &parameters);
        let targets = Targets {
            y: &[0.0, 0.0],
            weights: None,
        };
        let found = training.step(&mut parameters, targets, &mut forward);
        assert_eq!(found.gradients, [[3.0]]);
        // 3 / √(7² + 4²)
        let expected = 5.0 - 3.0 / (65.0 + 1e-7_f64).sqrt();
        assert!((parameters[0].variable.values[0] - expected).abs() < 1e-12);
    }
}
