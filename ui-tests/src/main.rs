//! Writes docs/GALLERY.md: `cargo xtask gallery`.

fn main() -> std::io::Result<()> {
    std::fs::write(ui_tests::gallery_path(), ui_tests::gallery()?)
}
