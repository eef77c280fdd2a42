//! The pictures of the book are what kseq draws: `cargo xtask book --pictures` writes them.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use kseq::callbacks::ReduceLROnPlateau;
use kseq::datasets::mnist;
use kseq::prelude::*;
use kseq::utils::{plot_memory, plot_model};

type Image = [[[f32; 1]; 28]; 28];

sequential! {
    pub MnistMlp = [
        Dense(512, activation = "relu", input_shape = (784,)),
        Dropout(0.2),
        Dense(512, activation = "relu"),
        Dropout(0.2),
        Dense(10, activation = "softmax"),
    ]
}

sequential! {
    pub Small = [
        Dense(64, activation = "relu", input_shape = (784,)),
        Dense(10, activation = "softmax"),
    ]
}

sequential! {
    pub OnAChip = [
        Conv2D(8, 3, activation = "relu", input_shape = (28, 28, 1)),
        MaxPooling2D(),
        Conv2D(16, 3, activation = "relu"),
        MaxPooling2D(),
        Flatten(),
        Dense(10, activation = "softmax"),
    ]
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What is drawn into a file is the book's picture; or becomes it.
fn compare(name: &str, draw: impl FnOnce(&Path)) {
    let drawn = std::env::temp_dir().join(format!("kseq-book-{}-{name}", std::process::id()));
    draw(&drawn);
    let svg = std::fs::read_to_string(&drawn).unwrap();
    std::fs::remove_file(&drawn).unwrap();
    let path = root().join("book/src/pictures").join(name);
    if std::env::var_os("KSEQ_WRITE_PICTURES").is_some() {
        std::fs::write(&path, svg).unwrap();
        return;
    }
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        before == svg,
        "{name} is drawn otherwise: look at it after `cargo xtask book --pictures`"
    );
}

fn digits(n: usize) -> (Vec<[f32; 784]>, Vec<u32>) {
    let digits = mnist::load_data(root().join("data/mnist")).unwrap();
    let y = digits.y_train[..n].iter().map(|&y| y.into()).collect();
    (mnist::scaled(&digits.x_train[..n]).unwrap(), y)
}

#[test]
fn a_model() {
    compare("first_model.svg", |path| {
        plot_model(&MnistMlp::new(42), path).unwrap();
    });
}

#[test]
fn the_memory_of_a_model() {
    compare("memory.svg", |path| {
        plot_memory(&OnAChip::new(1), path).unwrap();
    });
}

#[test]
fn the_curves_of_a_training() {
    let (x, y) = digits(1000);
    let mut model = compile!(
        Small::new(1),
        optimizer = "adam",
        loss = "sparse_categorical_crossentropy",
        metrics = ["accuracy"],
    );
    let fit = Fit::new().epochs(30).validation_split(0.2).verbose(0);
    let history = model.fit(&x, &y, fit).unwrap();
    // As the book says of it.
    let (loss, val_loss) = (
        history.get("loss").unwrap(),
        history.get("val_loss").unwrap(),
    );
    let least = val_loss.iter().copied().fold(f32::INFINITY, f32::min);
    assert!(loss[29] < 0.05 && val_loss[29] > least && least > 0.2);
    compare("curves.svg", |path| history.plot(path).unwrap());
}

#[test]
fn a_learning_rate_that_falls() {
    let (x, y) = digits(500);
    let mut model = compile!(
        Small::new(1),
        optimizer = Adam(0.003),
        loss = "sparse_categorical_crossentropy",
        metrics = ["accuracy"],
    );
    let mut slower = ReduceLROnPlateau::new()
        .factor(0.3)
        .patience(2)
        .min_lr(0.0002);
    let fit = Fit::new().epochs(20).validation_split(0.2).verbose(0);
    let history = model.fit(&x, &y, fit.callbacks([&mut slower])).unwrap();
    let rates = history.get("learning_rate").unwrap();
    let falls = rates.windows(2).filter(|r| r[1] < r[0]).count();
    assert!(falls >= 2, "the book says that it falls: {rates:?}");
    compare("rates.svg", |path| history.plot(path).unwrap());
}

/// Digits, and below each what `ImageDataGenerator` makes of it: pixels in four greys, a path for each grey.
#[test]
fn digits_that_are_turned() {
    const SIDE: usize = 28 + 4;
    let (x, y) = digits(4);
    let images: Vec<Image> = x
        .iter()
        .map(|x| std::array::from_fn(|i| std::array::from_fn(|j| [x[28 * i + j]])))
        .collect();
    let batches = Flow::new(&images, &y, 4).unwrap();
    let changed = ImageDataGenerator::new()
        .rotation_range(25.0)
        .width_shift_range(0.15)
        .height_shift_range(0.15)
        .zoom_range(0.25)
        .flow(batches)
        .unwrap();
    let changed = Sequence::get(&changed, 0).unwrap().x;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {} {}\" shape-rendering=\"crispEdges\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
        16 * SIDE,
        8 * SIDE,
        4 * SIDE,
        2 * SIDE
    );
    for grey in 1..=4 {
        let mut path = String::new();
        for (row, images) in [&images, &changed].into_iter().enumerate() {
            for (column, image) in images.iter().enumerate() {
                for (i, pixels) in image.iter().enumerate() {
                    for (j, [value]) in pixels.iter().enumerate() {
                        if (value * 4.0).round() as usize == grey {
                            let (left, top) = (SIDE * column + 2 + j, SIDE * row + 2 + i);
                            write!(path, "M{left} {top}h1v1h-1z").unwrap();
                        }
                    }
                }
            }
        }
        let light = 255 - grey * 60;
        writeln!(
            svg,
            "<path fill=\"rgb({light},{light},{light})\" d=\"{path}\"/>"
        )
        .unwrap();
    }
    svg.push_str("</svg>\n");
    compare("digits.svg", |path| std::fs::write(path, svg).unwrap());
}
