//! A pass through a list of layers: what each layer is told, and where its arrays are.

use std::collections::BTreeMap;

use crate::call::Call;
use crate::layers;
use crate::random::{Random, single};
use crate::regularizers;
use crate::tape::Var;
use crate::tensor::Tensor;

/// An array of a layer.
#[derive(Clone, Debug)]
pub struct Array {
    /// The lengths of its axes.
    pub shape: Vec<usize>,
    /// Its numbers.
    pub values: Vec<f64>,
    /// Whether it is none that has a gradient: a moving average, the state of a stateful layer.
    pub is_state: bool,
    /// Whether training changes it.
    pub trainable: bool,
    /// Whether its gradient is a sum over occurrences of tokens.
    pub of_tokens: bool,
    /// `kernel_regularizer = ..` and its like.
    pub regularizer: Option<Call>,
    /// `kernel_constraint = ..` and its like.
    pub constraint: Option<Call>,
}

/// The arrays of a model by name: `dense_1.kernel`.
pub type Arrays = BTreeMap<String, Array>;

/// What an array is filled with when a model is made: not what Keras fills it with, since both programs are given the same.
#[derive(Clone, Copy, Debug)]
pub enum Fill {
    /// Normal numbers, so that sums over so many values keep their size.
    Sum(usize),
    /// Around a number, and this far from it.
    Around(f64, f64),
    /// This number.
    Just(f64),
}

/// What a random layer makes of zeros and of ones of this shape in this step of the training: both are kseq's to draw, and the layer is
/// linear in each value.
pub type Noise<'a> = dyn Fn(&Call, &[usize], u64) -> [Vec<f64>; 2] + 'a;

/// A pass.
pub struct Run<'a> {
    /// As in training.
    pub training: bool,
    /// Whether derivatives by the arrays are wanted.
    pub derivatives: bool,
    /// The arrays.
    pub arrays: &'a mut Arrays,
    /// Their scalars in this pass.
    pub vars: BTreeMap<String, Vec<Var>>,
    /// Which steps are no padding, if there is a mask: of as many of the first axes as their number says.
    pub mask: Option<Vec<bool>>,
    /// The penalties on outputs.
    pub penalties: Var,
    /// What makes arrays that are not there yet.
    pub fill: Option<Random>,
    /// The step of the training.
    pub step: u64,
    /// Whether what a training divides before a step is divided already.
    pub is_normalised: bool,
    /// What layers draw in training.
    pub noise: Option<&'a Noise<'a>>,
    /// The arrays that are looked up by tokens: the place of each value in its array, and the scalar that is the occurrence's own.
    pub looked_up: BTreeMap<String, Vec<(usize, Var)>>,
    /// What is added to outputs, as rounding does: a share of the largest value.
    pub rounding: Option<(f64, Random)>,
    /// Whether all arrays here are left alone by training.
    pub frozen: bool,
    path: String,
}

impl<'a> Run<'a> {
    /// A pass outside training.
    pub fn new(arrays: &'a mut Arrays) -> Run<'a> {
        Run {
            training: false,
            derivatives: false,
            arrays,
            vars: BTreeMap::new(),
            mask: None,
            penalties: Var::ZERO,
            fill: None,
            step: 0,
            is_normalised: false,
            noise: None,
            looked_up: BTreeMap::new(),
            rounding: None,
            frozen: false,
            path: String::new(),
        }
    }

    /// Through a list of layers, whose names are Keras's.
    pub fn list<'c>(&mut self, list: impl IntoIterator<Item = &'c Call>, mut x: Tensor) -> Tensor {
        let mut counts = BTreeMap::new();
        for call in list {
            let base = snake(&call.class);
            let count = counts.entry(base.clone()).or_insert(0);
            *count += 1;
            x = self.named(&format!("{base}_{count}."), call, x);
        }
        x
    }

    /// A layer whose arrays have names that begin so.
    pub fn named(&mut self, name: &str, call: &Call, x: Tensor) -> Tensor {
        let (path, frozen) = (self.path.clone(), self.frozen);
        self.path += name;
        self.frozen |= !call.trainable();
        let y = self.layer(call, x);
        (self.path, self.frozen) = (path, frozen);
        y
    }

    /// A layer.
    pub fn layer(&mut self, call: &Call, x: Tensor) -> Tensor {
        let mut y = layers::layer(call, x, self);
        if let Some((share, random)) = &mut self.rounding {
            let largest = y
                .values
                .iter()
                .fold(0.0, |largest: f64, value| largest.max(value.value().abs()));
            for value in y.values.iter_mut().filter(|value| !is_round(value.value())) {
                *value = *value
                    + random.uniform(-1.0, 1.0) * *share * (0.1 * largest + value.value().abs());
            }
        }
        if let Some(regularizer) = call.some_call("activity_regularizer") {
            self.penalties += regularizers::activity_penalty(regularizer, &y.values, &y.shape);
        }
        y
    }

    fn array(&mut self, name: &str, shape: &[usize], fill: Fill) -> &mut Array {
        let path = format!("{}{name}", self.path);
        let (random, frozen) = (&mut self.fill, self.frozen);
        let array = self.arrays.entry(path).or_insert_with_key(|path| {
            let random = random
                .as_mut()
                .unwrap_or_else(|| panic!("there is no {path}"));
            let one = |random: &mut Random| match fill {
                Fill::Sum(terms) => random.normal() * (1.0 / terms.max(1) as f64).sqrt(),
                Fill::Around(mean, far) => random.uniform(mean - far, mean + far),
                Fill::Just(number) => number,
            };
            let values = (0..shape.iter().product())
                .map(|_| single(one(random)))
                .collect();
            Array {
                shape: shape.to_vec(),
                values,
                is_state: false,
                trainable: !frozen,
                of_tokens: false,
                regularizer: None,
                constraint: None,
            }
        });
        assert_eq!(array.shape, shape, "{name}");
        array
    }

    /// A parameter; `role` is what stands before `_regularizer`.
    pub fn param(
        &mut self,
        call: &Call,
        role: &str,
        name: &str,
        shape: &[usize],
        fill: Fill,
    ) -> Tensor {
        let array = self.array(name, shape, fill);
        array.regularizer = call.some_call(&format!("{role}_regularizer")).cloned();
        array.constraint = call.some_call(&format!("{role}_constraint")).cloned();
        let (values, path) = (array.values.clone(), format!("{}{name}", self.path));
        let derivatives = self.derivatives;
        let vars = self.vars.entry(path).or_insert_with(|| {
            let var = |value: &f64| {
                if derivatives {
                    Var::parameter(*value)
                } else {
                    Var::constant(*value)
                }
            };
            values.iter().map(var).collect()
        });
        Tensor {
            shape: shape.to_vec(),
            values: vars.clone(),
        }
    }

    /// A bias, if there is one: zeros otherwise.
    pub fn bias(&mut self, call: &Call, shape: &[usize]) -> Tensor {
        match call.flag("use_bias", true) {
            true => self.param(call, "bias", "bias", shape, Fill::Around(0.0, 0.3)),
            false => Tensor::zeros(shape),
        }
    }

    /// What training updates without a gradient.
    pub fn state(&mut self, name: &str, shape: &[usize], fill: Fill) -> Vec<f64> {
        let array = self.array(name, shape, fill);
        array.is_state = true;
        array.trainable = false;
        array.values.clone()
    }

    /// Its new value.
    pub fn set_state(&mut self, name: &str, values: Vec<f64>) {
        let path = format!("{}{name}", self.path);
        let array = self
            .arrays
            .get_mut(&path)
            .expect("a state that was asked for");
        array.values = values;
    }

    /// Changes a parameter before the pass takes it.
    pub fn change(&mut self, name: &str, change: impl FnOnce(&mut [f64])) {
        let path = format!("{}{name}", self.path);
        let array = self
            .arrays
            .get_mut(&path)
            .expect("a parameter that was made");
        change(&mut array.values);
    }

    /// The length of the last axis of a parameter.
    pub fn columns(&self, name: &str) -> usize {
        let path = format!("{}{name}", self.path);
        *self.arrays[&path].shape.last().expect("an axis")
    }

    /// Whether there is such an array.
    pub fn has(&self, name: &str) -> bool {
        self.arrays.contains_key(&format!("{}{name}", self.path))
    }

    /// The values of a parameter at some places, each a scalar of its own.
    pub fn look_up(
        &mut self,
        name: &str,
        values: &Tensor,
        places: impl Iterator<Item = usize>,
    ) -> Vec<Var> {
        let path = format!("{}{name}", self.path);
        self.arrays
            .get_mut(&path)
            .expect("a parameter that was made")
            .of_tokens = true;
        let own: Vec<(usize, Var)> = places.map(|at| (at, values.values[at] * 1.0)).collect();
        let vars = own.iter().map(|(_, var)| *var).collect();
        self.looked_up.entry(path).or_default().extend(own);
        vars
    }

    /// The mask, if it has so many steps.
    pub fn mask_of(&self, steps: usize) -> Option<Vec<bool>> {
        self.mask.clone().filter(|mask| mask.len() == steps)
    }
}

/// Whether this is 0, 1 or the like: what a clip, a mask or a step makes, and no rounding moves.
fn is_round(number: f64) -> bool {
    (2.0 * number).fract() == 0.0
}

/// Keras's `to_snake_case`.
pub fn snake(class: &str) -> String {
    let letters: Vec<char> = class.chars().collect();
    let mut snake = String::new();
    for (i, letter) in letters.iter().enumerate() {
        let before = i.checked_sub(1).map(|i| letters[i]);
        let next = letters.get(i + 1);
        let word = letter.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase() || next.is_some_and(|next| next.is_lowercase())
            });
        if word {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}
