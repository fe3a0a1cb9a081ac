//! What somebody has been told of a service or of an occurrence, each thing once.

/// Something that somebody must look at, or should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alert {
    /// The resume is late.
    Late,
    /// Credentials or rights are missing.
    Access,
    /// The service has been busy with something else for long.
    Busy,
    /// Its operation takes too long.
    Overdue,
    /// A look at an enforced service failed, and none has succeeded since.
    Unseen,
    /// An enforced service is beyond help, and has been so since.
    Lost,
    /// Its operation has a status that this version does not know.
    UnknownStatus,
}

/// The troubles that have been reported. One does not silence another, but for those that are the same news: who is told
/// why a resume is late knows that it is late.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Told(u8);

impl Told {
    /// Whether this has not been told before; from now on it has.
    pub(super) fn first(&mut self, alert: Alert) -> bool {
        let is_first = !self.has(alert);
        self.add(alert);
        match alert {
            Alert::Late => {
                self.add(Alert::Busy);
                self.add(Alert::Overdue);
            }
            Alert::Busy | Alert::Overdue => self.add(Alert::Late),
            Alert::Access | Alert::Unseen | Alert::Lost | Alert::UnknownStatus => {}
        }
        is_first
    }

    pub(super) fn has(self, alert: Alert) -> bool {
        self.0 & bit(alert) != 0
    }

    /// The alert is over; should it come again, it is news.
    pub(super) fn is_over(&mut self, alert: Alert) {
        self.0 &= !bit(alert);
    }

    fn add(&mut self, alert: Alert) {
        self.0 |= bit(alert);
    }
}

const fn bit(alert: Alert) -> u8 {
    1 << alert as u8
}
