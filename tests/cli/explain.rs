//! `kinesim explain`: streams, codes and forms; what it knows is tested beside the manual.

use crate::folder::Folder;

#[test]
fn an_answer_goes_to_stdout_and_an_unknown_topic_is_an_error_with_three_names() {
    let folder = Folder::new("explain");
    let ran = folder.run("explain K101");
    assert!(ran.expect(0).out.starts_with("K101 hot shards"), "{ran:?}");
    assert_eq!(ran.err, "");
    let ran = folder.run("explain shard_cuont");
    assert_eq!(ran.expect(2).out, "");
    assert!(ran.err.contains("`shard_count`"), "{ran:?}");
    assert_eq!(folder.run("explain shard_cuont --json").expect(2).json()["error"]["exit_code"], 2);
}

#[test]
fn several_words_are_one_topic_and_none_is_a_question() {
    let folder = Folder::new("explain-words");
    assert!(folder.run("explain 500 shards").expect(0).out.contains("KDS-S24"));
    assert_eq!(folder.run("explain 500 shards --json").expect(0).json()["topic"], "500 shards");
    let ran = folder.run("explain");
    assert!(ran.expect(0).out.contains("TOPIC may be"), "{ran:?}");
    assert!(folder.run("explain --json").expect(0).json()["kinds"].as_array().unwrap().len() > 8);
}

#[test]
fn plain_ascii_where_nothing_else_can_be_shown() {
    let folder = Folder::new("explain-ascii");
    let output = folder.command("explain words").env("LANG", "C").output().unwrap();
    assert!(output.stdout.is_ascii());
}
