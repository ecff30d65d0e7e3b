//! The examples of README.md and tests/cmd, run as they are written.
//!
//! A block fenced as `console` is a session: a line `$ kinesim …` is a command, what follows is
//! what it prints. That is stdout, and stderr too where the exit code is 2 or more: stderr of a
//! run that ended well holds its timing. `$ echo $?` prints the last exit code. Sessions run in the
//! repository, with `KINESIM_OUT` elsewhere. With `UPDATE_EXPECT=1` the files are rewritten.

#![expect(clippy::unwrap_used, reason = "a test reports a broken example by failing")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[test]
fn sessions_print_what_they_are_said_to_print() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let out = std::env::temp_dir().join(format!("kinesim-sessions-{}", std::process::id()));
    let mut differing = Vec::new();
    for file in documents(root) {
        let written = fs::read_to_string(&file).unwrap();
        let printed = replayed(&written, root, &out);
        if printed == written {
            continue;
        }
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&file, printed).unwrap();
        } else {
            let first = written.lines().zip(printed.lines()).find(|(a, b)| a != b);
            differing.push(format!("{}: {first:#?}", file.display()));
        }
    }
    let _ = fs::remove_dir_all(&out);
    assert!(
        differing.is_empty(),
        "written and printed differ; UPDATE_EXPECT=1 rewrites:\n{}",
        differing.join("\n")
    );
}

/// README.md where there is one, and everything in tests/cmd, in order of name.
fn documents(root: &Path) -> Vec<PathBuf> {
    let sessions = fs::read_dir(root.join("tests/cmd")).unwrap();
    let mut files: Vec<PathBuf> = sessions.map(|entry| entry.unwrap().path()).collect();
    files.push(root.join("README.md"));
    files.retain(|path| path.is_file());
    files.sort();
    files
}

/// The document with every session's output as it is now.
fn replayed(text: &str, root: &Path, out: &Path) -> String {
    let mut printed = String::new();
    let mut inside = false;
    let mut code = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end();
        if bare.starts_with("```") {
            inside = !inside && bare == "```console";
        }
        let command = bare.strip_prefix("$ ").filter(|_| inside);
        if !inside || bare == "```console" || command.is_some() {
            printed.push_str(line);
        }
        match command.map(words) {
            None => {}
            Some(words) if words == ["echo", "$?"] => printed += &(code.to_string() + "\n"),
            Some(words) if words[0] == "kinesim" => {
                let output = Command::new(env!("CARGO_BIN_EXE_kinesim"))
                    .args(&words[1..])
                    .current_dir(root)
                    .env_clear()
                    .env("KINESIM_OUT", out)
                    .env("LANG", "C.UTF-8")
                    .stdin(Stdio::null())
                    .output()
                    .unwrap();
                code = output.status.code().unwrap();
                printed.push_str(&String::from_utf8(output.stdout).unwrap());
                if code >= 2 {
                    printed.push_str(&String::from_utf8(output.stderr).unwrap());
                }
            }
            Some(words) => panic!("a session runs kinesim and `echo $?`, not {words:?}"),
        }
    }
    printed
}

/// A command's words; quotes hold words together, a `#` after a space ends the command.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for letter in command.chars() {
        match (quote, letter) {
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            (None, ' ') => words.push(String::new()),
            (None, '#') if words.last().is_some_and(String::is_empty) => break,
            _ => words.last_mut().unwrap().push(letter),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
