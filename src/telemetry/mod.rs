//! Logs: one line for each change of an occurrence's state.
