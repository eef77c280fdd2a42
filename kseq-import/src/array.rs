//! Named arrays of numbers.

use std::collections::HashMap;

/// An array of a file, its values in C order.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// As it stands in the file: `dense/kernel:0`, `cell/vars/0`; what [`weights`](crate::weights) gives has kseq's: `kernel`.
    pub name: String,
    /// Its axes.
    pub shape: Vec<usize>,
    /// Half and double precision are converted.
    pub values: Vec<f32>,
}

/// The arrays of one layer, in the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The name of the layer, or what stands for it in the file.
    pub name: String,
    /// Its arrays; a layer without weights has none.
    pub arrays: Vec<Array>,
}

impl Group {
    /// Arrays with names like `dense_1.kernel` or `dense_1/kernel` by layers; those without such a name are one group without a name.
    pub(crate) fn by_name(arrays: Vec<Array>) -> Vec<Group> {
        Group::of(arrays.into_iter().map(|array| {
            // Within a layer, `dense_1.kernel` of a model in the model has a dot itself.
            let split = array.name.split_once(['.', '/']);
            (split.map_or("", |(layer, _)| layer).to_owned(), array)
        }))
    }

    /// Arrays with the names of their layers, in the order of the first of each. (A file may name a million of them.)
    pub(crate) fn of(arrays: impl Iterator<Item = (String, Array)>) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for (name, array) in arrays {
            let place = *places.entry(name).or_insert_with_key(|name| {
                groups.push(Group {
                    name: name.clone(),
                    arrays: Vec::new(),
                });
                groups.len() - 1
            });
            if let Some(group) = groups.get_mut(place) {
                group.arrays.push(array);
            }
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each name was compared with all before it: of so many that were minutes.
    #[test]
    fn many_names() {
        let named = |name: String| Array {
            name,
            shape: vec![0],
            values: Vec::new(),
        };
        let names =
            (0..50_000).flat_map(|i| [format!("dense_{i}.kernel"), format!("dense_{i}/bias")]);
        let groups = Group::by_name(names.map(named).collect());
        assert_eq!(groups.len(), 50_000);
        assert_eq!(groups[7].name, "dense_7");
        assert_eq!(groups[7].arrays.len(), 2);
    }
}
