//! A layer while its model is translated.

use serde_json::Value;

use crate::array::Group;
use crate::translate::class_of;

/// A layer that has its place, and perhaps its name in the file.
pub struct Named {
    /// From 1 on.
    pub number: usize,
    /// Its name there.
    pub origin: Option<String>,
    /// As it is serialised.
    pub object: Value,
}

impl Named {
    /// Its class.
    pub fn class(&self) -> &str {
        class_of(&self.object).unwrap_or_default()
    }

    /// ``layer 3 `lambda_1` (Lambda)``
    pub fn place(&self) -> String {
        let class = self.class();
        match &self.origin {
            Some(name) => format!("layer {} `{name}` ({class})", self.number),
            None => format!("layer {} ({class})", self.number),
        }
    }

    /// Its arrays: by its name.
    pub fn arrays<'a>(&self, groups: &'a [Group]) -> Option<&'a Group> {
        let name = self.origin.as_deref()?;
        groups.iter().find(|group| group.name == name)
    }
}
