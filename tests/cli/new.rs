//! `kinesim new`: what it writes, and what it refuses to.

use std::fs;

use kinesim::scenario::template::TEMPLATES;

use crate::folder::Folder;

#[test]
fn every_template_is_written_with_what_it_names_and_passes_its_own_next_command() {
    for template in TEMPLATES {
        let folder = Folder::new(&format!("new-{}", template.name));
        let ran = folder.run(&format!("new {}", template.name));
        let file = format!("{}.toml", template.name);
        assert!(ran.expect(0).out.ends_with(&format!("Next: kinesim run {file}\n")), "{ran:?}");
        assert_eq!(fs::read_to_string(folder.0.join(&file)).unwrap(), template.text);
        for (name, text) in template.beside {
            assert_eq!(fs::read_to_string(folder.0.join(name)).unwrap(), *text);
        }
        // A second is enough to know that it is read and played.
        let ran = folder.run(&format!("run {file} --until 70s --charts none"));
        assert!(matches!(ran.code, Some(0 | 1)), "{ran:#?}");
        assert!(ran.out.contains("VERDICT"), "{ran:#?}");
    }
}

#[test]
fn nothing_is_ever_replaced() {
    let folder = Folder::new("new-taken");
    folder.run("new hello").expect(0);
    folder.write("hello.toml", "mine");
    let ran = folder.run("new hello");
    assert!(ran.expect(3).err.contains("it is there already"), "{ran:?}");
    assert_eq!(fs::read_to_string(folder.0.join("hello.toml")).unwrap(), "mine");
    // What belongs beside it counts too, and then nothing at all is written.
    folder.write("trace-counts.csv", "mine");
    folder.run("new trace").expect(3);
    assert!(!folder.0.join("trace.toml").exists());
    assert_eq!(fs::read_to_string(folder.0.join("trace-counts.csv")).unwrap(), "mine");
}

#[test]
fn a_scenario_goes_where_it_is_sent() {
    let folder = Folder::new("new-where");
    fs::create_dir(folder.0.join("sub")).unwrap();
    let ran = folder.run("new trace sub/my.toml");
    assert!(ran.expect(0).out.contains("kinesim run sub/my.toml"), "{ran:?}");
    assert!(folder.0.join("sub/trace-counts.csv").exists());
    let ran = folder.run("new hello no/such/folder.toml");
    assert!(ran.expect(3).err.contains("its folder is not there"), "{ran:?}");
    let ran = folder.run("new trace -");
    assert!(ran.expect(0).out.starts_with("# Real counts"), "{ran:?}");
    assert!(ran.err.contains("trace-counts.csv"), "{ran:?}");
    assert!(!folder.0.join("trace-counts.csv").exists());
}

#[test]
fn programs_are_told_what_was_written() {
    let folder = Folder::new("new-json");
    let told = folder.run("new trace --json").expect(0).json();
    assert_eq!(told["written"], serde_json::json!(["trace.toml", "trace-counts.csv"]));
    assert_eq!(told["next"], "kinesim run trace.toml");
    let list = folder.run("new --json").expect(0).json();
    assert_eq!(list["templates"].as_array().unwrap().len(), TEMPLATES.len());
    let refused = folder.run("new trace --json").expect(3).json();
    assert_eq!(refused["error"]["kind"], "file");
}
