//! Sweeps made up by hand.
