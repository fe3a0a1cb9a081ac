//! How much time the rules allow: each tolerance once, so that two that have the same length are seen to be two rules.
//! They are the judge's own, and looser than the planner's: what lies between may go either way.

use jiff::SignedDuration;

/// A clock that is no farther off than this is right.
pub(crate) const RIGHT_CLOCK: SignedDuration = SignedDuration::from_millis(1_500);

/// How far a clock may go back, in one step or in several, before that is to be noticed.
pub(crate) const NOT_NOTICED: SignedDuration = SignedDuration::from_secs(60);

/// How soon the planner notices: at the next heartbeat, when the host does not stand still.
pub(crate) const NOTICED_WITHIN: SignedDuration = SignedDuration::from_mins(2);

/// A resume that was begun so much before its time, by a clock that was ahead, may go on.
pub(crate) const WAITED_OUT: SignedDuration = SignedDuration::from_hours(1);

/// What was decided so long ago leaves no more.
pub(crate) const MOST_STANDSTILL: SignedDuration = SignedDuration::from_secs(5);

/// How long a call of another occurrence may still take effect, its time on the way included.
pub(crate) const LATE_EFFECT: SignedDuration = SignedDuration::from_secs(62);

/// How long a reply may have been on its way before it was handed in.
pub(crate) const HEARSAY: SignedDuration = SignedDuration::from_secs(60);

/// Who acts without a look may have looked so long ago, and may have waited for its turn since.
pub(crate) const OUT_OF_SIGHT: SignedDuration = SignedDuration::from_secs(75);

/// What somebody does so soon after an instant may be missed.
pub(crate) const MAY_BE_MISSED: SignedDuration = SignedDuration::from_secs(22);

/// How long after its instant an occurrence may take where nothing is in its way.
pub(crate) const IN_GOOD_TIME: SignedDuration = SignedDuration::from_mins(20);

/// A resume is told as late by then: when it is not done in good time, and the host has overslept.
pub(crate) const TOLD_WITHIN: SignedDuration = IN_GOOD_TIME.saturating_add(SignedDuration::from_secs(45));

/// Who sees nothing for so long after the instant may tell it later.
pub(crate) const SEEN_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// A pause that is later than this may be left out, for the sake of a resume within [`IN_GOOD_TIME`].
pub(crate) const MAY_BE_LEFT_OUT: SignedDuration = SignedDuration::from_secs(60);

/// A pause that is so late must not be made when the next resume is so near. It may be left out a little earlier already
/// ([`MAY_BE_LEFT_OUT`]): between the two the planner may do either.
pub(crate) const LATE_PAUSE: SignedDuration = SignedDuration::from_secs(75);
pub(crate) const NEAR_RESUME: SignedDuration = SignedDuration::from_mins(19);
