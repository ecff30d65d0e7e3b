//! The engine's queues, each beside the standard library's heap doing the same.

#![expect(clippy::print_stdout, reason = "a benchmark prints")]

#[path = "support/spread.rs"]
mod spread;
#[path = "support/mod.rs"]
mod support;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use kinesim::engine::timers::Timers;
use kinesim::engine::wheel::Wheel;
use kinesim::engine::{self, ActorId, Agenda, Cx, Model, Probe};
use kinesim::time::{Instant, NS_PER_S, Span};

use crate::spread::Spread;
use crate::support::{Arguments, time};

const ACTORS: [u32; 3] = [16, 1_024, 65_536];

fn main() {
    let arguments = Arguments::read(7);
    let turns = if arguments.quick { 100_000 } else { 2_000_000 };
    println!("{}\n", support::machine());
    println!("Turns of one wake, or of one item taken off and set again, with so many waiting.\n");
    println!("| queue | waiting | ns | heap [ns] | million/s |");
    println!("|---|---:|---:|---:|---:|");
    for count in ACTORS {
        row("agenda: wakes", count, &arguments, turns, wake_actors, plain_heap);
        row("wheel: any order", count, &arguments, turns, turn_wheel, plain_heap);
        row("timers: in order", count, &arguments, turns, turn_timers, in_order_heap);
    }
}

/// Measures `ours` and `heap` in turns; each gets how many wait and how many turns to make.
fn row(
    name: &str,
    count: u32,
    arguments: &Arguments,
    turns: u64,
    ours: impl Fn(u32, u64) -> f64,
    heap: impl Fn(u32, u64) -> f64,
) {
    let rounds = (0..arguments.rounds).map(|_| (ours(count, turns), heap(count, turns)));
    let (ours, heap): (Vec<f64>, Vec<f64>) = rounds.unzip();
    let (ours, heap) = (Spread::of(ours), Spread::of(heap));
    println!("| {name} | {count} | {ours:.1} | {heap:.1} | {:.1} |", 1e3 / ours.median);
}

/// Delays that look random and cost next to nothing, below a second.
struct Delays(u64);

impl Delays {
    fn next(&mut self) -> Span {
        // Knuth's multiplier and increment for 64 bits.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        Span::from_ns((self.0 >> 34) % NS_PER_S + 1)
    }
}

/// Actors that do nothing but wait for their next turn.
struct Idlers(Delays);

impl Model for Idlers {
    type Observation = ();

    fn wake<P: Probe<()>>(&mut self, _: ActorId, cx: &mut Cx<'_, P>) -> Instant {
        cx.now + self.0.next()
    }
}

/// Real nanoseconds a wake.
fn wake_actors(count: u32, turns: u64) -> f64 {
    let (mut model, mut agenda) = (Idlers(Delays(1)), Agenda::new());
    for index in 0..count {
        agenda.set(ActorId::new(0, index), Instant::ZERO + model.0.next());
    }
    // An actor waits half a second on average.
    let until = Instant::from_ns(turns * (NS_PER_S / 2) / u64::from(count) + NS_PER_S);
    let (taken, wakes) = time(|| engine::run(&mut model, &mut agenda, until, &mut ()));
    taken.as_nanos() as f64 / wakes as f64
}

fn turn_wheel(count: u32, turns: u64) -> f64 {
    let (mut delays, mut wheel) = (Delays(1), Wheel::new());
    for item in 0..count {
        wheel.set(Instant::ZERO + delays.next(), item);
    }
    per_turn(turns, || {
        if let Some((at, item)) = wheel.pop() {
            wheel.set(at + delays.next(), item);
        }
    })
}

fn turn_timers(count: u32, turns: u64) -> f64 {
    let mut timers = Timers::with_capacity(count as usize);
    for item in 0..count {
        timers.set(Instant::from_ns(u64::from(item)), item);
    }
    per_turn(turns, || {
        if let Some((at, item)) = timers.pop() {
            timers.set(at + Span::from_s(1), item);
        }
    })
}

fn plain_heap(count: u32, turns: u64) -> f64 {
    let mut delays = Delays(1);
    let first = (0..count).map(|item| Reverse((Instant::ZERO + delays.next(), item))).collect();
    turn_heap(first, turns, || delays.next())
}

fn in_order_heap(count: u32, turns: u64) -> f64 {
    let first = (0..count).map(|item| Reverse((Instant::from_ns(u64::from(item)), item))).collect();
    turn_heap(first, turns, || Span::from_s(1))
}

fn turn_heap(
    mut heap: BinaryHeap<Reverse<(Instant, u32)>>,
    turns: u64,
    mut delay: impl FnMut() -> Span,
) -> f64 {
    per_turn(turns, || {
        if let Some(Reverse((at, item))) = heap.pop() {
            heap.push(Reverse((at + delay(), item)));
        }
    })
}

fn per_turn(turns: u64, mut turn: impl FnMut()) -> f64 {
    let (taken, ()) = time(|| (0..turns).for_each(|_| turn()));
    taken.as_nanos() as f64 / turns as f64
}
