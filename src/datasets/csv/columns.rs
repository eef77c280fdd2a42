//! Which columns of a table are of the sample, and which of the target.

use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

/// A column, by its name in the header or its number from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Column {
    /// By name.
    Name(String),
    /// By number.
    Index(usize),
}

impl From<&str> for Column {
    fn from(name: &str) -> Self {
        Column::Name(name.to_string())
    }
}

impl From<usize> for Column {
    fn from(index: usize) -> Self {
        Column::Index(index)
    }
}

/// The columns that are meant for the target and for the sample: of the sample, if nothing is said, all others.
pub(super) fn of_targets_and_features(
    targets: &[Column],
    features: &[Column],
    names: &[String],
) -> Result<[Vec<usize>; 2], String> {
    let targets = find(targets, names)?;
    if !features.is_empty() {
        return Ok([targets, find(features, names)?]);
    }
    let rest: Vec<usize> = (0..names.len()).filter(|i| !targets.contains(i)).collect();
    for &target in &targets {
        // Without a header nothing is known of a column. With one: the answer itself, perhaps, once more.
        let Some(name) = names.get(target).filter(|name| !name.is_empty()) else {
            continue;
        };
        let again = |column: &&usize| names.get(**column) == Some(name);
        if let Some(feature) = rest.iter().find(again) {
            return Err(format!(
                "the columns {target} and {feature} from 0 are both called `{name}`: one is the target, and the other would \
                 be a feature; name the features with `.feature(..)`, or give one another name"
            ));
        }
    }
    Ok([targets, rest])
}

/// Which columns are meant.
fn find(columns: &[Column], names: &[String]) -> Result<Vec<usize>, String> {
    let find = |column: &Column| {
        // The second one would silently be a feature: the answer itself, perhaps.
        if let Column::Name(name) = column
            && let [first, second, ..] = all(name, names)[..]
        {
            return Err(format!(
                "the columns {first} and {second} from 0 are both called `{name}`; name them by their numbers, \
                 or give one another name"
            ));
        }
        let found = match column {
            Column::Name(name) => names.iter().position(|n| n == name),
            Column::Index(index) => Some(*index).filter(|i| *i < names.len()),
        };
        found.ok_or_else(|| match column {
            Column::Name(name) => {
                let names = names.join("`, `");
                format!("there is no column `{name}`, but there are: `{names}`")
            }
            Column::Index(index) => {
                let columns = names.len();
                format!("there is no column {index} from 0, the file has {columns}")
            }
        })
    };
    columns.iter().map(find).collect()
}

/// The columns of a name.
fn all(name: &str, names: &[String]) -> Vec<usize> {
    let all = names.iter().enumerate().filter(|(_, n)| *n == name);
    all.map(|(i, _)| i).collect()
}
