//! Short names of paths, for headings: as few of the last steps as tell them apart.

/// A name for each path: its last step, with the step before it where that is a statistic, and
/// more where two would be called the same.
pub(in crate::report) fn short(paths: &[&str]) -> Vec<String> {
    let steps: Vec<Vec<&str>> = paths.iter().map(|path| path.split('.').collect()).collect();
    let mut taken: Vec<usize> = steps.iter().map(|steps| least(steps).min(steps.len())).collect();
    loop {
        let names: Vec<String> =
            steps.iter().zip(&taken).map(|(all, &n)| all[all.len() - n..].join(".")).collect();
        let mut changed = false;
        for place in 0..names.len() {
            let is_shared = names.iter().filter(|name| **name == names[place]).count() > 1;
            if is_shared && taken[place] < steps[place].len() {
                taken[place] += 1;
                changed = true;
            }
        }
        if !changed {
            return names;
        }
    }
}

/// Steps without which a name says nothing.
fn least(steps: &[&str]) -> usize {
    let last = steps.last().copied().unwrap_or_default();
    let is_quantile =
        last.strip_prefix('p').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if is_quantile || matches!(last, "max" | "end" | "mean" | "min" | "month") { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_short_as_they_can_be_told_apart() {
        let paths = [
            "stream.shard_count",
            "lambda.a.batch_size",
            "lambda.b.batch_size",
            "lambda.a.iterator_age.p99",
            "lambda.a.backlog.end",
            "write.throttled",
        ];
        assert_eq!(
            short(&paths),
            [
                "shard_count",
                "a.batch_size",
                "b.batch_size",
                "iterator_age.p99",
                "backlog.end",
                "throttled"
            ]
        );
        assert_eq!(short(&["a", "a"]), ["a", "a"]);
    }
}
