use super::*;

/// The batches of a file with this text, joined.
fn read<X, Y>(csv: &Csv, content: &str) -> Result<(Vec<X>, Vec<Y>), String>
where
    X: Tensor<Elem: Number>,
    Y: Tensor<Elem: Number>,
{
    static FILES: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let number = FILES.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let name = format!("kseq-csv-{}-{number}.csv", std::process::id());
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, content).expect("a temporary file");
    let read = csv.open::<X, Y>(&path).and_then(|flow| {
        let (mut x, mut y) = (vec![], vec![]);
        for i in 0..flow.len() {
            let batch = flow.get(i)?;
            x.extend(batch.x);
            y.extend(batch.y);
        }
        Ok((x, y))
    });
    std::fs::remove_file(&path).expect("it is there");
    read.map_err(|e| {
        assert_eq!(e.path, path);
        e.why
    })
}

#[test]
fn columns_are_found_by_name_and_number() {
    let csv = Csv::new().batch_size(2);
    let table = "a, b,c\n1,2, 3\n4,5,6\n\"7\",8e1,9\n";
    let found = read(&csv.clone().target("c"), table);
    let x = vec![[1.0f32, 2.0], [4.0, 5.0], [7.0, 80.0]];
    assert_eq!(found, Ok((x.clone(), vec![3u32, 6, 9])));
    let found = read(&csv.clone().target(0).feature("c").feature(1), table);
    let y = vec![[1.0f32], [4.0], [7.0]];
    assert_eq!(found, Ok((vec![[3.0f32, 2.0], [6.0, 5.0], [9.0, 80.0]], y)));
    // Without a header, with semicolons, over lines within quotes, and no line end.
    let csv = csv.header(false).delimiter(b';').target(2);
    let found = read(&csv, "1;2;3\n4;\"5\n\";6\n7;80;9");
    assert_eq!(found, Ok((x, vec![3u32, 6, 9])));
}

#[test]
fn a_name_that_two_columns_have_is_refused() {
    let table = "a,a,c\n1,2,0\n";
    let csv = Csv::new().batch_size(2);
    for csv in [
        csv.clone().target("a"),
        csv.clone().target("c").feature("a"),
    ] {
        let found = read::<[f32; 2], u32>(&csv, table).expect_err("two columns");
        let why = "the columns 0 and 1 from 0 are both called `a`";
        assert!(found.contains(why), "{found}");
    }
    // By number it is said which one is meant, but the other one would be a feature, although nobody has named it.
    for target in [0, 1] {
        let found = read::<[f32; 2], u32>(&csv.clone().target(target), table);
        let found = found.expect_err("the target as a feature");
        assert!(
            found.contains("are both called `a`: one is the target"),
            "{found}"
        );
    }
    let named = csv.clone().target(0).feature(1).feature(2);
    assert_eq!(read(&named, table), Ok((vec![[2.0f32, 0.0]], vec![1u32])));
    let both = csv.clone().target(0).target(1);
    assert_eq!(
        read(&both, table),
        Ok((vec![[0.0f32]], vec![[1.0f32, 2.0]]))
    );
    // Names that are no target's; and without a header there are none.
    let found = read(&csv.clone().target("c"), table);
    assert_eq!(found, Ok((vec![[1.0f32, 2.0]], vec![0u32])));
}

#[test]
fn a_file_that_changes_while_it_is_open_is_an_error() {
    let path = std::env::temp_dir().join(format!("kseq-csv-cut-{}.csv", std::process::id()));
    let table = "a,b,c\n1,2,0\n3,4,1\n5,6,0\n7,8,1\n";
    std::fs::write(&path, table).expect("a temporary file");
    let csv = Csv::new().batch_size(2).target("c");
    let flow = csv.open::<[f32; 2], u32>(&path).expect("it is whole");
    assert_eq!(flow.get(1).map(|batch| batch.x.len()), Ok(2));
    let beyond = flow.get(2).map(|_| ()).expect_err("there are two");
    assert!(beyond.why.contains("no batch 2 from 0, only 2"), "{beyond}");
    for shorter in ["", "a,b,c\n", &table[..18], &table[..24], &table[..29]] {
        std::fs::write(&path, shorter).expect("the same file");
        for batch in 0..2 {
            let error = flow.get(batch).map(|_| ()).expect_err("it was cut");
            assert!(error.why.contains("changed since it was opened"), "{error}");
        }
    }
    // As long as before, with fewer records.
    std::fs::write(&path, table.replace("1\n5,6,0\n", "1.000000\n")).expect("the same file");
    let error = flow.get(1).map(|_| ()).expect_err("it was changed");
    assert!(error.why.contains("changed since it was opened"), "{error}");
    std::fs::remove_file(&path).expect("it is there");
}

#[test]
fn mistakes_are_found_with_line_and_column() {
    let csv = Csv::new().batch_size(2).target("c");
    let cases = [
        (
            "a,b,c\n1,2,0\n1,2,0\n1,2,0\n1,x,0\n",
            "line 5, column 1 `b`: expected a finite number, found \"x\"",
        ),
        (
            "a,b,c\n1,nan,0\n",
            "line 2, column 1 `b`: expected a finite number, found \"nan\"",
        ),
        (
            "a,b,c\n1,2,-1\n",
            "line 2, column 2 `c`: expected a whole number of at least 0, found \"-1\"",
        ),
        (
            "a,b,c\n1,2,\n",
            "line 2, column 2 `c`: expected a whole number of at least 0, found \"\"",
        ),
        (
            "a,b,c\n1,2,0\n1,2\n",
            "line 3 has 2 fields, the first one has 3",
        ),
        (
            "a,b,d\n1,2,0\n",
            "there is no column `c`, but there are: `a`, `b`, `d`",
        ),
        (
            "a,c\n1,0\n",
            "a sample has 2 numbers, but there are 1 columns",
        ),
        ("a,b,c\n", "there is no record"),
        ("", "there is no record"),
    ];
    for (table, why) in cases {
        let found = read::<[f32; 2], u32>(&csv, table).expect_err(why);
        assert!(found.contains(why), "{found} should say {why}");
    }
    let third = csv.clone().target(7);
    let found = read::<[f32; 2], u32>(&third, "a,b,c\n1,2,0\n").expect_err("column");
    assert!(
        found.contains("no column 7 from 0, the file has 3"),
        "{found}"
    );
    assert!(csv.open::<[f32; 2], u32>("/no/such.csv").is_err());
}
