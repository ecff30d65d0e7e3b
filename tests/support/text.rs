//! Scenarios from a text.

use std::io::{Error, ErrorKind};

use kinesim::scenario::{Files, Scenario, load};

/// The scenario of `text`, which names no file.
pub(crate) fn scenario(text: &str) -> Scenario {
    match load("test", "test.toml", text, &[], &NoFiles) {
        Ok(scenario) => scenario,
        Err(problems) => panic!("{}", problems.render(false)),
    }
}

struct NoFiles;

impl Files for NoFiles {
    fn read(&self, path: &str) -> std::io::Result<Vec<u8>> {
        Err(Error::new(ErrorKind::NotFound, path))
    }
}
