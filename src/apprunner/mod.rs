//! The door to AWS: a small trait in our own words, and the SDK behind it.
