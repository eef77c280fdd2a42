//! Pictures of files: what is read and written again reads the same; other sizes and channels.
#![no_main]

use kseq::preprocessing::image::{Interpolation, Picture};
use kseq_fuzz::{files::told, memory::within};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let most = (1 << 16) + 40 * data.len();
    let Some(picture) = within(most, || told(Picture::decode(data))) else {
        return;
    };
    let Picture {
        height,
        width,
        channels,
        ref values,
    } = picture;
    assert_eq!(values.len(), height * width * channels);
    assert!(values.iter().all(|value| (0.0..=255.0).contains(value)));
    let again = Picture::decode(&picture.encode()).expect("what is written is read");
    let whole = |picture: &Picture| picture.values.iter().map(|v| v.trunc()).collect::<Vec<_>>();
    assert_eq!(whole(&again), whole(&picture.with_channels(again.channels)));
    for channels in [1, 3, 4] {
        let other = picture.with_channels(channels);
        assert_eq!(other.values.len(), height * width * channels);
    }
    for interpolation in [Interpolation::Nearest, Interpolation::Bilinear] {
        let other = picture.resized(3, 2, interpolation);
        assert_eq!(other.values.len(), 6 * channels);
        assert!(
            other
                .values
                .iter()
                .all(|value| (0.0..=255.0).contains(value))
        );
        let other = picture.smart_resized(2, 3, interpolation);
        assert_eq!(other.values.len(), 6 * channels);
    }
});
