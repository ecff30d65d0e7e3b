//! Golden bits: what is drawn is the same on any machine, in any profile, for ever.
//!
//! Words, exponentials, normals and log-normals were compared once with a ChaCha8 and quantiles
//! written apart, in another language: words equal, the rest to 1e-13.

#![expect(clippy::needless_raw_string_hashes, reason = "blessing writes them")]

use kinesim::random::{Choice, LogNormal, Stream, zipf_weights};

fn bits(draw: impl FnMut() -> u64) -> String {
    let words: Vec<String> =
        std::iter::repeat_with(draw).take(8).map(|word| format!("{word:016x}")).collect();
    words.join("\n")
}

fn stream() -> Stream {
    Stream::named(7, 0, "producer/checkout/arrivals")
}

#[test]
fn words() {
    let mut stream = stream();
    expect_test::expect![[r#"
        41f267f94644a861
        6237b049d86242be
        dff4b6bae5487bc7
        36f5649fa1697e5f
        ff09f21a05dfc668
        cd127cc0177a8856
        0004ba3e52dfad1e
        d354791ba1ca6dec"#]]
    .assert_eq(&bits(|| stream.next_u64()));
}

#[test]
fn another_name_seed_or_replicate_gives_other_words() {
    let of = |seed, replicate, name| bits(|| Stream::named(seed, replicate, name).next_u64());
    let first = of(7, 0, "producer/checkout/arrivals");
    for other in [of(8, 0, "producer/checkout/arrivals"), of(7, 1, "producer/checkout/arrivals")] {
        assert_ne!(other, first);
    }
    assert_ne!(of(7, 0, "producer/checkout/keys"), first);
}

#[test]
fn exponentials() {
    let mut stream = stream();
    expect_test::expect![[r#"
        3ff5b3848e38103f
        3feea7e04b66cda8
        3fc11e01aeabcbd0
        3ff89e18ceaf898f
        3f6ed08e2a24bd00
        3fcc647136de1756
        402312ebd55106cc
        3fc88b7b9df4192c"#]]
    .assert_eq(&bits(|| stream.exponential().to_bits()));
}

#[test]
fn normals() {
    let mut stream = stream();
    expect_test::expect![[r#"
        bfe4d2ea4c9355ad
        bfd2efa38709bf46
        3ff26467f3749400
        bfe949faf1809d01
        4005631828b49ca6
        3feb0db9c71222d4
        c00e67e37c6c9cec
        3fedf84e19de8db4"#]]
    .assert_eq(&bits(|| stream.normal().to_bits()));
}

#[test]
fn log_normals() {
    let (mut stream, law) = (stream(), LogNormal::new(900.0, 4_096.0));
    expect_test::expect![[r#"
        4082685b270c7f75
        408731dbe39fb5bb
        409dbbf65fd4c2c9
        4080ceedf0c54596
        40b40ef2b8c03c42
        4098641e0bf9b24c
        4052ec08f33fd1e8
        4099e205ee9b6a35"#]]
    .assert_eq(&bits(|| law.draw(&mut stream).to_bits()));
}

#[test]
fn choices_by_the_alias_method() {
    let (mut stream, choice) = (stream(), Choice::new(&zipf_weights(200, 1.0)));
    expect_test::expect![[r#"
        0000000000000033
        0000000000000000
        0000000000000008
        0000000000000000
        0000000000000021
        0000000000000005
        0000000000000000
        00000000000000a5"#]]
    .assert_eq(&bits(|| u64::from(choice.draw(&mut stream))));
}

#[test]
fn whole_numbers_and_units() {
    let mut stream = stream();
    expect_test::expect![[r#"
        000000000f5abdd4
        0000000016de38a3
        000000003424d010
        000000000ccbc92e
        000000003b61800c
        000000002fbf41b5
        00000000000119c8
        0000000031343f80"#]]
    .assert_eq(&bits(|| stream.below(1_000_000_007)));
    expect_test::expect![[r#"
        3fd0e4d8a01fa0b8
        3fd12a6be00d8d7c
        3fea3672ec3c4318
        3fc06fe549b27180
        3fdfba71366a26c4
        3fae3869426670c0
        3fec06e67a6d2e5d
        3fa02fe537953520"#]]
    .assert_eq(&bits(|| stream.unit().to_bits()));
}
