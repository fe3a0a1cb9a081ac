//! Enums whose values are App Runner's own words, with room for the words it will invent.

/// Writes an enum whose values are App Runner's own words, with room for the words it will invent.
///
/// Words are compared without regard to case, for one client of App Runner has seen lower-case ones.
macro_rules! wire_words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
            /// A word that this build does not know, as received.
            Unknown(String),
        }

        impl $name {
            /// Every value this build knows.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant,)+];

            /// Reads App Runner's word, in any case.
            pub fn from_wire(word: &str) -> Self {
                $(if word.eq_ignore_ascii_case($word) {
                    return Self::$variant;
                })+
                Self::Unknown(word.to_owned())
            }

            /// The word as it stands in App Runner's replies.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Unknown(word) => word,
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
