//! `kinesim sweep` as people run it: what it writes does not depend on threads, slices, or on how
//! often it was killed.

#![expect(clippy::unwrap_used, reason = "a test reports a broken file by failing")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

const SCENARIO: &str = r#"
scenario.duration = "20 s"
stream.shard_count = 2
[[producer]]
name = "web"
rate = "300/s"
record_size = { file = "sizes.csv" }
[[reader]]
name = "fraud"
[slo]
write.throttled = "<= 0.1 %"
[sweep.vary]
stream.shard_count = [1, 2]
"#;

/// A folder of its own for each test, removed at the end.
struct Desk(PathBuf);

impl Desk {
    fn new(test: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("sweep-{test}"));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("a.toml"), SCENARIO).unwrap();
        fs::write(path.join("sizes.csv"), "size,count\n900,3\n3000,1\n").unwrap();
        Self(path)
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kinesim"));
        command.args(line.split(' ')).current_dir(&self.0);
        for name in ["SLURM_ARRAY_TASK_ID", "AWS_BATCH_JOB_ARRAY_INDEX", "JOB_COMPLETION_INDEX"] {
            command.env_remove(name);
        }
        command
    }

    fn run(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    fn done(&self, line: &str) {
        let output = self.run(line);
        let code = output.status.code();
        assert_eq!(code, Some(0), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn bytes(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut open = vec![self.0.join(folder)];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    found.insert(
                        path.file_name().unwrap().display().to_string(),
                        fs::read(&path).unwrap(),
                    );
                }
            }
        }
        found
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}

const WHAT: &str = "--vary stream.shard_count=0,1,2 --vary reader.fraud.get_records.every=200ms,1s \
    --repeat 3";

#[test]
fn slices_and_threads_give_the_bytes_of_one_machine() {
    let desk = Desk::new("slices");
    desk.done(&format!("sweep a.toml {WHAT} -j 1"));
    let alone = desk.bytes("output/a-sweep");
    assert!(alone.len() >= 6);
    desk.done(&format!("sweep a.toml {WHAT} -j 2 -o two"));
    assert_eq!(desk.bytes("two/a-sweep"), alone);
    for (of, threads) in [(1, 2), (4, 1)] {
        let plan = format!("plan-{of}");
        desk.done(&format!("sweep plan a.toml {WHAT} -o {plan}"));
        // The plan is complete in itself.
        let away = Desk::new(&format!("away-{of}"));
        fs::rename(desk.0.join(&plan), away.0.join("plan")).unwrap();
        fs::remove_file(away.0.join("sizes.csv")).unwrap();
        for slice in (1..=of).rev() {
            away.done(&format!("sweep run plan --slice {slice}/{of} -j {threads}"));
            if slice > 1 {
                let early = away.run("sweep merge plan");
                assert_eq!(early.status.code(), Some(3));
                assert!(said(&early).contains("missing"), "{}", said(&early));
            }
        }
        assert!(said(&away.run("sweep status plan")).contains("18 of 18 runs are over"));
        away.done(&format!("sweep merge plan -j {threads}"));
        assert_eq!(away.bytes("output/a-sweep"), alone, "{of} slices");
    }
}

#[test]
fn schedulers_say_which_slice_it_is() {
    let desk = Desk::new("schedulers");
    desk.done(&format!("sweep plan a.toml {WHAT} -o plan"));
    let with = |line: &str, set: &[(&str, &str)]| {
        let output = desk.command(line).envs(set.iter().copied()).output().unwrap();
        (output.status.code(), said(&output))
    };
    let slurm = [
        ("SLURM_ARRAY_TASK_ID", "2"),
        ("SLURM_ARRAY_TASK_COUNT", "3"),
        ("SLURM_ARRAY_TASK_MIN", "0"),
    ];
    let (code, text) = with("sweep run plan", &slurm);
    assert!(code == Some(0) && text.contains("slice 3 of 3"), "{text}");
    let batch = [("AWS_BATCH_JOB_ARRAY_INDEX", "1"), ("AWS_BATCH_JOB_ARRAY_SIZE", "3")];
    assert!(with("sweep run plan", &batch).1.contains("slice 2 of 3"));
    let pod = [("JOB_COMPLETION_INDEX", "0")];
    assert!(with("sweep run plan --of 3", &pod).1.contains("slice 1 of 3"));
    assert_eq!(with("sweep run plan", &pod).0, Some(2));
    assert_eq!(with("sweep run plan", &[]).0, Some(2));
    desk.done("sweep merge plan");
}

/// Kills the program when so many runs are in its journal; whether it was still there to be killed.
fn kill_after(desk: &Desk, line: &str, lines: usize) -> bool {
    let mut child = desk.command(line).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let journal = desk.0.join("output/.a-sweep.kinesim-part");
    loop {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        let so_far = fs::read_to_string(&journal).unwrap_or_default().matches('\n').count();
        if so_far >= lines {
            // SIGKILL: nothing can be put in order before the end.
            child.kill().unwrap();
            child.wait().unwrap();
            return true;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_sweep_that_is_killed_goes_on_to_the_same_bytes() {
    let desk = Desk::new("killed");
    let line = format!("sweep a.toml {WHAT} -j 2");
    desk.done(&line);
    let undisturbed = desk.bytes("output/a-sweep");
    fs::remove_dir_all(desk.0.join("output")).unwrap();
    // More in the test of the cluster's page: KINESIM_KILLS=20.
    let kills = std::env::var("KINESIM_KILLS").ok().and_then(|it| it.parse().ok()).unwrap_or(3);
    let mut killed = 0;
    for kill in 0..kills {
        if kill % 3 == 0 {
            let _ = fs::remove_dir_all(desk.0.join("output"));
        }
        killed += usize::from(kill_after(&desk, &line, 2 + kill * 5 % 16));
    }
    assert!(killed > 0);
    // A torn line at the end costs that run alone.
    let journal = desk.0.join("output/.a-sweep.kinesim-part");
    if let Ok(text) = fs::read(&journal) {
        fs::write(&journal, &text[..text.len() - 7]).unwrap();
    }
    desk.done(&line);
    assert_eq!(desk.bytes("output/a-sweep"), undisturbed);
    assert!(!journal.exists());
}

#[test]
fn another_plan_is_not_mixed_in() {
    let desk = Desk::new("other");
    assert!(kill_after(&desk, &format!("sweep a.toml {WHAT} -j 1"), 3));
    let other = "sweep a.toml --vary stream.shard_count=2,3";
    let output = desk.run(other);
    assert_eq!(output.status.code(), Some(3));
    assert!(said(&output).contains("another sweep"), "{}", said(&output));
    fs::write(desk.0.join("sizes.csv"), "size,count\n800,3\n").unwrap();
    let output = desk.run(&format!("sweep a.toml {WHAT} -j 1"));
    assert_eq!(output.status.code(), Some(3), "its data changed: {}", said(&output));
    desk.done(&format!("{other} --fresh"));
}

/// A point of a sweep is the run that the same `--set` gives.
#[test]
fn a_point_is_the_run_of_its_values() {
    let desk = Desk::new("point");
    desk.done("sweep a.toml --vary stream.shard_count=1,2 --sort point");
    desk.run("run a.toml --set stream.shard_count=2 --name b -q");
    let json = |path: &str| -> serde_json::Value {
        serde_json::from_slice(&fs::read(desk.0.join(path)).unwrap()).unwrap()
    };
    let sweep = json("output/a-sweep/sweep.json");
    let manifest = json("output/b/manifest.json");
    assert_eq!(sweep["points"][1]["scenario_sha256"], manifest["scenario"]["sha256"]);
    let metrics = sweep["points"][1]["metrics"].as_array().unwrap();
    let month = metrics.iter().find(|it| it["metric"] == "cost.month").unwrap();
    let cost = fs::read_to_string(desk.0.join("output/b/summary.txt")).unwrap();
    let told = format!("{:.2}", month["mean"].as_f64().unwrap());
    assert!(cost.contains(&told), "{told} in {cost}");
}

#[test]
fn a_run_goes_without_what_is_swept() {
    let desk = Desk::new("without");
    desk.run("run a.toml -q --name with --charts none");
    let bare = SCENARIO.split("[sweep.vary]").next().unwrap();
    fs::write(desk.0.join("a.toml"), bare).unwrap();
    desk.run("run a.toml -q --name without --charts none");
    let files = |name: &str| {
        let mut files = desk.bytes(&format!("output/{name}"));
        files.retain(|file, _| {
            Path::new(file).extension().is_some_and(|it| it == "csv")
                || file == "scenario.resolved.toml"
        });
        files
    };
    assert_eq!(files("with"), files("without"));
    assert_eq!(desk.run("sweep a.toml").status.code(), Some(2), "nothing is varied");
}

#[test]
fn wrong_command_lines_are_told_all_at_once() {
    let desk = Desk::new("wrong");
    for (line, parts) in [
        (
            "--vary stream.shard_cuont=1,2 --vary stream.shard_count=1,1",
            &["shard_count", "twice"][..],
        ),
        ("--zip stream.shard_count=1,2 --zip producer.web.rate=1/s", &["has 2", "has 1"][..]),
        ("--vary stream.shard_count=1,2 --where shard_count>>2", &["at character"][..]),
        ("--vary stream.shard_count=1,2 --where shard_count>2", &["leaves out all 2"][..]),
        ("--vary stream.shard_count=1..9 --lhs 3 --zip producer.web.rate=1/s", &["without"][..]),
        ("--vary producer.web.rate=1/s..9/s", &["STEP"][..]),
        ("--vary stream.shard_count=1,2 --sort nonsense", &["cost", "shard_count"][..]),
        ("--vary stream.shard_count=0,200000", &["E201", "nothing was simulated"][..]),
        ("--vary stream.shard_count=1,2 --set stream.shard_count=4", &["both set and varied"][..]),
        ("--vary stream.shard_count=1,2 --until 1h", &["after the scenario's end"][..]),
    ] {
        let output = desk.run(&format!("sweep a.toml {line}"));
        assert_eq!(output.status.code(), Some(2), "{line}: {}", said(&output));
        for part in parts {
            assert!(said(&output).contains(part), "{line}: {part} in {}", said(&output));
        }
        assert!(!desk.0.join("output/a-sweep").exists());
    }
}

/// The templates are what their schedulers read, and name slices as the program does.
#[test]
fn templates_of_schedulers_can_be_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cluster");
    let json = |name: &str| -> serde_json::Value {
        serde_json::from_slice(&fs::read(folder.join(name)).unwrap()).unwrap()
    };
    let job = json("kubernetes.json");
    assert_eq!(job["spec"]["completionMode"], "Indexed");
    let command = job["spec"]["template"]["spec"]["containers"][0]["command"].as_array().unwrap();
    let of = command.iter().position(|it| it == "--of").unwrap();
    assert_eq!(command[of + 1], job["spec"]["completions"].to_string());
    let batch = json("aws-batch.json");
    assert!(batch["arrayProperties"]["size"].as_u64().is_some_and(|size| size >= 2));
    for command in [command, batch["containerOverrides"]["command"].as_array().unwrap()] {
        let words: Vec<&str> = command.iter().map(|it| it.as_str().unwrap()).collect();
        assert_eq!(words[..4], ["kinesim", "sweep", "run", "/plans/plan"]);
        let mut help = Command::new(env!("CARGO_BIN_EXE_kinesim"));
        assert!(help.args(&words[1..]).arg("--help").output().unwrap().status.success());
    }
    for script in ["slurm.sh", "parallel.sh", "slurm-local.sh", "templates-local.sh"] {
        let checked = Command::new("bash").arg("-n").arg(folder.join(script)).status();
        // Where there is no bash, there is nothing to check.
        assert!(checked.map_or(true, |status| status.success()), "{script}");
    }
}
