//! Folders that have one folder for each class, and the texts in them.

use std::fs;
use std::path::{Path, PathBuf};
use std::string::{String, ToString};
use std::vec::Vec;

use crate::datasets::DatasetError;

/// Texts, the numbers of their classes, the names of the classes.
pub type TextFiles = (Vec<String>, Vec<u32>, Vec<String>);

/// Keras's `text_dataset_from_directory`: the texts of a folder that has one folder for each class, the numbers of their classes,
/// and the classes' names.
///
/// # Errors
/// There is no such folder, or a file is no text.
pub fn text_files(path: impl AsRef<Path>) -> Result<TextFiles, DatasetError> {
    let (mut texts, mut classes) = (Vec::new(), Vec::new());
    let folders = entries(path.as_ref(), true)?;
    for (folder, class) in folders.iter().zip(0..) {
        for file in entries(folder, false)? {
            texts.push(fs::read_to_string(&file).map_err(|e| wrong(&file, e))?);
            classes.push(class);
        }
    }
    Ok((
        texts,
        classes,
        folders.iter().map(|folder| name(folder)).collect(),
    ))
}

/// What is wrong with a file or a folder.
pub(super) fn wrong(path: &Path, why: impl ToString) -> DatasetError {
    DatasetError {
        path: path.to_path_buf(),
        why: why.to_string(),
    }
}

/// The last part of a path.
pub(super) fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The folders or the files in a folder, by their names.
pub(super) fn entries(folder: &Path, are_folders: bool) -> Result<Vec<PathBuf>, DatasetError> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).map_err(|e| wrong(folder, e))? {
        let path = entry.map_err(|e| wrong(folder, e))?.path();
        if path.is_dir() == are_folders && !name(&path).starts_with('.') {
            all.push(path);
        }
    }
    all.sort();
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_folders() {
        let folder = std::env::temp_dir().join(std::format!("kseq-texts-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        for class in ["neg", "pos"] {
            fs::create_dir_all(folder.join(class)).unwrap();
            fs::write(folder.join(class).join("1.txt"), class).unwrap();
        }
        let (texts, classes, names) = text_files(&folder).unwrap();
        assert_eq!((texts, classes), (names.clone(), Vec::from([0, 1])));
        assert_eq!(names, ["neg", "pos"]);
        fs::remove_dir_all(&folder).unwrap();
    }
}
