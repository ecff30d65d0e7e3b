//! From a draw to a shard: picking a key, hashing it, routing the hash. And a whole sample: read,
//! added up, placed.

#![expect(clippy::print_stdout, reason = "a benchmark prints")]

#[path = "support/busy.rs"]
mod busy;
#[path = "support/spread.rs"]
mod spread;
#[path = "support/mod.rs"]
mod support;

use std::hint::black_box;

use kinesim::experiment::placement::{Placement, Weighed};
use kinesim::model::hashing::{HashKey, uniform_ranges};
use kinesim::model::router::Router;
use kinesim::random::{Choice, Stream, zipf_weights};
use kinesim::scenario::inputs::{SampleForm, read_sample};

use crate::busy::busy_time;
use crate::spread::Spread;
use crate::support::{Arguments, time};

fn main() {
    let arguments = Arguments::read(7);
    let count = if arguments.quick { 100_000 } else { 2_000_000 };
    println!("{}\n", support::machine());
    println!("| what | ns |");
    println!("|---|---:|");
    let keys: Vec<String> = (0..1_000).map(|i| format!("key-{i:06}")).collect();
    let md5 = |i: usize| HashKey::of(&keys[i % keys.len()]).0 as u64;
    row("MD5 of a 10-byte key", &arguments, count, md5);
    let mut chance = Stream::named(1, 0, "hashes");
    let mut hash = || u128::from(chance.next_u64()) << 64;
    let hashes: Vec<u128> = (0..65_536).map(|_| hash()).collect();
    for shards in [100, 5_000, 20_000] {
        let open: Vec<_> = uniform_ranges(shards).into_iter().zip(0..).collect();
        let router = Router::new(&open).expect("uniform ranges tile the space");
        let route = |i: usize| u64::from(router.route(hashes[i % hashes.len()]));
        row(&format!("routing, {shards} shards"), &arguments, count, route);
    }
    for items in [1_000, 100_000, 1_000_000] {
        let choice = Choice::new(&zipf_weights(items, 1.0));
        let mut chance = Stream::named(1, 0, "draws");
        let draw = |_| u64::from(choice.draw(&mut chance));
        row(&format!("draw among {items} by Zipf's law"), &arguments, count, draw);
    }
    println!("\n| what | ms |");
    println!("|---|---:|");
    samples(&arguments);
}

/// Measures what `kinesim keys` does with a million keys on 1,000 shards.
fn samples(arguments: &Arguments) {
    let count: u64 = if arguments.quick { 100_000 } else { 1_000_000 };
    // Each key once, in an order that is not that of anything else.
    let name = |i: u64| format!("tenant-{:07}", i * 7_919 % 10_000_019);
    let lines = |line: &dyn Fn(u64) -> String| (0..count).map(line).collect::<Vec<_>>().concat();
    let plain = lines(&|i| name(i) + "\n");
    let weighted = lines(&|i| format!("{},{}\n", name(i), i % 97 + 1));
    let json = lines(&|i| format!("{{\"user\":{{\"id\":\"{}\"}},\"n\":{i}}}\n", name(i)));
    let keys = SampleForm::Keys;
    let field = SampleForm::Json("user.id".to_owned());
    for (what, text, form) in [
        ("a key a line", &plain, &keys),
        ("key,weight", &weighted, &keys),
        ("JSON lines", &json, &field),
    ] {
        let (mut reading, mut placing) = (Vec::new(), Vec::new());
        for _ in 0..arguments.rounds {
            let (taken, sample) = busy_time(|| read_sample(text.as_bytes(), form));
            reading.push(taken.as_secs_f64() * 1e3);
            let sample = sample.expect("every line is a key");
            assert_eq!(sample.len() as u64, count);
            let (taken, placement) =
                busy_time(|| Placement::new(&Weighed::new(&sample, None), 1_000));
            placing.push(taken.as_secs_f64() * 1e3);
            black_box(placement.busiest_share());
        }
        println!("| reading {count} keys, {what} | {:.0} |", Spread::of(reading));
        println!("| placing them on 1000 shards | {:.0} |", Spread::of(placing));
    }
}

/// Measures `count` calls of `work`, which gets their numbers.
fn row(name: &str, arguments: &Arguments, count: usize, mut work: impl FnMut(usize) -> u64) {
    let once = |_| {
        let (taken, sum) = time(|| (0..count).map(&mut work).fold(0, u64::wrapping_add));
        black_box(sum);
        taken.as_nanos() as f64 / count as f64
    };
    println!("| {name} | {:.1} |", Spread::of((0..arguments.rounds).map(once).collect()));
}
