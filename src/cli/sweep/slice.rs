//! Which slice of a plan this process plays: what it is told, or what its scheduler says.

/// Slice `place` of `of`, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slice {
    pub place: u64,
    pub of: u64,
}

/// Slices at most.
const SLICES_MAX: u64 = 100_000;

/// `3/8`.
pub(super) fn read(text: &str) -> Result<Slice, String> {
    let help = "write the slice and how many there are, from 1: `--slice 3/8`";
    let (place, of) = text.split_once('/').ok_or_else(|| format!("`{text}`: {help}"))?;
    let number = |text: &str| text.trim().parse::<u64>().map_err(|_| format!("`{text}`: {help}"));
    within(number(place)?, number(of)?, help)
}

/// What the variables of a scheduler say; `of` is the number of slices where they do not.
pub(super) fn from_scheduler(
    of: Option<u64>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Slice, String> {
    let number = |name: &str| match variable(name) {
        None => Ok(None),
        Some(text) => text
            .trim()
            .parse::<u64>()
            .map(Some)
            .map_err(|_| format!("{name} is `{text}`, no whole number")),
    };
    if let Some(id) = number("SLURM_ARRAY_TASK_ID")? {
        // With `--of`, tasks are numbered from 1, whichever of them were submitted.
        if let Some(of) = of {
            return within(id, of, "with `--of N`, submit `--array=1-N`");
        }
        let count = number("SLURM_ARRAY_TASK_COUNT")?
            .ok_or("SLURM_ARRAY_TASK_COUNT is not set; write `--of N`")?;
        let first = number("SLURM_ARRAY_TASK_MIN")?.unwrap_or(1);
        let step = number("SLURM_ARRAY_TASK_STEP")?.unwrap_or(1).max(1);
        let help = "the array has gaps; write `--of N` and submit `--array=1-N`";
        let place = id.checked_sub(first).ok_or(help)?;
        if place % step > 0 {
            return Err(help.to_owned());
        }
        return within(place / step + 1, count, help);
    }
    let of_size =
        |size: Option<u64>| of.or(size).ok_or("write `--of N`: how many slices there are");
    if let Some(index) = number("AWS_BATCH_JOB_ARRAY_INDEX")? {
        let of = of_size(number("AWS_BATCH_JOB_ARRAY_SIZE")?)?;
        return within(index.saturating_add(1), of, "the array has more children than `--of`");
    }
    if let Some(index) = number("JOB_COMPLETION_INDEX")? {
        let help = "`completions` of the job is more than `--of`";
        return within(index.saturating_add(1), of_size(None)?, help);
    }
    Err("which slice is this? write `--slice 1/1` for all of it; no variable of Slurm, AWS Batch \
         or Kubernetes says"
        .to_owned())
}

fn within(place: u64, of: u64, help: &str) -> Result<Slice, String> {
    if of > SLICES_MAX {
        return Err(format!("a plan has at most 100,000 slices, not {of}"));
    }
    if (1..=of).contains(&place) {
        return Ok(Slice { place, of });
    }
    Err(format!("there is no slice {place} of {of}; {help}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(of: Option<u64>, set: &[(&str, &str)]) -> Result<(u64, u64), String> {
        let variable = |name: &str| {
            set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        from_scheduler(of, variable).map(|it| (it.place, it.of))
    }

    #[test]
    fn each_scheduler_numbers_in_its_own_way() {
        let slurm = |id, count, min, step| {
            asked(
                None,
                &[
                    ("SLURM_ARRAY_TASK_ID", id),
                    ("SLURM_ARRAY_TASK_COUNT", count),
                    ("SLURM_ARRAY_TASK_MIN", min),
                    ("SLURM_ARRAY_TASK_STEP", step),
                ],
            )
        };
        assert_eq!(slurm("1", "4", "1", "1"), Ok((1, 4)));
        assert_eq!(slurm("3", "4", "0", "1"), Ok((4, 4)));
        assert_eq!(slurm("7", "4", "1", "2"), Ok((4, 4)));
        assert!(slurm("9", "3", "1", "1").is_err(), "1,5,9");
        assert_eq!(asked(Some(8), &[("SLURM_ARRAY_TASK_ID", "3")]), Ok((3, 8)));
        assert!(asked(Some(8), &[("SLURM_ARRAY_TASK_ID", "0")]).is_err());
        let batch = ("AWS_BATCH_JOB_ARRAY_INDEX", "0");
        assert_eq!(asked(None, &[batch, ("AWS_BATCH_JOB_ARRAY_SIZE", "9")]), Ok((1, 9)));
        assert_eq!(asked(Some(5), &[batch]), Ok((1, 5)));
        assert!(asked(None, &[batch]).expect_err("no size").contains("--of"));
        let kubernetes = ("JOB_COMPLETION_INDEX", "7");
        assert_eq!(asked(Some(8), &[kubernetes]), Ok((8, 8)));
        assert!(asked(Some(7), &[kubernetes]).expect_err("too few").contains("completions"));
        assert!(asked(None, &[kubernetes]).expect_err("no size").contains("--of"));
        assert!(asked(None, &[]).expect_err("nothing").contains("--slice 1/1"));
        assert!(asked(None, &[("SLURM_ARRAY_TASK_ID", "x")]).is_err());
    }

    #[test]
    fn a_slice_is_written_from_one() {
        assert_eq!(read("3/8"), Ok(Slice { place: 3, of: 8 }));
        for faulty in ["", "3", "0/8", "9/8", "a/b", "1/0", "-1/4", "1/100001"] {
            assert!(read(faulty).is_err(), "{faulty}");
        }
        assert!(read("1/100000").is_ok());
    }
}
