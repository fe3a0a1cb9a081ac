//! Why an expression cannot be read, or not be applied to a value.

/// An expression that cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidQuery {
    /// It is no `JMESPath`.
    #[error("`{expression}` is not a valid JMESPath expression: {problem}")]
    NoExpression { expression: String, problem: String },
    /// A literal is no JSON.
    #[error("`{0}` between backquotes is neither JSON nor plain text")]
    NoLiteral(String),
}

/// Why an expression cannot be applied to this value.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Misapplied {
    /// More and less, between a number and a text.
    #[error("a number and a string have no order")]
    Incomparable,
    /// No function has this name.
    #[error("there is no function `{0}` in JMESPath")]
    NoFunction(String),
    /// A function with too few or too many arguments.
    #[error("`{name}` takes {takes}, but {given} were given")]
    Arity {
        name: String,
        /// How many it takes.
        takes: String,
        /// How many there are.
        given: usize,
    },
    /// A function with something that it does not take.
    #[error("`{name}` takes {takes}, but {given} was given")]
    Type { name: String, takes: &'static str, given: String },
    /// A slice that would not move.
    #[error("a slice cannot have a step of 0")]
    ZeroStep,
    /// A reference to an expression where a value belongs.
    #[error("`&` belongs only in the arguments of a function that takes an expression")]
    StrayReference,
    #[error("the expression is nested more than {0} levels deep")]
    TooDeep(usize),
}
