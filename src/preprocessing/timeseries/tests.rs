use super::*;
use kseq_core::rng::Purpose;
use std::string::ToString;

fn series(n: usize) -> Vec<u32> {
    (0..n as u32).collect()
}

#[test]
fn as_keras_cuts_them() {
    let data = series(20);
    let all = TimeseriesGenerator::<3>::new()
        .stride(4)
        .start_index(2)
        .batch_size(3);
    let all = all.generate(&data, &data).unwrap();
    assert_eq!(all.len(), 2);
    // Targets 5, 9, 13 and 17.
    assert_eq!(
        all.get(0),
        (
            Vec::from([[2, 3, 4], [6, 7, 8], [10, 11, 12]]),
            Vec::from([5, 9, 13])
        )
    );
    assert_eq!(all.get(1), (Vec::from([[14, 15, 16]]), Vec::from([17])));
    let back = TimeseriesGenerator::<2>::new()
        .reverse(true)
        .sampling_rate(3)
        .length(5);
    let back = back.end_index(6).generate(&data, &data).unwrap();
    assert_eq!(
        back.get(0),
        (Vec::from([[3, 0], [4, 1]]), Vec::from([5, 6]))
    );
}

#[test]
fn random_orders() {
    let (data, mut rng) = (series(30), Rng::new(1, Purpose::User, 0, 0));
    let shuffled = TimeseriesDataset::<4>::new()
        .shuffle(true)
        .sequence_stride(3)
        .batch_size(5);
    let mut shuffled = shuffled.from_array(&data, &data).unwrap();
    shuffled.on_epoch_begin(&mut rng);
    let mut first: Vec<u32> = (0..shuffled.len())
        .flat_map(|i| shuffled.get(i).1)
        .collect();
    assert!(!first.is_sorted());
    first.sort_unstable();
    assert_eq!(first, [0, 3, 6, 9, 12, 15, 18, 21, 24]);
    let drawn = TimeseriesGenerator::<4>::new().shuffle(true).batch_size(8);
    let mut drawn = drawn.generate(&data, &data).unwrap();
    drawn.on_epoch_begin(&mut rng);
    for i in 0..drawn.len() {
        let (x, y) = drawn.get(i);
        assert_eq!(y.len(), 8);
        assert!(x.iter().zip(&y).all(|(x, y)| x[3] + 1 == *y));
    }
}

#[test]
fn numbers_without_end_are_refused() {
    let data = series(5);
    let huge = usize::MAX;
    let generator = TimeseriesGenerator::<3>::new();
    let of_rate = generator.length(3).sampling_rate(huge);
    for wrong in [
        generator.sampling_rate(huge),
        generator.start_index(huge),
        of_rate,
    ] {
        assert!(wrong.generate(&data, &data).is_err());
    }
    let dataset = TimeseriesDataset::<3>::new();
    for wrong in [dataset.sampling_rate(huge), dataset.start_index(huge)] {
        assert!(wrong.from_array(&data, &data).is_err());
    }
    let one = generator.stride(huge).generate(&data, &data).unwrap();
    assert_eq!(one.get(0), (Vec::from([[0, 1, 2]]), Vec::from([3])));
    assert_eq!(one.get(huge).0, Vec::<[u32; 3]>::new());
}

#[test]
fn what_there_is_not_is_refused() {
    let data = series(5);
    let why = |made: Result<Timeseries<'_, u32, u32, 3>, Error>| made.unwrap_err().to_string();
    assert_eq!(
        why(TimeseriesGenerator::<3>::new().generate(&data, &data[1..])),
        "TimeseriesGenerator: 5 steps, but 4 targets"
    );
    assert_eq!(
        why(TimeseriesGenerator::<3>::new()
            .sampling_rate(2)
            .generate(&data, &data)),
        "TimeseriesGenerator: start_index + length = 6, but the last target is 4 of 5"
    );
    assert_eq!(
        why(TimeseriesDataset::<3>::new()
            .sampling_rate(2)
            .start_index(1)
            .from_array(&data, &data)),
        "timeseries_dataset_from_array: no sample of 5 steps from 1 to 5 of 5"
    );
    assert!(
        TimeseriesDataset::<3>::new()
            .batch_size(0)
            .from_array(&data, &data)
            .is_err()
    );
}
