//! Stdout and stderr: who may be coloured, what they can show, and a reader that goes away.

use std::fmt::Write as _;
use std::io::{self, BufWriter, IsTerminal as _, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::AnsiColor;

use crate::cli::failure::Failure;
use crate::cli::values::ColorWhen;
use crate::report::summary::Style;

/// What the two streams can show.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terminal {
    /// How the summary looks on stdout.
    pub style: Style,
    /// Whether stderr is coloured.
    pub err_colour: bool,
    /// Whether someone watches stderr.
    pub is_interactive: bool,
}

impl Terminal {
    /// Judges both streams, each for itself.
    pub(super) fn new(color: ColorWhen) -> Self {
        let decided = |auto: ColorChoice| match color {
            ColorWhen::Auto => auto != ColorChoice::Never,
            ColorWhen::Always => true,
            ColorWhen::Never => false,
        };
        let unicode = is_unicode(|name| std::env::var(name).ok(), cfg!(windows));
        Self {
            style: Style { colour: decided(AutoStream::choice(&io::stdout())), unicode },
            err_colour: decided(AutoStream::choice(&io::stderr())),
            is_interactive: io::stderr().is_terminal(),
        }
    }

    /// Writes an answer to stdout as it is.
    pub(super) fn print(bytes: &[u8]) -> Result<(), Failure> {
        finish(io::stdout().lock(), bytes)
    }

    /// Writes an answer to stdout piece by piece.
    pub(super) fn print_from(
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let mut stream = BufWriter::new(io::stdout().lock());
        told(write(&mut stream).and_then(|()| stream.flush()))
    }

    /// Writes an answer that may be coloured to stdout.
    pub(super) fn print_styled(self, text: &str) -> Result<(), Failure> {
        finish(AutoStream::new(io::stdout().lock(), choice(self.style.colour)), text.as_bytes())
    }

    /// Writes a line to stderr.
    pub(super) fn say(self, line: &str) {
        self.say_raw(&format!("{line}\n"));
    }

    /// Writes to stderr. Nobody is left to be told that this failed.
    pub(super) fn say_raw(self, text: &str) {
        let mut stream = AutoStream::new(io::stderr().lock(), choice(self.err_colour));
        let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
    }

    /// Writes an error to stderr, and the edit that would mend it.
    pub(super) fn error(self, message: &str, help: Option<&str>) {
        let red = AnsiColor::Red.on_default().bold();
        let mut text = format!("{red}error{red:#}: {message}\n");
        if let Some(help) = help {
            let _ = writeln!(text, "  = help: {help}");
        }
        self.say_raw(&text);
    }
}

fn choice(colour: bool) -> ColorChoice {
    if colour { ColorChoice::Always } else { ColorChoice::Never }
}

/// Writes everything; a reader that went away has what it wanted.
fn finish(mut stream: impl Write, bytes: &[u8]) -> Result<(), Failure> {
    told(stream.write_all(bytes).and_then(|()| stream.flush()))
}

/// Whether an answer was told. Who closes the pipe has read enough.
fn told(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Print(error.to_string()))
        }
        _ => Ok(()),
    }
}

/// Whether the locale names UTF-8. The first variable that is set decides; `unset` where none is.
fn is_unicode(variable: impl Fn(&str) -> Option<String>, unset: bool) -> bool {
    let first = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(variable)
        .find(|value| !value.is_empty());
    first.map_or(unset, |value| {
        let value = value.to_ascii_lowercase();
        value.contains("utf-8") || value.contains("utf8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_locale_that_is_set_decides() {
        let unicode = |set: &[(&str, &str)]| {
            is_unicode(
                |name| set.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()),
                false,
            )
        };
        assert!(unicode(&[("LANG", "de_DE.UTF-8")]));
        assert!(unicode(&[("LC_CTYPE", "C.utf8"), ("LANG", "C")]));
        assert!(!unicode(&[("LC_ALL", "C"), ("LANG", "en_US.UTF-8")]));
        assert!(unicode(&[("LC_ALL", ""), ("LANG", "en_US.UTF-8")]));
        assert!(!unicode(&[("LANG", "de_DE.ISO-8859-1")]));
        assert!(!unicode(&[]));
    }

    #[test]
    fn a_reader_that_goes_away_is_no_failure_and_a_full_disk_is_one() {
        struct Broken(io::ErrorKind);
        impl Write for Broken {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(self.0.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        assert!(finish(Broken(io::ErrorKind::BrokenPipe), b"x").is_ok());
        assert!(finish(Broken(io::ErrorKind::StorageFull), b"x").is_err());
    }
}
