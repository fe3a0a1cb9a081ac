//! How far clocks, calls and looks are trusted: each tolerance of time once, with its reason, so that two that have the
//! same length are seen to be two rules.

use jiff::SignedDuration;
use std::time::Duration;

/// What was seen longer ago than this is stale: somebody may have acted meanwhile, so a look comes before the act. It
/// holds for a reply, for a state that was seen, for a process or a host that stood still, and for what is due since.
pub(super) const STALE_AFTER: Duration = Duration::from_secs(60);

/// How far App Runner's clock may be behind one that is kept right by NTP: an operation may seem to have begun before the
/// instant or the call that began it.
pub(super) const CLOCKS_DIFFER: Duration = Duration::from_secs(2);

/// When a success is looked for that a call of ours in doubt may have brought, operations count that seem to have begun
/// so long before it. Far more than [`CLOCKS_DIFFER`], for a mistake costs one word here: `succeeded` for `already`.
pub(super) const CLAIMED_BEFORE: SignedDuration = SignedDuration::from_secs(60);

/// A call whose reply was lost may take effect until so long after it left: the client stops waiting after 15 s, and
/// what waits in a queue or is sent again on the way is dropped within a minute.
pub(super) const TAKES_EFFECT_WITHIN: Duration = Duration::from_secs(60);

/// An opposite operation that begins within so long of an instant, or of a call of the occurrence before, does not count
/// as a manual change. Nothing says that a call of ours was lost ([`TAKES_EFFECT_WITHIN`] is for those), but one may
/// have been on its way, for the client's 15 s and the difference of the clocks; and to resume a service on time matters
/// more than a change that a person makes within seconds of it.
pub(super) const NO_MANUAL_CHANGE_WITHIN: SignedDuration = SignedDuration::from_secs(20);

/// A wall clock set back further than this, in one step or in several, is reported, and a service that was paused before
/// its time is woken again. A smaller step is waited out.
pub(super) const CLOCK_WENT_BACK: Duration = Duration::from_secs(60);

/// A service that a clock which was ahead has woken more than this before its time is paused again, once the clock is
/// set back.
pub(super) const CLOCK_WENT_FAR_BACK: Duration = Duration::from_hours(1);
