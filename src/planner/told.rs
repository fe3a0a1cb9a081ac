//! What somebody has been told of a service or of an occurrence, each thing once.

/// Something that somebody must look at, or should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
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
}

/// The troubles that have been reported. One does not silence another, but for those that are the same news: who is told
/// why a resume is late knows that it is late.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Told(u8);

impl Told {
    /// Whether this has not been told before; from now on it has.
    pub(super) fn first(&mut self, trouble: Trouble) -> bool {
        let is_first = !self.has(trouble);
        self.add(trouble);
        match trouble {
            Trouble::Late => {
                self.add(Trouble::Busy);
                self.add(Trouble::Overdue);
            }
            Trouble::Busy | Trouble::Overdue => self.add(Trouble::Late),
            Trouble::Access | Trouble::Unseen | Trouble::Lost => {}
        }
        is_first
    }

    pub(super) fn has(self, trouble: Trouble) -> bool {
        self.0 & bit(trouble) != 0
    }

    /// The trouble is over; should it come again, it is news.
    pub(super) fn is_over(&mut self, trouble: Trouble) {
        self.0 &= !bit(trouble);
    }

    fn add(&mut self, trouble: Trouble) {
        self.0 |= bit(trouble);
    }
}

const fn bit(trouble: Trouble) -> u8 {
    1 << trouble as u8
}
