//! The weights of a model: all arrays that `get_weights`, `set_weights`, `save_weights` and
//! `load_weights` speak of.

use core::marker::PhantomData;
use core::ops::Range;
use std::borrow::ToOwned;
use std::format;
use std::path::Path;
use std::string::{String, ToString};
use std::vec::Vec;

use super::atomic;
use super::get_layer::{LayerKey, LayerView, LayerViewMut, find_mut};
use super::safetensors::{Entry, File, Values, write};
use super::sequential::{Sequential, locked};
use crate::error::Error;
use crate::model::{LayerInfo, Model};
use crate::params::{Flat, ParamSpec};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// An array with its shape: what `get_weights` gives and `set_weights` takes.
///
/// ```
/// use kseq_core::train::Array;
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
pub(super) struct Place {
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

impl Place {
    /// Keras's name: `dense_1.kernel`.
    pub fn name(&self) -> String {
        format!("{}.{}", self.layer.name, self.spec.name)
    }

    /// The values, of the parameters and the state of a model.
    pub fn of<'a>(&self, params: &'a [f32], state: &'a [f32]) -> &'a [f32] {
        let all = if self.state { state } else { params };
        all.get(self.range.clone()).unwrap_or_default()
    }

    pub fn of_mut<'a>(&self, params: &'a mut [f32], state: &'a mut [f32]) -> &'a mut [f32] {
        let all = if self.state { state } else { params };
        all.get_mut(self.range.clone()).unwrap_or_default()
    }
}

/// The arrays of layers in Keras's order: by layer, trainable ones first.
pub(super) fn places(layers: &'static [LayerInfo]) -> Vec<Place> {
    let (mut places, mut ends) = (Vec::new(), [0, 0]);
    for (index, layer) in layers.iter().enumerate() {
        for (state, specs) in [(false, layer.params), (true, layer.state)] {
            let end = &mut ends[usize::from(state)];
            for spec in specs {
                let start = *end;
                *end += spec.shape.len().unwrap_or(0);
                places.push(Place {
                    layer,
                    index,
                    spec: *spec,
                    state,
                    range: start..*end,
                });
            }
        }
    }
    places
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
        fit(&places(M::LAYERS), &arrays)?;
        Ok(Weights::of(arrays))
    }
}

impl<M> Weights<M> {
    fn of(arrays: Vec<Array>) -> Self {
        let model = PhantomData;
        Weights { arrays, model }
    }

    /// The arrays, to be changed.
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

/// Whether arrays are those of the places.
fn fit(places: &[Place], weights: &[Array]) -> Result<(), Error> {
    if places.len() != weights.len() {
        let names: Vec<String> = places.iter().map(described).collect();
        return Err(Error::Weights {
            why: format!(
                "set_weights: expected {} arrays ({}), found {}",
                places.len(),
                names.join(", "),
                weights.len()
            ),
        });
    }
    for (i, (place, array)) in places.iter().zip(weights).enumerate() {
        if place.spec.shape.dims() != array.shape {
            return Err(Error::Weights {
                why: format!(
                    "set_weights: array {i} is `{}` of shape {}, found shape {}",
                    place.name(),
                    place.spec.shape,
                    tuple(&array.shape)
                ),
            });
        }
    }
    Ok(())
}

/// Puts arrays in the places that they fit.
fn put(places: &[Place], (params, state): (&mut [f32], &mut [f32]), weights: &[Array]) {
    for (place, array) in places.iter().zip(weights) {
        let to = place.of_mut(params, state);
        to.copy_from_slice(&array.values);
    }
}

/// The arrays at their places.
pub(super) fn get(places: &[Place], params: &[f32], state: &[f32]) -> Vec<Array> {
    let array = |place: &Place| Array {
        shape: place.spec.shape.dims().to_vec(),
        values: place.of(params, state).to_vec(),
    };
    places.iter().map(array).collect()
}

/// `dense_1.kernel (4, 3)`
fn described(place: &Place) -> String {
    format!("{} {}", place.name(), place.spec.shape)
}

/// The arrays of a file that belong to the places, in their order: all of them, and none too many.
///
/// `beside` says of a name that it is that of something else in the file.
pub(super) fn matching<'f>(
    file: &'f File,
    places: &[Place],
    beside: &dyn Fn(&str) -> bool,
) -> Result<Vec<&'f super::safetensors::Read>, String> {
    let mut found = Vec::with_capacity(places.len());
    for place in places {
        let name = place.name();
        let Some(array) = file.get(&name) else {
            let names = file.arrays().iter().map(|a| a.name.as_str());
            let names: Vec<&str> = names.filter(|n| !beside(n)).take(20).collect();
            let (place, names) = (described(place), names.join(", "));
            return Err(format!(
                "the model has {place}, which is not in the file; it has: {names}"
            ));
        };
        fits(array, &name, place.spec.shape)?;
        found.push(array);
    }
    let known = |name: &str| places.iter().any(|p| p.name() == name);
    let unknown = |a: &&super::safetensors::Read| !beside(&a.name) && !known(&a.name);
    match file.arrays().iter().find(unknown) {
        None => Ok(found),
        Some(array) => Err(format!(
            "the file has `{}` of shape {}, which the model does not have",
            array.name,
            tuple(&array.shape)
        )),
    }
}

/// Whether an array of a file has the shape and the type of one of the model.
pub(super) fn fits(
    array: &super::safetensors::Read,
    name: &str,
    shape: Shape,
) -> Result<(), String> {
    if array.shape != shape.dims() {
        let found = tuple(&array.shape);
        return Err(format!(
            "`{name}` has shape {shape} in the model and {found} in the file"
        ));
    }
    if array.dtype != "F32" {
        let found = &array.dtype;
        return Err(format!("`{name}` is of type {found}, expected F32"));
    }
    Ok(())
}

/// Reads a file in the format.
pub(super) fn read(path: &Path) -> Result<File, Error> {
    let bytes = std::fs::read(path).map_err(|e| refused(path, e.to_string()))?;
    File::parse(bytes).map_err(|why| refused(path, why))
}

pub(super) fn refused(path: &Path, why: impl Into<String>) -> Error {
    Error::File {
        path: path.to_owned(),
        why: why.into(),
    }
}

/// Copies arrays of a file to their places.
pub(super) fn copy(
    file: &File,
    arrays: &[&super::safetensors::Read],
    places: &[Place],
    (params, state): (&mut [f32], &mut [f32]),
) {
    for (array, place) in arrays.iter().zip(places) {
        let to = place.of_mut(params, state);
        for (to, from) in to.iter_mut().zip(file.f32s(array).into_iter().flatten()) {
            *to = from;
        }
    }
}

/// The arrays of a model as entries of a file.
pub(super) fn entries<'a>(places: &[Place], params: &'a [f32], state: &'a [f32]) -> Vec<Entry<'a>> {
    let entry = |place: &Place| Entry {
        name: place.name(),
        shape: place.spec.shape.dims().to_vec(),
        values: Values::F32(place.of(params, state)),
    };
    places.iter().map(entry).collect()
}

impl<M: Model> Sequential<M> {
    /// Copies of all arrays in Keras's order.
    #[must_use]
    pub fn get_weights(&self) -> Weights<M> {
        let state = self.state.read();
        let state = state.unwrap_or_else(std::sync::PoisonError::into_inner);
        Weights::of(get(
            &places(M::LAYERS),
            self.params.as_f32s(),
            state.as_f32s(),
        ))
    }

    /// Sets all arrays: from the [`get_weights`](Sequential::get_weights) of a model of this type, or
    /// from [`Weights::new`].
    pub fn set_weights(&mut self, weights: &Weights<M>) {
        let state = locked(&mut self.state).as_f32s_mut();
        put(
            &places(M::LAYERS),
            (self.params.as_f32s_mut(), state),
            weights,
        );
    }

    /// A layer by name or by index, to set its arrays: `model.get_layer_mut("dense_1")?.set_weights(..)`.
    ///
    /// # Errors
    /// No layer has that name or index; the message lists those there are.
    pub fn get_layer_mut<'k>(
        &mut self,
        key: impl Into<LayerKey<'k>>,
    ) -> Result<LayerViewMut<'_>, Error> {
        find_mut::<M>(&mut self.params, locked(&mut self.state), key.into())
    }

    /// Saves all arrays as safetensors, under their names: `dense_1.kernel`,
    /// `batch_normalization_1.moving_mean`.
    ///
    /// Whenever the process is killed, the path has what it had before or all of the new file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save_weights(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let state = self.state.read();
        let state = state.unwrap_or_else(std::sync::PoisonError::into_inner);
        let (params, state) = (self.params.as_f32s(), state.as_f32s());
        let places = places(M::LAYERS);
        let metadata = [("format", "kseq weights"), ("model", M::NAME)];
        atomic::write(path, &mut |out| {
            write(out, &metadata, entries(&places, params, state))
        })
        .map_err(|e| refused(path, e.to_string()))
    }

    /// Sets all arrays from a safetensors file, by name; a checkpoint of a training is one, too.
    ///
    /// # Errors
    /// The file cannot be read or is damaged; an array is missing, superfluous, or of another shape. Nothing
    /// is changed then.
    pub fn load_weights(&mut self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let file = read(path)?;
        let places = places(M::LAYERS);
        let arrays = matching(&file, &places, &super::checkpoint::beside(&file))
            .map_err(|why| refused(path, why))?;
        let state = locked(&mut self.state).as_f32s_mut();
        copy(&file, &arrays, &places, (self.params.as_f32s_mut(), state));
        Ok(())
    }
}

impl LayerView<'_> {
    /// Copies of the layer's arrays, trainable ones first.
    #[must_use]
    pub fn get_weights(&self) -> Vec<Array> {
        let array = |(spec, values): (ParamSpec, &[f32])| Array {
            shape: spec.shape.dims().to_vec(),
            values: values.to_vec(),
        };
        self.weights().into_iter().map(array).collect()
    }
}

impl LayerViewMut<'_> {
    /// Sets the layer's arrays, trainable ones first.
    ///
    /// # Errors
    /// There are more or fewer arrays, or one has another shape; nothing is changed then.
    pub fn set_weights(&mut self, weights: &[Array]) -> Result<(), Error> {
        let places = places(core::slice::from_ref(self.info));
        fit(&places, weights)?;
        put(&places, (self.params, self.state), weights);
        Ok(())
    }
}
