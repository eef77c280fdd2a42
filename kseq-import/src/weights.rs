//! From the arrays of a file to those of kseq: names, order and shapes.
//!
//! A [`Wanted`] says what a layer has: by its config ([`Wanted::of`], for an import), or as a model in Rust declares it, with
//! shapes. [`fit`] gives the arrays of a file to the layers: by name if the names are the same, else in order, as Keras does. What
//! does not fit is an error that names layer, array and both shapes, all of a file at once.

use crate::array::{Array, Group};
use crate::error::{Refusal, Refusals};
use crate::file::{File, Order};
use crate::names::{containers, plain};
use crate::old::{Old, modern};
use crate::within;

pub use crate::wanted::{Wanted, WantedArray};

/// The arrays of a file as those of the layers, each with kseq's name within its layer (`kernel`, `forward_layer.bias`; in a model
/// `dense_1.kernel`), in kseq's order and shape.
///
/// # Errors
/// The file has other layers, other arrays, or arrays of other shapes.
pub fn fit(file: &File, wanted: &[Wanted]) -> Result<Vec<Vec<Array>>, Refusals> {
    let groups: Vec<&Group> = file
        .groups
        .iter()
        .filter(|g| !g.arrays.is_empty())
        .collect();
    let layers = with_arrays(wanted);
    let mut fitted = match file.order {
        Order::Sequence => in_a_row(file, &layers)?,
        order => {
            let pairs = pairs(order, &groups, wanted, &layers)?;
            let old = Old::of(file);
            all(pairs.iter().map(|(layer, group)| one(layer, group, &old)))?
        }
    }
    .into_iter();
    // Layers without arrays have their place, too.
    let of = |layer: &Wanted| match layer.count() {
        0 => Vec::new(),
        _ => fitted.next().unwrap_or_default(),
    };
    Ok(wanted.iter().map(of).collect())
}

/// Results of parts: all, or everything that is wrong.
fn all<T>(results: impl Iterator<Item = Result<T, Refusals>>) -> Result<Vec<T>, Refusals> {
    let (mut found, mut wrong) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(value) => found.push(value),
            Err(refusals) => wrong.extend(refusals.0),
        }
    }
    match wrong.is_empty() {
        true => Ok(found),
        false => Err(Refusals(wrong)),
    }
}

/// Which group is which layer's.
fn pairs<'a>(
    order: Order,
    groups: &[&'a Group],
    wanted: &'a [Wanted],
    layers: &[&'a Wanted],
) -> Result<Vec<(&'a Wanted, &'a Group)>, Refusals> {
    let by = |names: &[String]| -> Option<Vec<(&'a Wanted, &'a Group)>> {
        let find = |name: &String| {
            let mut found = groups.iter().filter(|group| plain(&group.name) == *name);
            // Two of the same name are nobody's.
            found.next().filter(|_| found.next().is_none())
        };
        let pair = |(layer, name): (&&'a Wanted, &String)| Some((*layer, *find(name)?));
        let found: Option<Vec<_>> = layers.iter().zip(names).map(pair).collect();
        found.filter(|_| groups.len() == layers.len())
    };
    let names: Vec<String> = layers.iter().map(|layer| plain(&layer.name)).collect();
    let classes: Vec<&str> = wanted.iter().map(|layer| layer.class.as_str()).collect();
    let classes = wanted.iter().zip(containers(&classes));
    let classes: Vec<String> = classes
        .filter(|(layer, _)| layer.count() > 0)
        .map(|(_, c)| c)
        .collect();
    let in_order = || {
        let same = groups.len() == layers.len();
        same.then(|| layers.iter().copied().zip(groups.iter().copied()).collect())
    };
    let found = match order {
        Order::Classes => by(&classes),
        Order::Names => by(&names).or_else(|| by(&classes)),
        Order::Layers | Order::Sequence => by(&names).or_else(in_order),
    };
    found.ok_or_else(|| {
        let list = |names: Vec<&str>| names.join(", ");
        let called = match order {
            Order::Classes => classes.iter().map(String::as_str).collect(),
            _ => layers.iter().map(|layer| layer.name.as_str()).collect(),
        };
        let found = groups.iter().map(|group| group.name.as_str()).collect();
        let what = format!(
            "expected the weights of {} layers ({}), found those of {} ({})",
            layers.len(),
            list(called),
            groups.len(),
            list(found)
        );
        Refusal::new("the weights", what).into()
    })
}

/// The arrays of one layer.
fn one(layer: &Wanted, group: &Group, old: &Old) -> Result<Vec<Array>, Refusals> {
    let place = format!("layer `{}` ({})", layer.name, layer.class);
    if !layer.inside.is_empty() {
        return inner_layers(layer, group, old).map_err(|refusals| within_place(&place, refusals));
    }
    let mut arrays: Vec<Array> = group.arrays.clone();
    within::sort(&mut arrays);
    within::once(&layer.class, &mut arrays);
    let arrays = modern(&layer.class, &group.name, arrays, old);
    let arrays = arrays.map_err(|why| Refusal::new(&place, why))?;
    let ordered = within::ordered(&layer.arrays, arrays);
    let arrays = ordered.map_err(|why| Refusal::new(&place, why))?;
    all(layer
        .arrays
        .iter()
        .zip(arrays)
        .map(|(wanted, array)| shaped(wanted, array)))
    .map_err(|refusals| within_place(&place, refusals))
}

/// A model in the model.
fn inner_layers(layer: &Wanted, group: &Group, old: &Old) -> Result<Vec<Array>, Refusals> {
    if let Some(groups) = within::containers_of(&group.arrays) {
        let groups: Vec<&Group> = groups.iter().collect();
        let inside = with_arrays(&layer.inside);
        let pairs = pairs(Order::Classes, &groups, &layer.inside, &inside)?;
        let arrays = all(pairs.iter().map(|(layer, group)| {
            let arrays = one(layer, group, old)?;
            Ok(below(&layer.name, arrays))
        }));
        return Ok(arrays?.concat());
    }
    // Of a model in this one, too, the layers stand here.
    let mut leaves = Vec::new();
    flat(layer, "", &mut leaves);
    let inside: Vec<&Wanted> = leaves.iter().map(|(_, leaf)| *leaf).collect();
    let mut groups = within::split(&group.arrays, inside.len()).ok_or_else(|| {
        let names: Vec<&str> = group.arrays.iter().map(|a| a.name.as_str()).collect();
        let what = format!(
            "expected a model of {} layers with weights, found {}",
            inside.len(),
            names.join(", ")
        );
        Refusal::new("the weights", what)
    })?;
    if let Some(names) = old.inside(&group.name) {
        groups.sort_by_key(|group| names.iter().position(|name| *name == group.name));
    }
    let groups: Vec<&Group> = groups.iter().collect();
    let own: Vec<Wanted> = inside.iter().map(|leaf| (*leaf).clone()).collect();
    let pairs = pairs(Order::Layers, &groups, &own, &inside)?;
    let arrays = all(pairs
        .iter()
        .zip(&leaves)
        .map(|((layer, group), (path, _))| {
            let arrays = one(layer, group, old)?;
            Ok(below(path, arrays))
        }));
    Ok(arrays?.concat())
}

/// The layers with arrays in a model and in the models in it, and their names from there.
fn flat<'a>(model: &'a Wanted, path: &str, leaves: &mut Vec<(String, &'a Wanted)>) {
    for layer in with_arrays(&model.inside) {
        let path = format!("{path}{}", layer.name);
        match layer.inside.is_empty() {
            true => leaves.push((path, layer)),
            false => flat(layer, &format!("{path}."), leaves),
        }
    }
}

fn with_arrays(layers: &[Wanted]) -> Vec<&Wanted> {
    layers.iter().filter(|layer| layer.count() > 0).collect()
}

/// The names of arrays behind that of their layer.
fn below(layer: &str, arrays: Vec<Array>) -> Vec<Array> {
    let renamed = |array: Array| Array {
        name: format!("{layer}.{}", array.name),
        ..array
    };
    arrays.into_iter().map(renamed).collect()
}

fn within_place(place: &str, refusals: Refusals) -> Refusals {
    let within =
        |refusal: Refusal| Refusal::new(format!("{place}, {}", refusal.place), refusal.what);
    Refusals(refusals.0.into_iter().map(within).collect())
}

/// The array under kseq's name, if it has the shape.
fn shaped(wanted: &WantedArray, array: Array) -> Result<Array, Refusals> {
    let shape = wanted.shape.as_ref().unwrap_or(&array.shape);
    // `()` and `(1,)` are one number.
    let one = array.values.len() == 1 && shape.iter().product::<usize>() == 1;
    if *shape != array.shape && !one {
        let what = format!(
            "expected the shape {shape:?}, found {:?} (`{}`)",
            array.shape, array.name
        );
        return Err(Refusal::new(format!("`{}`", wanted.name), what).into());
    }
    Ok(Array {
        name: wanted.name.clone(),
        shape: shape.clone(),
        values: array.values,
    })
}

/// Arrays of which only the order says whose they are.
fn in_a_row(file: &File, layers: &[&Wanted]) -> Result<Vec<Vec<Array>>, Refusals> {
    let arrays: Vec<&Array> = file.groups.iter().flat_map(|group| &group.arrays).collect();
    let expected: usize = layers.iter().map(|layer| layer.count()).sum();
    if arrays.len() != expected {
        let what = format!("expected {expected} arrays, found {}", arrays.len());
        return Err(Refusal::new("the weights", what).into());
    }
    let mut rest = arrays.into_iter().cloned();
    all(layers.iter().map(|layer| {
        let place = format!("layer `{}` ({})", layer.name, layer.class);
        row(layer, &mut rest).map_err(|refusals| within_place(&place, refusals))
    }))
}

fn row(layer: &Wanted, rest: &mut dyn Iterator<Item = Array>) -> Result<Vec<Array>, Refusals> {
    let own: Vec<_> = layer.arrays.iter().zip(&mut *rest).collect();
    let mut arrays = all(own.into_iter().map(|(wanted, array)| shaped(wanted, array)))?;
    for inner in &layer.inside {
        for mut array in row(inner, rest)? {
            array.name = format!("{}.{}", inner.name, array.name);
            arrays.push(array);
        }
    }
    Ok(arrays)
}
