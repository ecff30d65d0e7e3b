//! Every template is a scenario that is read, played to its end, and judged.

use std::io::{Error, ErrorKind};

use kinesim::experiment::objective;
use kinesim::experiment::outcome::Ended;
use kinesim::experiment::run::{Continue, Options, run};
use kinesim::scenario::template::{TEMPLATES, Template};
use kinesim::scenario::{Files, load};

/// The files that are written beside a template.
struct Beside(&'static Template);

impl Files for Beside {
    fn read(&self, path: &str) -> Result<Vec<u8>, Error> {
        let found = self.0.beside.iter().find(|(name, _)| *name == path);
        found.map(|(_, text)| (*text).into()).ok_or_else(|| ErrorKind::NotFound.into())
    }
}

#[test]
fn every_template_runs_to_a_verdict() {
    for template in TEMPLATES {
        let label = format!("{}.toml", template.name);
        let scenario = load(template.name, &label, template.text, &[], &Beside(template))
            .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
        let on_progress = &mut |_| Continue::Yes;
        let options = Options::new(on_progress);
        let outcome = run(&scenario, options);
        assert_eq!(outcome.ended, Ended::Completed, "{}", template.name);
        let verdicts = objective::judge(&scenario, &outcome);
        assert!(!verdicts.is_empty(), "{} has objectives", template.name);
        assert!(verdicts.iter().all(|verdict| verdict.measured.is_some()), "{}", template.name);
    }
}

/// What the comments of templates say becomes of them.
#[test]
fn templates_behave_as_their_comments_say() {
    let played = |name: &str, overrides: &[(&str, &str)]| {
        let template = TEMPLATES.iter().find(|it| it.name == name).expect("a template");
        let overrides: Vec<(String, String)> =
            overrides.iter().map(|(path, value)| ((*path).into(), (*value).into())).collect();
        let scenario = load(name, name, template.text, &overrides, &Beside(template))
            .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
        let on_progress = &mut |_| Continue::Yes;
        let options = Options::new(on_progress);
        let outcome = run(&scenario, options);
        objective::judge(&scenario, &outcome).iter().all(|verdict| verdict.met)
    };
    assert!(!played("hello", &[]));
    assert!(played("hello", &[("producer.producer.record_size", "980 B")]));
    assert!(played("hello", &[("stream.shard_count", "3")]));
    assert!(!played("fan-out", &[]));
    assert!(played("fan-out", &[("reader.search.get_records.every", "400 ms")]));
    assert!(!played("outage", &[]));
    assert!(played("outage", &[("reader.billing.processing.per_record", "1.5 ms")]));
}
