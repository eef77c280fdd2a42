//! The arrays within a layer: names, order.

use crate::array::{Array, Group};
use crate::keras_h5::LAYERS;
use crate::wanted::WantedArray;

/// Names of arrays that all layers of Keras use for the same thing; others that mean the same stand behind them.
const KNOWN: &[(&str, &[&str])] = &[
    ("kernel", &["W"]),
    ("recurrent_kernel", &["U"]),
    ("bias", &["b"]),
    ("embeddings", &[]),
    ("gamma", &[]),
    ("beta", &[]),
    ("moving_mean", &["running_mean"]),
    // The name is Keras 1's, the values were variances.
    ("moving_variance", &["running_std"]),
    ("depthwise_kernel", &[]),
    ("pointwise_kernel", &[]),
    ("alpha", &[]),
    ("vector_u", &["sn_u"]),
];

/// The last part of a name, in Keras 3's word: `lstm/lstm_cell/kernel:0` is a `kernel`, `dense_1_W` too; `None` for `vars/0`.
fn known(name: &str) -> Option<&'static str> {
    let name = name.rsplit(['/', '.']).next().unwrap_or(name);
    let name = name.split(':').next().unwrap_or(name);
    let is = |word: &str| {
        let rest = name.strip_suffix(word);
        // A name of Keras 1 begins with the layer's, `dense_1_W`.
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('_'))
    };
    // The longest: `recurrent_kernel` ends with `kernel`.
    let all = KNOWN.iter().flat_map(|(word, others)| {
        let others = others.iter().map(|other| (*word, *other));
        others.chain([(*word, *word)])
    });
    let fitting = all.filter(|(_, spelled)| is(spelled));
    fitting
        .max_by_key(|(_, spelled)| spelled.len())
        .map(|(word, _)| word)
}

/// Sorts the arrays of `vars` by the way of their attributes, as Keras counts them; others stay in the order of the file.
pub(crate) fn sort(arrays: &mut [Array]) {
    const WAYS: &[&str] = &[
        "forward_layer",
        "backward_layer",
        "query_dense",
        "key_dense",
        "value_dense",
        "output_dense",
        "layer",
        "cell",
        "vars",
    ];
    arrays.sort_by_key(|array| {
        let first = array.name.split('/').next().unwrap_or_default();
        let way = WAYS.iter().position(|way| *way == first);
        way.filter(|_| array.name.contains("vars/"))
    });
}

/// Leaves out what a layer of Keras 3 holds twice: a `SpectralNormalization` has the kernel of its layer as an array of its own, too.
pub(crate) fn once(class: &str, arrays: &mut Vec<Array>) {
    let has = |name: &str| arrays.iter().any(|array| array.name == name);
    if class == "SpectralNormalization" && has("layer/vars/0") && has("vars/1") {
        arrays.retain(|array| array.name != "vars/0");
    }
}

/// The arrays of a file in the order of those that are wanted: by name, if each name is there once, else as they stand.
pub(crate) fn ordered(wanted: &[WantedArray], arrays: Vec<Array>) -> Result<Vec<Array>, String> {
    let names = |of: &mut dyn Iterator<Item = &str>| of.collect::<Vec<_>>().join(", ");
    if wanted.len() != arrays.len() {
        return Err(format!(
            "expected {} arrays ({}), found {} ({})",
            wanted.len(),
            names(&mut wanted.iter().map(|array| array.name.as_str())),
            arrays.len(),
            names(&mut arrays.iter().map(|array| array.name.as_str())),
        ));
    }
    let exactly = |array: &Array, wanted: &WantedArray| {
        // Behind the layer's name: `dense_1.forward_layer.kernel`.
        let rest = array.name.strip_suffix(wanted.name.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with(['/', '.']))
    };
    let same_word = |array: &Array, wanted: &WantedArray| {
        let word = known(&array.name);
        word.is_some() && word == known(&wanted.name)
    };
    let by = |fits: &dyn Fn(&Array, &WantedArray) -> bool| -> Option<Vec<usize>> {
        let find = |wanted| {
            let mut found = arrays.iter().enumerate().filter(|(_, a)| fits(a, wanted));
            let (first, _) = found.next()?;
            found.next().is_none().then_some(first)
        };
        let mut places: Vec<usize> = wanted.iter().map(find).collect::<Option<_>>()?;
        let order = places.clone();
        places.sort_unstable();
        places.dedup();
        (places.len() == arrays.len()).then_some(order)
    };
    if let Some(order) = by(&exactly).or_else(|| by(&same_word)) {
        let array = |at: usize| arrays.get(at).cloned();
        return Ok(order.into_iter().filter_map(array).collect());
    }
    let differs = wanted.iter().zip(&arrays).find(|(wanted, array)| {
        let words = (known(&wanted.name), known(&array.name));
        matches!(words, (Some(a), Some(b)) if a != b)
    });
    match differs {
        Some((wanted, array)) => Err(format!(
            "expected `{}`, found `{}`",
            wanted.name, array.name
        )),
        None => Ok(arrays),
    }
}

/// The arrays of a model that is a layer, by the names of its layers' classes: `layers/dense_1/vars/0`.
pub(crate) fn containers_of(arrays: &[Array]) -> Option<Vec<Group>> {
    let named = arrays.iter().map(|array| {
        // In a wrapper the model is its `layer`.
        let name = array.name.strip_prefix("layer/").unwrap_or(&array.name);
        let (first, rest) = name.split_once('/')?;
        let (layer, rest) = rest.split_once('/')?;
        let name = rest.to_owned();
        let array = Array {
            name,
            ..array.clone()
        };
        LAYERS.contains(&first).then(|| (layer.to_owned(), array))
    });
    let named: Vec<_> = named.collect::<Option<_>>()?;
    Some(Group::of(named.into_iter()))
}

/// The same by the names of its layers, if they are so many: `dense/kernel:0` in Keras 2, `encoder/dense/kernel` in Keras 3,
/// `dense.kernel` in kseq, with or without the model's name. Some part of the names, counted from either end, or all of them but the
/// array's own, gives one group for each layer.
pub(crate) fn split(arrays: &[Array], layers: usize) -> Option<Vec<Group>> {
    type Key = fn(&[&str]) -> String;
    const KEYS: [Key; 7] = [
        |parts| part(parts, 0),
        |parts| part(parts, 1),
        |parts| part(parts, 2),
        // Of wrappers in models in models.
        |parts| part(parts, 3),
        |parts| part(parts, 4),
        |parts| part(parts, parts.len()),
        |parts| parts.join("/"),
    ];
    let parted = |key: &Key| {
        Group::of(arrays.iter().map(|array| {
            let mut parts: Vec<&str> = array.name.split(['/', '.']).collect();
            parts.pop();
            (key(&parts), array.clone())
        }))
    };
    let mut parted = KEYS.iter().map(parted);
    parted.find(|groups| groups.len() == layers)
}

/// A part of a name, or the last one.
fn part(parts: &[&str], at: usize) -> String {
    let part = parts.get(at).or(parts.last());
    part.copied().unwrap_or_default().to_owned()
}
