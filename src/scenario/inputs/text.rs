//! From the bytes of a file to its text.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::InputProblem;

/// Longest text that is read (bytes).
const MAX_TEXT: u64 = 1 << 30;
/// What a gzip file may unpack to whatever its size (bytes).
const FREE_TEXT: u64 = 64 << 20;
/// Beyond that, how many times its own size it may unpack to: tables reach about 50, a file made
/// to exhaust memory 1,000.
const MAX_RATIO: u64 = 200;

/// The text of a file, plain or gzip, without a byte order mark.
pub(super) fn unpack(bytes: &[u8]) -> Result<Cow<'_, str>, InputProblem> {
    let bytes = if bytes.starts_with(&[0x1f, 0x8b]) {
        Cow::Owned(gunzip(bytes)?)
    } else if bytes.len() as u64 > MAX_TEXT {
        return Err(too_large(MAX_TEXT, "has"));
    } else {
        Cow::Borrowed(bytes)
    };
    refuse_other_formats(&bytes)?;
    match bytes {
        Cow::Borrowed(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Cow::Borrowed(without_mark(text))),
            Err(error) => Err(not_utf8(bytes, error)),
        },
        Cow::Owned(bytes) => match String::from_utf8(bytes) {
            Ok(text) if without_mark(&text).len() == text.len() => Ok(Cow::Owned(text)),
            Ok(text) => Ok(Cow::Owned(without_mark(&text).to_owned())),
            Err(error) => Err(not_utf8(error.as_bytes(), error.utf8_error())),
        },
    }
}

/// How many lines end within `bytes`.
#[expect(clippy::naive_bytecount, reason = "not worth a dependency: parsing costs far more")]
pub(super) fn line_ends(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|&&byte| byte == b'\n').count() as u64
}

fn gunzip(bytes: &[u8]) -> Result<Vec<u8>, InputProblem> {
    let packed = bytes.len() as u64;
    let limit = (FREE_TEXT + packed.saturating_mul(MAX_RATIO)).min(MAX_TEXT);
    let mut text = Vec::new();
    let read = MultiGzDecoder::new(bytes).take(limit + 1).read_to_end(&mut text);
    if text.len() as u64 > limit {
        return Err(too_large(limit, "unpacks to"));
    }
    match read {
        Ok(_) => Ok(text),
        Err(error) => Err(InputProblem::of_file(format!("the gzip data is damaged: {error}"))
            .with_help("check that the file is whole with `gzip -t`")),
    }
}

fn too_large(limit: u64, verb: &str) -> InputProblem {
    let mib = limit >> 20;
    InputProblem::of_file(format!("the file {verb} more than {mib} MiB of text"))
        .with_help("keep only the columns and the time range that the scenario needs")
}

fn refuse_other_formats(bytes: &[u8]) -> Result<(), InputProblem> {
    let problem = if bytes.starts_with(b"PK\x03\x04") {
        InputProblem::of_file("the file is a zip archive").with_help("unpack it, or use gzip")
    } else if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        InputProblem::of_file("the file is UTF-16").with_help("save it as UTF-8")
    } else if bytes.contains(&0) {
        InputProblem::of_file("the file is not text: it holds zero bytes")
            .with_help("a CSV file in UTF-8 is wanted, plain or gzip")
    } else {
        return Ok(());
    };
    Err(problem)
}

fn not_utf8(bytes: &[u8], error: std::str::Utf8Error) -> InputProblem {
    let before = &bytes[..error.valid_up_to()];
    let line = 1 + line_ends(before);
    InputProblem::at(line, "the text is not UTF-8").with_help("save the file as UTF-8")
}

fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}
