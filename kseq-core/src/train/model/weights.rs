//! The weights of a model: `Array`, `Weights`, and where in the memory of a model each array lies.

use core::marker::PhantomData;
use core::ops::Range;
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use crate::error::Error;
use crate::model::{LayerInfo, Model};
use crate::params::ParamSpec;
use crate::tensor::Tensor;

/// An array with its shape: what `get_weights` gives and `set_weights` takes.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::train::Array;
/// let kernel = Array::from(&[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
/// assert_eq!(kernel.shape(), [2, 3]);
/// assert_eq!(kernel.values()[3], 4.0);
/// assert_eq!(Array::new(&[3], &[1.0, 2.0]).unwrap_err().to_string(),
///     "an array of shape (3,) has 3 values, found 2");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    shape: Vec<usize>,
    values: Vec<f32>,
}

impl Array {
    /// The array of these values, in Keras's order (the last axis runs fastest).
    ///
    /// # Errors
    /// There are not as many values as the shape says.
    pub fn new(shape: &[usize], values: &[f32]) -> Result<Self, Error> {
        let len = shape.iter().try_fold(1, |n: usize, &d| n.checked_mul(d));
        if len != Some(values.len()) {
            let (shape, found) = (tuple(shape), values.len());
            let len = len.map_or(String::from("too many"), |n| n.to_string());
            return Err(Error::Weights {
                why: format!("an array of shape {shape} has {len} values, found {found}"),
            });
        }
        Ok(Array {
            shape: shape.to_vec(),
            values: values.to_vec(),
        })
    }

    /// A copy of the array that a parameter has in the memory of its model.
    pub(super) fn copy_of(spec: &ParamSpec, values: &[f32]) -> Self {
        Array {
            shape: spec.shape.dims().to_vec(),
            values: values.to_vec(),
        }
    }

    /// The lengths of the axes.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// All values; the last axis runs fastest.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// All values, to be changed.
    pub fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }
}

/// The array of a parameter: `Array::from(&model.dense_1.kernel)`.
impl<T: Tensor<Elem = f32>> From<&T> for Array {
    fn from(array: &T) -> Self {
        Array {
            shape: T::SHAPE.dims().to_vec(),
            values: T::flat(core::slice::from_ref(array)).to_vec(),
        }
    }
}

/// A shape as Keras writes it.
pub(super) fn tuple(shape: &[usize]) -> String {
    match shape {
        [one] => format!("({one},)"),
        _ => {
            let axes: Vec<String> = shape.iter().map(usize::to_string).collect();
            format!("({})", axes.join(", "))
        }
    }
}

/// One array of a model, and where its values are.
pub(in crate::train) struct ArrayLocation {
    /// The layer.
    pub layer: &'static LayerInfo,
    /// Its index.
    pub index: usize,
    /// The array of the layer.
    pub spec: ParamSpec,
    /// Whether it is updated without a gradient.
    pub state: bool,
    /// Where in all parameters, or in all of the state.
    pub range: Range<usize>,
}

impl ArrayLocation {
    /// Keras's name: `dense_1.kernel`.
    pub fn name(&self) -> String {
        format!("{}.{}", self.layer.name, self.spec.name)
    }

    /// The values, of the parameters and the state of a model.
    pub fn of<'a>(&self, params: &'a [f32], state: &'a [f32]) -> &'a [f32] {
        let all = if self.state { state } else { params };
        all.get(self.range.clone()).unwrap_or_default()
    }

    /// The same, to be changed.
    pub fn of_mut<'a>(&self, params: &'a mut [f32], state: &'a mut [f32]) -> &'a mut [f32] {
        let all = if self.state { state } else { params };
        all.get_mut(self.range.clone()).unwrap_or_default()
    }
}

/// The arrays of layers in Keras's order: by layer, trainable ones first.
pub(in crate::train) fn array_locations(layers: &'static [LayerInfo]) -> Vec<ArrayLocation> {
    let (mut locations, mut of_params, mut of_state) = (Vec::new(), 0, 0);
    for (index, layer) in layers.iter().enumerate() {
        for (state, at) in layer.arrays() {
            let (end, specs) = match state {
                true => (&mut of_state, layer.state),
                false => (&mut of_params, layer.params),
            };
            let Some(spec) = specs.get(at) else {
                continue;
            };
            let start = *end;
            *end += spec.shape.len().unwrap_or(0);
            locations.push(ArrayLocation {
                layer,
                index,
                spec: *spec,
                state,
                range: start..*end,
            });
        }
    }
    locations
}

/// All parameters and all of the state of a model, or of a layer, to be changed.
pub(in crate::train) struct ArraysMut<'a> {
    pub params: &'a mut [f32],
    pub state: &'a mut [f32],
}

/// All arrays of a model of type `M`, copied: what `get_weights` gives and `set_weights` takes. Those of
/// another model are another type.
///
/// As a slice it has the arrays in Keras's order: by layer, in each the trainable ones first, then what
/// training updates without a gradient (`moving_mean`).
pub struct Weights<M> {
    arrays: Vec<Array>,
    model: PhantomData<fn() -> M>,
}

impl<M: Model> Weights<M> {
    /// Arrays from elsewhere as the weights of a model.
    ///
    /// # Errors
    /// There are more or fewer arrays than the model has, or one has another shape.
    pub fn new(arrays: Vec<Array>) -> Result<Self, Error> {
        check(&array_locations(M::LAYERS), &arrays)?;
        Ok(Weights::of(arrays))
    }
}

impl<M> Weights<M> {
    pub(super) fn of(arrays: Vec<Array>) -> Self {
        let model = PhantomData;
        Weights { arrays, model }
    }

    /// The values of each array, to be changed: `for values in weights.iter_mut() { .. }`. Shapes stay as they are.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut [f32]> {
        self.arrays.iter_mut().map(Array::values_mut)
    }

    /// The arrays by themselves.
    #[must_use]
    pub fn into_arrays(self) -> Vec<Array> {
        self.arrays
    }
}

impl<M> core::ops::Deref for Weights<M> {
    type Target = [Array];

    fn deref(&self) -> &[Array] {
        &self.arrays
    }
}

impl<M> Clone for Weights<M> {
    fn clone(&self) -> Self {
        Weights::of(self.arrays.clone())
    }
}

impl<M> PartialEq for Weights<M> {
    fn eq(&self, other: &Self) -> bool {
        self.arrays == other.arrays
    }
}

impl<M> core::fmt::Debug for Weights<M> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(&self.arrays).finish()
    }
}

/// Whether arrays have the number and the shapes of those at the locations.
pub(super) fn check(locations: &[ArrayLocation], weights: &[Array]) -> Result<(), Error> {
    if locations.len() != weights.len() {
        let names: Vec<String> = locations.iter().map(described).collect();
        return Err(Error::Weights {
            why: format!(
                "set_weights: expected {} arrays ({}), found {}",
                locations.len(),
                names.join(", "),
                weights.len()
            ),
        });
    }
    for (i, (location, array)) in locations.iter().zip(weights).enumerate() {
        if location.spec.shape.dims() != array.shape {
            return Err(Error::Weights {
                why: format!(
                    "set_weights: array {i} is `{}` of shape {}, found shape {}",
                    location.name(),
                    location.spec.shape,
                    tuple(&array.shape)
                ),
            });
        }
    }
    Ok(())
}

/// Sets the arrays at locations that they fit.
pub(super) fn set(locations: &[ArrayLocation], to: ArraysMut<'_>, weights: &[Array]) {
    for (location, array) in locations.iter().zip(weights) {
        let to = location.of_mut(to.params, to.state);
        to.copy_from_slice(&array.values);
    }
}

/// Copies of the arrays at locations.
pub(super) fn get(locations: &[ArrayLocation], params: &[f32], state: &[f32]) -> Vec<Array> {
    let array =
        |location: &ArrayLocation| Array::copy_of(&location.spec, location.of(params, state));
    locations.iter().map(array).collect()
}

/// `dense_1.kernel (4, 3)`
pub(super) fn described(location: &ArrayLocation) -> String {
    format!("{} {}", location.name(), location.spec.shape)
}
