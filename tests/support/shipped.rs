//! The scenarios that are shipped.

use std::fs;
use std::path::{Path, PathBuf};

use kinesim::scenario::{Files, Scenario, load};

/// Every shipped scenario, by name.
pub(crate) fn shipped() -> Vec<(String, Scenario)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut names: Vec<PathBuf> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|it| it == "toml"));
    names.sort();
    let load = |path: &PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let text = fs::read_to_string(path).unwrap();
        match load(name, name, &text, &[], &Beside(folder.clone())) {
            Ok(scenario) => (name.to_owned(), scenario),
            Err(problems) => panic!("{}", problems.render(false)),
        }
    };
    names.iter().map(load).collect()
}

/// Files beside a scenario.
struct Beside(PathBuf);

impl Files for Beside {
    fn read(&self, path: &str) -> std::io::Result<Vec<u8>> {
        fs::read(self.0.join(path))
    }
}
