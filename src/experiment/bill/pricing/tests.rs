//! Bills worked out by hand, from the published prices and nothing else.

use proptest::prelude::*;

use super::*;

const HOUR_NS: u128 = 3_600_000_000_000;
const GIB: u128 = 1_073_741_824;
/// A month of 730 h [s].
const MONTH_S: u128 = 2_628_000;

fn prices() -> Prices {
    Prices::of_region("us-east-1")
}

/// Names and amounts with six decimals, in order.
fn told(charges: &[Charge]) -> Vec<(&'static str, String)> {
    charges.iter().map(|charge| (charge.item.name(), charge.amount.decimal(6))).collect()
}

fn expect(charges: &[Charge], lines: &[(&'static str, &str)]) {
    let lines: Vec<_> = lines.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
    assert_eq!(told(charges), lines);
}

fn total(charges: &[Charge]) -> String {
    charges.iter().map(|charge| charge.amount).sum::<Money>().decimal(2)
}

/// A month of 8 shards at 4,000 records/s of 1 KiB, with two consumers of enhanced fan-out that are
/// pushed everything, and a retention of 10 d.
///
/// - 4,000/s for 2,628,000 s are 10,512 million records, of a payload unit each.
/// - 4,000 KiB/s are 4,096,000 B/s: 10,764,288,000,000 B, or 10,025.0244140625 GiB a month.
/// - Kept beyond 24 h, up to 7 d: 6 d of it, 518,400 s x 4,096,000 B/s = 2,123,366,400,000 B, or
///   1,977.5390625 GiB, for a month.
/// - Kept beyond 7 d: half of that, 3 d: 988.76953125 GiB-months.
fn busy() -> Usage {
    Usage {
        stream_ns: 730 * HOUR_NS,
        shard_ns: 8 * 730 * HOUR_NS,
        extended_shard_ns: 8 * 730 * HOUR_NS,
        payload_units: 10_512_000_000,
        metered_bytes: 10_764_288_000_000,
        polled_bytes: 0,
        fan_out_shard_ns: 2 * 8 * 730 * HOUR_NS,
        fan_out_bytes: 2 * 10_764_288_000_000,
        extended_byte_s: 2_123_366_400_000 * MONTH_S,
        long_term_byte_s: 1_061_683_200_000 * MONTH_S,
        long_term_read_bytes: 10 * GIB,
    }
}

/// KDS-P01, P02, P04, P05, P06:
/// shards 5,840 h x 0.015 = 87.60; units 10,512 x 0.014 = 147.168; fan-out 11,680 h x 0.015 =
/// 175.20 and 20,050.048828125 GiB x 0.013 = 260.650634765625; extended 5,840 h x 0.02 = 116.80;
/// long-term 988.76953125 x 0.023 = 22.74169921875; read again 10 GiB x 0.021 = 0.21.
/// Together 810.370333984375.
#[test]
fn a_provisioned_month_by_hand() {
    let charges = charges(Mode::Provisioned, &busy(), &prices());
    expect(
        &charges,
        &[
            ("shard_hours", "87.600000"),
            ("payload_units", "147.168000"),
            ("fan_out_shard_hours", "175.200000"),
            ("fan_out_data", "260.650635"),
            ("extended_retention", "116.800000"),
            ("long_term_retention", "22.741699"),
            ("long_term_retrieval", "0.210000"),
        ],
    );
    assert_eq!(total(&charges), "810.37");
}

/// KDS-P08, P09, P10, P16, with a poller beside that reads 1,000 GiB:
/// the stream 730 h x 0.04 = 29.20; in 10,025.0244140625 x 0.08 = 802.001953125; out 1,000 x 0.04 =
/// 40; fan-out 20,050.048828125 x 0.05 = 1,002.50244140625; extended 1,977.5390625 x 0.10 =
/// 197.75390625; long-term 22.74169921875 and 0.21 as above. Together 2,094.41000...
#[test]
fn an_on_demand_standard_month_by_hand() {
    let usage = Usage { polled_bytes: 1_000 * GIB, ..busy() };
    let charges = charges(Mode::OnDemandStandard, &usage, &prices());
    expect(
        &charges,
        &[
            ("stream_hours", "29.200000"),
            ("data_in", "802.001953"),
            ("data_out", "40.000000"),
            ("fan_out_data", "1002.502441"),
            ("extended_retention", "197.753906"),
            ("long_term_retention", "22.741699"),
            ("long_term_retrieval", "0.210000"),
        ],
    );
    assert_eq!(total(&charges), "2094.41");
}

/// KDS-P11: in 10,025.0244140625 x 0.032 = 320.80078125; out 1,000 x 0.016 = 16; fan-out
/// 20,050.048828125 x 0.016 = 320.80078125; extended 1,977.5390625 x 0.023 = 45.4833984375;
/// long-term 22.74169921875. Together 725.82666015625.
///
/// KDS-O17: 25 MiB/s for 2,628,000 s are 65,700,000 MiB, or 64,160.15625 GiB, each way. Not written
/// 54,135.1318359375 GiB x 0.032 = 1,732.32421875; not read 64,160.15625 - 20,050.048828125 -
/// 1,000 = 43,110.107421875 GiB x 0.016 = 689.76171875.
#[test]
fn an_advantage_month_by_hand() {
    let usage = Usage { polled_bytes: 1_000 * GIB, ..busy() };
    let charges = charges(Mode::OnDemandAdvantage, &usage, &prices());
    expect(
        &charges,
        &[
            ("data_in", "320.800781"),
            ("data_out", "16.000000"),
            ("fan_out_data", "320.800781"),
            ("extended_retention", "45.483398"),
            ("long_term_retention", "22.741699"),
        ],
    );
    assert_eq!(total(&charges), "725.83");
    let rest = commitment(&usage, 730 * HOUR_NS, &prices());
    let lines = [("unused_commitment_in", "1732.324219"), ("unused_commitment_out", "689.761719")];
    expect(&rest, &lines);
}

/// KDS-P12: about 100 dollars a day: 25 MiB/s for 86,400 s are 2,109.375 GiB, x 0.032 = 67.50 and
/// x 0.016 = 33.75. Nothing is left to pay where more is used than that.
#[test]
fn an_idle_day_of_advantage_costs_about_a_hundred_dollars() {
    let idle = commitment(&Usage::default(), 24 * HOUR_NS, &prices());
    expect(&idle, &[("unused_commitment_in", "67.500000"), ("unused_commitment_out", "33.750000")]);
    let full = Usage { metered_bytes: 2_110 * GIB, polled_bytes: 2_110 * GIB, ..Usage::default() };
    assert_eq!(total(&commitment(&full, 24 * HOUR_NS, &prices())), "0.00");
}

/// Polling a provisioned stream is free (KDS-P07).
#[test]
fn pollers_of_shards_read_for_nothing() {
    let usage = Usage { polled_bytes: 1 << 50, ..Usage::default() };
    assert_eq!(total(&charges(Mode::Provisioned, &usage, &prices())), "0.00");
}

/// 8 % off 87.60 are 80.592; another price counts as it is given.
#[test]
fn a_discount_is_taken_off_every_line() {
    let mut prices = prices();
    prices.discount = "8 %".parse().expect("a share");
    prices.set(Price::PayloadUnit, "$0.02".parse().expect("money"));
    let charges = charges(Mode::Provisioned, &busy(), &prices);
    assert_eq!(told(&charges)[0], ("shard_hours", "80.592000".to_owned()));
    // 10,512 x 0.02 x 0.92
    assert_eq!(told(&charges)[1], ("payload_units", "193.420800".to_owned()));
}

/// 600 s at a unit a second are 2,628,000 units a month.
#[test]
fn a_part_is_scaled_to_a_month_in_whole_units() {
    use crate::time::Span;
    let part = Usage { payload_units: 600, shard_ns: 1_200_000_000_000, ..Usage::default() };
    let month = part.scaled(Span::from_s(600), Span::from_s(2_628_000));
    assert_eq!((month.payload_units, month.shard_ns), (2_628_000, 2 * 730 * HOUR_NS));
}

prop_compose! {
    fn usages()(amounts in prop::array::uniform11(0_u128..1 << 90)) -> Usage {
        let [stream_ns, shard_ns, extended_shard_ns, payload_units, metered_bytes, polled_bytes,
            fan_out_shard_ns, fan_out_bytes, extended_byte_s, long_term_byte_s,
            long_term_read_bytes] = amounts;
        Usage {
            stream_ns, shard_ns, extended_shard_ns, payload_units, metered_bytes, polled_bytes,
            fan_out_shard_ns, fan_out_bytes, extended_byte_s, long_term_byte_s,
            long_term_read_bytes,
        }
    }
}

proptest! {
    /// What two streams use together costs what they cost apart, but for a pico-dollar a line.
    #[test]
    fn bills_add_up(a in usages(), b in usages(), mode in 0_usize..3) {
        let (mode, prices) = (Mode::ALL[mode], prices());
        let [a, b, both] = [a, b, a.plus(&b)].map(|usage| charges(mode, &usage, &prices));
        for ((a, b), both) in a.iter().zip(&b).zip(&both) {
            let apart = a.amount + b.amount;
            prop_assert!((both.amount - apart).0.abs() <= 1, "{}", both.item.name());
        }
    }

    /// Nothing costs less than nothing, and more never less.
    #[test]
    fn more_is_never_cheaper(a in usages(), b in usages(), mode in 0_usize..3) {
        let (mode, prices) = (Mode::ALL[mode], prices());
        let [less, more] = [a, a.plus(&b)].map(|usage| charges(mode, &usage, &prices));
        for (less, more) in less.iter().zip(&more) {
            prop_assert!(Money::ZERO <= less.amount && less.amount <= more.amount);
        }
    }
}
