//! Sentences with the mood that people found in them (Hutto, Gilbert: "VADER", ICWSM 2014).

use std::format;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::string::{String, ToString};
use std::vec::Vec;

use super::{DatasetError, MAX_UNPACKED, open, unreadable};

/// Where a sentence comes from. `source as u32` is a class from 0.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Source {
    /// A review of a film (Rotten Tomatoes).
    Movie,
    /// A review of a product (Amazon).
    Amazon,
    /// An editorial (New York Times).
    Nyt,
    /// A tweet.
    Tweet,
}

impl Source {
    /// The name in the file: `movie`, `amazon`, `nyt`, `tweet`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Source::Movie => "movie",
            Source::Amazon => "amazon",
            Source::Nyt => "nyt",
            Source::Tweet => "tweet",
        }
    }

    fn of(name: &str) -> Option<Source> {
        [Source::Movie, Source::Amazon, Source::Nyt, Source::Tweet]
            .into_iter()
            .find(|source| source.name() == name)
    }
}

/// A sentence.
#[derive(Clone, PartialEq, Debug)]
pub struct Sentence {
    /// Where it comes from.
    pub source: Source,
    /// Its mood, the mean of several people: -4 (very negative) to 4 (very positive).
    pub score: f32,
    /// Its text.
    pub text: String,
}

/// The first line of the file.
const HEADER: &str = "source\tscore\ttext";

/// Reads the sentences of a file such as `data/sentences/sentences.tsv`, with or without `.gz`: a
/// header, and then a line for each, its fields separated by tabs.
///
/// # Errors
/// A file that is missing or damaged, or unpacks to more than [`MAX_UNPACKED`]; the first line that is no sentence, with its
/// number.
pub fn load_data(file: impl AsRef<Path>) -> Result<Vec<Sentence>, DatasetError> {
    load_data_up_to(file, MAX_UNPACKED)
}

/// As [`load_data`], of a `.gz` file that may unpack to so many bytes.
///
/// # Errors
/// As [`load_data`].
pub fn load_data_up_to(file: impl AsRef<Path>, bytes: u64) -> Result<Vec<Sentence>, DatasetError> {
    let (path, file) = open(file.as_ref(), bytes)?;
    parse(BufReader::new(file)).map_err(|why| DatasetError { path, why })
}

fn parse(file: impl BufRead) -> Result<Vec<Sentence>, String> {
    let mut lines = (1..).zip(file.lines()).map(|(number, line)| match line {
        Ok(line) => Ok((number, line)),
        Err(e) => Err(format!("line {number}: {}", unreadable(&e))),
    });
    let header = lines.next().transpose()?.map(|(_, line)| line);
    if header.as_deref() != Some(HEADER) {
        return Err(format!(
            "line 1: expected the header {HEADER:?}, found {:?}",
            header.unwrap_or_default()
        ));
    }
    lines
        .map(|line| {
            let (number, line) = line?;
            sentence(&line).map_err(|why| format!("line {number}: {why}"))
        })
        .collect()
}

fn sentence(line: &str) -> Result<Sentence, String> {
    let fields: Vec<&str> = line.split('\t').collect();
    let [source, score, text] = fields[..] else {
        return Err(format!(
            "expected source, score and text with tabs between, found {} field(s)",
            fields.len()
        ));
    };
    let source = Source::of(source).ok_or_else(|| {
        format!("expected the source movie, amazon, nyt or tweet, found {source:?}")
    })?;
    let score = match score.parse() {
        Ok(score) if (-4.0..=4.0).contains(&score) => score,
        _ => return Err(format!("expected a score from -4 to 4, found {score:?}")),
    };
    if text.trim().is_empty() {
        return Err("expected a text, found none".to_string());
    }
    Ok(Sentence {
        source,
        score,
        text: text.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_files_are_read() {
        let file =
            "source\tscore\ttext\nnyt\t-1.5\tA \"quoted\" text, with commas.\r\nmovie\t0\té\n";
        let sentences = parse(file.as_bytes()).unwrap();
        let first = Sentence {
            source: Source::Nyt,
            score: -1.5,
            text: "A \"quoted\" text, with commas.".to_string(),
        };
        assert_eq!(sentences[0], first);
        assert_eq!((sentences.len(), sentences[1].source as u32), (2, 0));
    }

    #[test]
    fn damaged_files_are_refused_with_line_and_reason() {
        let cases: [(&[u8], &str); 9] = [
            (b"", "line 1: expected the header"),
            (b"movie\t1\ttext\n", "line 1: expected the header"),
            (b"nyt\t1\n", "line 3: expected source, score and text"),
            (b"nyt\t1\ta\tb\n", "found 4 field(s)"),
            (b"\n", "line 3: expected source, score and text"),
            (b"web\t1\ta\n", "line 3: expected the source movie"),
            (b"nyt\t4.5\ta\n", "line 3: expected a score from -4 to 4"),
            (b"nyt\tNaN\ta\n", "found \"NaN\""),
            (b"nyt\t1\t \n", "line 3: expected a text"),
        ];
        for (i, (bytes, why)) in cases.into_iter().enumerate() {
            let start: &[u8] = match i {
                0 | 1 => b"",
                _ => b"source\tscore\ttext\nnyt\t1\tgood\n",
            };
            let found = parse(&[start, bytes].concat()[..]).expect_err(why);
            assert!(found.contains(why), "{found} should say {why}");
        }
        let latin1 = [HEADER.as_bytes(), b"\nnyt\t1\tcaf\xe9\n"].concat();
        let found = parse(&latin1[..]).expect_err("not UTF-8");
        assert!(found.starts_with("line 2: damaged"), "{found}");
    }

    #[test]
    fn the_projects_own_file() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/data/sentences/sentences.tsv");
        let sentences = load_data(file).unwrap();
        let count = |source| sentences.iter().filter(|s| s.source == source).count();
        assert_eq!(sentences.len(), 23_703);
        assert_eq!(count(Source::Movie), 10_605);
        assert_eq!(count(Source::Amazon), 3_708);
        assert_eq!(count(Source::Nyt), 5_190);
        assert_eq!(count(Source::Tweet), 4_200);
        let missing = load_data("/nowhere/sentences.tsv").unwrap_err().to_string();
        assert!(missing.contains("no such file"), "{missing}");
    }

    /// A small file that unpacks to much more.
    #[test]
    fn a_gzip_file_unpacks_to_a_limit() {
        use flate2::{Compression, write::GzEncoder};
        use std::io::Write;
        let bomb = std::env::temp_dir().join(format!("kseq-bomb-{}.tsv.gz", std::process::id()));
        let mut gz = GzEncoder::new(std::fs::File::create(&bomb).unwrap(), Compression::best());
        let line = format!("tweet\t0\t{}\n", "a".repeat(1 << 18));
        writeln!(gz, "{HEADER}").unwrap();
        for _ in 0..10 {
            gz.write_all(line.as_bytes()).unwrap();
        }
        gz.finish().unwrap();
        let all = (HEADER.len() + 1 + 10 * line.len()) as u64;
        let up_to = |bytes| load_data_up_to(&bomb, bytes).map(|sentences| sentences.len());
        let (one_less, whole, first) = (up_to(all - 1), up_to(all), up_to(1 << 20));
        let default = load_data(&bomb).map(|sentences| sentences.len());
        std::fs::remove_file(&bomb).unwrap();
        assert_eq!((whole, default), (Ok(10), Ok(10)));
        let error = first.unwrap_err().to_string();
        let why = "line 5: it unpacks to more than 1048576 bytes; if that is meant, call `load_data_up_to`";
        assert!(
            error.contains(why) && error.contains("kseq-bomb"),
            "{error}"
        );
        assert!(one_less.unwrap_err().to_string().contains("line 11"));
    }

    #[test]
    fn a_gzip_file_cut_short_is_refused() {
        let whole = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/data/sentences/sentences.tsv.gz"
        );
        let bytes = std::fs::read(whole).unwrap();
        let cut = std::env::temp_dir().join(format!("kseq-cut-{}.tsv.gz", std::process::id()));
        std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
        let error = load_data(&cut).unwrap_err().to_string();
        std::fs::remove_file(&cut).unwrap();
        assert!(error.contains("damaged or cut short"), "{error}");
    }
}
