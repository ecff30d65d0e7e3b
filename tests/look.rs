mod support;
use kinesim::report::chart::{Format, charts, render};
use support::Run;

fn hot(shard: u32, t: u64) -> u64 {
    let base = [310, 1157, 420, 380, 270, 1200, 520, 240][shard as usize % 8];
    let noise = (t * 7919 + u64::from(shard) * 104_729) % 97;
    base + noise * 2
}
fn wave(shard: u32, t: u64) -> u64 {
    let s = libm::sin(t as f64 / 3600.0 / 24.0 * 6.283);
    (600.0 + 350.0 * s + f64::from(shard % 13) * 12.0) as u64
        + (t * 31 + u64::from(shard) * 17) % 90
}

#[test]
fn look() {
    let only = std::env::var("ONLY").unwrap_or_default();
    let runs = vec![
        (
            "hot",
            Run::new(8, 1800, 5)
                .load(hot)
                .record_bytes(1120)
                .burst(1.15)
                .warm_up(60)
                .consumer("fraud", |t| Some(0.4 + t as f64 * 0.2417 + (t % 15) as f64 * 0.2))
                .consumer("archive", |t| Some(0.35 + (t % 55) as f64 * 0.012)),
        ),
        (
            "calm",
            Run::new(4, 86_400, 600)
                .load(|s, t| wave(s, t) / 3)
                .burst(1.6)
                .consumer("dashboard", |t| Some(0.2 + (t % 7) as f64 * 0.1)),
        ),
        ("one", Run::new(1, 10, 10).load(|_, _| 800).burst(1.0).consumer("a", |_| Some(0.3))),
        (
            "many",
            Run::new(500, 3600, 10)
                .load(|s, t| if s == 77 && t > 1500 { 1500 } else { wave(s, t * 20) })
                .burst(1.2)
                .consumer("a-consumer-with-a-very-long-name-that-goes-on-and-on", |t| {
                    if (1000..1600).contains(&t) { None } else { Some(0.2 + (t % 90) as f64 * 0.3) }
                })
                .consumer("b", |t| Some(1.0 + t as f64))
                .consumer("c", |t| Some(2.0 + t as f64))
                .consumer("d", |t| Some(3.0 + t as f64))
                .consumer("e", |_| Some(0.2))
                .consumer("f", |_| Some(0.21))
                .consumer("g", |_| Some(0.22))
                .consumer("h", |_| Some(0.0)),
        ),
        ("huge", Run::new(20_000, 600, 60).load(|s, t| (u64::from(s) * 7 + t) % 1100)),
        (
            "retention",
            Run::new(2, 7 * 86_400, 3600)
                .load(|_, t| if t / 3600 % 24 > 12 { 1300 } else { 100 })
                .burst(1.4)
                .consumer("slow", |t| Some((t as f64 * 0.2).min(86_400.0))),
        ),
        (
            "burst64",
            Run::new(64, 1200, 5)
                .load(|s, t| if t % 240 < 60 { 400 + u64::from(s) * 14 } else { 120 })
                .burst(2.5),
        ),
    ];
    std::fs::create_dir_all("/tmp/charts").unwrap();
    for (name, run) in runs {
        if !only.is_empty() && only != name {
            continue;
        }
        let (scenario, outcome) = run.build();
        for named in charts(&scenario, &outcome) {
            for (format, ext) in [(Format::Png, "png"), (Format::Svg, "svg")] {
                let began = std::time::SystemTime::now();
                let bytes = render(&named.chart, format);
                println!(
                    "{name} {} {ext} {} B {:?}",
                    named.file_stem,
                    bytes.len(),
                    began.elapsed()
                );
                std::fs::write(format!("/tmp/charts/{name}-{}.{ext}", named.file_stem), bytes)
                    .unwrap();
            }
            println!("   {}\n   {}", named.chart.title, named.chart.alt);
        }
    }
}
