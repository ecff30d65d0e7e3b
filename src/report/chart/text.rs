//! Numbers as chart text: three significant digits, durations in two units at most.

/// A count or rate: `12.5k`, `3.2M`, `0.25`.
pub(super) fn number(value: f64) -> String {
    let units = [(1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    scaled(value, &units, "")
}

/// A size: `1.5 MiB`.
pub(super) fn bytes(value: f64) -> String {
    let (unit, name) = byte_unit(value);
    format!("{} {name}", significant(value / unit))
}

/// Bytes a second in binary units: `1.2 MiB/s`.
pub(super) fn byte_rate(value: f64) -> String {
    let (size, name) = byte_unit(value);
    format!("{} {name}/s", significant(value / size))
}

/// The binary unit a number of bytes is written in: its size and name.
pub(super) fn byte_unit(value: f64) -> (f64, &'static str) {
    let units = [
        (1_125_899_906_842_624.0, "PiB"),
        (1_099_511_627_776.0, "TiB"),
        (1_073_741_824.0, "GiB"),
        (1_048_576.0, "MiB"),
        (1024.0, "KiB"),
    ];
    units.into_iter().find(|(size, _)| value >= *size * 0.9995).unwrap_or((1.0, "B"))
}

/// A percentage: `7.7 %`, `120 %`; never rounded to what it is not: `< 0.1 %`, `> 99.9 %`.
pub(super) fn percent(value: f64) -> String {
    match value {
        v if v > 0.0 && v < 0.1 => "< 0.1 %".to_owned(),
        v if v < 100.0 && v > 99.9 => "> 99.9 %".to_owned(),
        v if v >= 100_000.0 => format!("{} %", number(v)),
        v if v >= 100.0 => format!("{v:.0} %"),
        v => format!("{} %", significant(v)),
    }
}

/// A length of time: `250 ms`, `4.2 s`, `7 min 16 s`, `1 d 3 h`.
pub(super) fn duration(seconds: f64) -> String {
    if seconds < 0.0005 {
        return "0 s".to_owned();
    }
    if seconds < 0.9995 {
        return format!("{} ms", significant(seconds * 1000.0));
    }
    if seconds < 59.95 {
        return format!("{} s", significant(seconds));
    }
    let two = |large: f64, large_name: &str, small: f64, small_name: &str| {
        let whole = (seconds / small).round();
        let (count, rest) = ((whole / (large / small)).floor(), whole % (large / small));
        if rest == 0.0 {
            format!("{count:.0} {large_name}")
        } else {
            format!("{count:.0} {large_name} {rest:.0} {small_name}")
        }
    };
    match seconds {
        s if s < 3_599.5 => two(60.0, "min", 1.0, "s"),
        s if s < 86_370.0 => two(3600.0, "h", 60.0, "min"),
        _ => two(86_400.0, "d", 3600.0, "h"),
    }
}

/// `1 shard`, `20,000 shards`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{} {noun}s", whole(count)) }
}

/// A whole number with commas: `20,000`.
pub(super) fn whole(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Three significant digits without trailing zeros.
pub(super) fn significant(value: f64) -> String {
    let size = value.abs();
    let text = match size {
        s if s >= 99.95 || s == 0.0 => format!("{value:.0}"),
        s if s >= 9.995 => format!("{value:.1}"),
        s if s >= 0.9995 => format!("{value:.2}"),
        s if s >= 0.0995 => format!("{value:.3}"),
        _ => format!("{value:.4}"),
    };
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

fn scaled(value: f64, units: &[(f64, &str)], smallest: &str) -> String {
    let (size, name) =
        units.iter().copied().find(|(size, _)| value >= *size * 0.9995).unwrap_or((1.0, smallest));
    format!("{}{name}", significant(value / size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_three_digits() {
        let got: Vec<_> = [0.0, 0.25, 7.0, 999.6, 4500.0, 12_480.0, 3.2e6].map(number).to_vec();
        assert_eq!(got, ["0", "0.25", "7", "1k", "4.5k", "12.5k", "3.2M"]);
        assert_eq!(byte_rate(1_258_291.0), "1.2 MiB/s");
        assert_eq!(byte_rate(1_048_500.0), "1 MiB/s");
        assert_eq!([7, 999, 20_000, 1_234_567].map(whole), ["7", "999", "20,000", "1,234,567"]);
    }

    #[test]
    fn durations_have_two_units_at_most() {
        let seconds = [0.0, 0.25, 4.2, 59.96, 436.0, 3599.6, 11_820.0, 97_200.0, 172_800.0];
        let got: Vec<_> = seconds.map(duration).to_vec();
        let want = [
            "0 s",
            "250 ms",
            "4.2 s",
            "1 min",
            "7 min 16 s",
            "1 h",
            "3 h 17 min",
            "1 d 3 h",
            "2 d",
        ];
        assert_eq!(got, want);
    }

    #[test]
    fn percentages_never_claim_all_or_nothing_falsely() {
        assert_eq!(percent(0.0), "0 %");
        assert_eq!(percent(0.04), "< 0.1 %");
        assert_eq!(percent(99.99), "> 99.9 %");
        assert_eq!(percent(119.6), "120 %");
    }
}
