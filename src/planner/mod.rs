//! **What now.** (event, now) → effects. The heart. Pure.

mod call;

pub use call::{
    Cause, Operation, OperationId, OperationKind, OperationStatus, Refusal, Reply, Request, ServiceStatus,
};
