//! The dialect of SQLink's test scripts.
//!
//! A script is in sqllogictest's format, with a few directives and dot commands. It is run against anything that answers
//! [`Request`](protocol::Request)s: a [`Driver`]. The conformance runner's drivers are programs, one for each host; `sqlink test`
//! answers by itself.
//!
//! Every value is formatted here, from its storage class and exact text, so that all hosts are compared by the same measure.

pub mod codes;
pub mod judge;
pub mod literal;
pub mod protocol;
pub mod script;
pub mod session;
pub mod value;

use protocol::{Reply, Request};
use std::fmt::Debug;

/// Opens databases, loads extensions and runs SQL on request.
pub trait Driver: Debug + Send {
    /// Carries out a request. A refusal by the host is a [`Reply`], not an error.
    ///
    /// # Errors
    /// Why there is no reply.
    fn request(&mut self, request: &Request) -> Result<Reply, String>;
}
