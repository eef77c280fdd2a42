//! The code of the book is tested: its pages, as documentation that only tests see.

macro_rules! pages {
    ($($name:ident = $page:literal,)*) => {
        $(
            #[doc = include_str!($page)]
            struct $name;
        )*
    };
}

pages! {
    FiveMinutes = "../book/src/five-minutes.md",
    Shapes = "../book/src/shapes.md",
    Training = "../book/src/training.md",
    Speed = "../book/src/speed.md",
    Chip = "../book/src/chip.md",
    YourOwn = "../book/src/your-own.md",
}

#[cfg(feature = "import")]
pages! { FromPython = "../book/src/from-python.md", }

#[cfg(feature = "csv")]
pages! { Data = "../book/src/data.md", }
