//! A folder of images: one subfolder for each class, as Keras's `flow_from_directory` reads them.

use std::path::{Path, PathBuf};

/// An image of 100 by 100 pixels, red, green and blue in [0, 1].
pub type Image = [[[f32; 3]; 100]; 100];

/// The images of a folder as values of [`Image`], and the class of each: its subfolder's place in
/// alphabetical order. PNG, JPEG and PNM, scaled to 100 by 100.
pub fn load(folder: &str) -> Result<(Vec<f32>, Vec<u32>), String> {
    let (mut values, mut classes) = (Vec::new(), Vec::new());
    for (class, subfolder) in (0..).zip(entries(Path::new(folder))?) {
        if !subfolder.is_dir() {
            let name = subfolder.display();
            return Err(format!("{name}: expected one subfolder for each class"));
        }
        for file in entries(&subfolder)? {
            let image = image::open(&file).map_err(|e| format!("{}: {e}", file.display()))?;
            let image = image.resize_exact(100, 100, image::imageops::FilterType::Triangle);
            values.extend(image.to_rgb8().iter().map(|&v| f32::from(v) / 255.0));
            classes.push(class);
        }
    }
    match classes.len() {
        0 | 1 => Err(format!(
            "{folder}: expected at least two images in its subfolders"
        )),
        _ => Ok((values, classes)),
    }
}

/// What is in a folder, by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let fail = |e: std::io::Error| format!("{}: {e}", folder.display());
    let entries = std::fs::read_dir(folder).map_err(fail)?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(fail)?.path());
    }
    paths.sort();
    Ok(paths)
}
