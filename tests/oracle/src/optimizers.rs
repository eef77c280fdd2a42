//! Keras's optimizers, each from its definition in `keras/src/optimizers`: what `base_optimizer.py` does around all of them, here, and
//! their rules in `rules.rs`.

use crate::call::Call;
use crate::losses::EPSILON;
use crate::rules::{Rule, State};
use crate::schedules;

/// An array that is trained.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its layer's name and its own: `dense_1/kernel`.
    pub path: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its values.
    pub values: Vec<f64>,
}

/// The gradient of an array.
#[derive(Clone, Debug, Default)]
pub struct Gradient {
    /// Of each value.
    pub values: Vec<f64>,
    /// The parts that these are sums of, as (which value, part), where TensorFlow keeps them apart: an `Embedding` as the first layer,
    /// without a penalty on its array, has one for each time that a batch names a token. Else none.
    pub parts: Vec<(usize, f64)>,
}

impl Gradient {
    /// One that has no parts.
    pub fn dense(values: Vec<f64>) -> Gradient {
        let parts = Vec::new();
        Gradient { values, parts }
    }

    /// The sum of a function of the parts, for each value.
    pub fn sums(&self, of: impl Fn(f64) -> f64) -> Vec<f64> {
        if self.parts.is_empty() {
            return self.values.iter().map(|&g| of(g)).collect();
        }
        let mut sums = vec![0.0; self.values.len()];
        self.parts.iter().for_each(|&(at, g)| sums[at] += of(g));
        sums
    }

    fn scale(&mut self, by: f64) {
        self.values.iter_mut().for_each(|g| *g *= by);
        self.parts.iter_mut().for_each(|(_, g)| *g *= by);
    }
}

/// An optimizer at work.
#[derive(Clone, Debug)]
pub struct Optimizer {
    call: Call,
    batches: u64,
    states: Vec<State>,
    averages: Vec<Vec<f64>>,
    accumulated: Vec<Vec<f64>>,
    /// `Nadam`'s product over all updates.
    product: f64,
}

impl Optimizer {
    /// One that has not trained yet.
    pub fn new(call: &Call, variables: &[Variable]) -> Optimizer {
        let zeros = || variables.iter().map(|v| vec![0.0; v.values.len()]);
        Optimizer {
            call: call.clone(),
            batches: 0,
            states: variables.iter().map(|v| State::new(call, v)).collect(),
            averages: zeros().collect(),
            accumulated: zeros().collect(),
            product: 1.0,
        }
    }

    /// How many batches are one update.
    fn batches_each(&self) -> u64 {
        self.call.whole("gradient_accumulation_steps", 1) as u64
    }

    /// The updates so far.
    fn updates(&self) -> u64 {
        self.batches / self.batches_each()
    }

    /// The learning rate of the next batch: schedules count batches, `decay` (of Keras 2) counts updates.
    pub fn learning_rate(&self) -> f64 {
        let default = match self.call.class.as_str() {
            "SGD" => 0.01,
            "ScheduleFreeAdamW" => 0.0025,
            _ => 0.001,
        };
        let rate = match self.call.some_call("learning_rate") {
            Some(schedule) => schedules::at(schedule, self.batches),
            None => self.call.number("learning_rate", default),
        };
        rate / (1.0 + self.call.number("decay", 0.0) * self.updates() as f64)
    }

    /// One batch: the arrays are updated by their gradients.
    pub fn apply(&mut self, variables: &mut [Variable], mut gradients: Vec<Gradient>) {
        let each = self.batches_each();
        let is_update = (self.batches + 1).is_multiple_of(each);
        if each > 1 {
            for (gradient, sum) in gradients.iter_mut().zip(&mut self.accumulated) {
                gradient.parts.clear();
                for (g, sum) in gradient.values.iter_mut().zip(sum) {
                    *sum += *g;
                    if is_update {
                        *g = *sum / each as f64;
                        *sum = 0.0;
                    }
                }
            }
        }
        if is_update {
            self.update(variables, gradients);
        }
        if self.call.flag("use_ema", false) {
            self.average(variables);
        }
        self.batches += 1;
    }

    /// The end of a training: with `use_ema` the arrays become their averages.
    pub fn finish(&self, variables: &mut [Variable]) {
        if self.call.flag("use_ema", false) && self.batches > 0 {
            self.take_averages(variables);
        }
    }

    fn take_averages(&self, variables: &mut [Variable]) {
        for (variable, average) in variables.iter_mut().zip(&self.averages) {
            variable.values.clone_from(average);
        }
    }

    fn average(&mut self, variables: &mut [Variable]) {
        let updates = self.updates();
        let momentum = match updates {
            0 => 0.0,
            _ => self.call.number("ema_momentum", 0.99),
        };
        for (variable, average) in variables.iter().zip(&mut self.averages) {
            for (average, value) in average.iter_mut().zip(&variable.values) {
                *average = momentum * *average + (1.0 - momentum) * value;
            }
        }
        let every = self.call.whole("ema_overwrite_frequency", 0) as u64;
        if every > 0 && (updates + 1).is_multiple_of(every) {
            self.take_averages(variables);
        }
    }

    fn update(&mut self, variables: &mut [Variable], mut gradients: Vec<Gradient>) {
        let rate = self.learning_rate();
        let step = self.updates() + 1;
        self.clip(&mut gradients);
        for variable in &mut *variables {
            let decay = self.weight_decay(variable);
            variable
                .values
                .iter_mut()
                .for_each(|w| *w -= *w * decay * rate);
        }
        if self.call.class == "Nadam" {
            let beta_1 = self.call.number("beta_1", 0.9);
            self.product *= beta_1 * (1.0 - 0.5 * 0.96_f64.powf(step as f64));
        }
        for ((variable, gradient), state) in
            variables.iter_mut().zip(&gradients).zip(&mut self.states)
        {
            let rule = Rule {
                call: &self.call,
                rate,
                step: step as f64,
                product: self.product,
            };
            rule.update(variable, gradient, state);
        }
    }

    /// How much of an array decays, times the learning rate.
    fn weight_decay(&self, variable: &Variable) -> f64 {
        match self.call.class.as_str() {
            "AdamW" => self.call.number("weight_decay", 0.004),
            "Muon" if crate::rules::is_muons(&self.call, variable) => {
                self.call.number("weight_decay", 0.004)
            }
            "Muon" => self.call.number("adam_weight_decay", 0.004),
            _ => self.call.number("weight_decay", 0.0),
        }
    }

    fn clip(&self, gradients: &mut [Gradient]) {
        // The optimizers that square parts have their norm; the others that of the sums.
        let squares_parts = !matches!(self.call.class.as_str(), "SGD" | "Adamax" | "Lion");
        let squares = |gradient: &Gradient| -> f64 {
            match squares_parts {
                true => gradient.sums(|g| g * g).iter().sum(),
                false => gradient.values.iter().map(|g| g * g).sum(),
            }
        };
        if let Some(norm) = self.call.some_number("clipnorm") {
            for gradient in gradients {
                let found = squares(gradient).sqrt();
                if found > norm {
                    gradient.scale(norm / found);
                }
            }
        } else if let Some(norm) = self.call.some_number("global_clipnorm") {
            let found = gradients.iter().map(squares).sum::<f64>().sqrt();
            for gradient in gradients {
                if found > norm {
                    gradient.scale(norm / found);
                }
                // The norm of all makes gradients dense.
                gradient.parts.clear();
            }
        } else if let Some(value) = self.call.some_number("clipvalue") {
            for gradient in gradients {
                gradient.parts.clear();
                let all = gradient.values.iter_mut();
                all.for_each(|g| *g = g.clamp(-value, value));
            }
        }
    }
}

/// The `epsilon` of an optimizer.
pub(crate) fn epsilon(call: &Call) -> f64 {
    let default = match call.class.as_str() {
        "ScheduleFreeAdamW" => 1e-8,
        _ => EPSILON,
    };
    call.number("epsilon", default)
}
