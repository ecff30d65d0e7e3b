//! The program as a user meets it: arguments in, streams, files and exit codes out.

#![expect(clippy::unwrap_used, reason = "a test reports a broken program by failing")]

mod answers;
mod check;
mod explain;
mod facts;
mod folder;
mod keys;
mod new;
mod options;
mod refusals;
mod streams;
