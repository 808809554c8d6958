//! stub
#![allow(missing_docs)]
pub(crate) mod evaluate;
pub(crate) mod expression;
pub(crate) mod fault;
pub(crate) mod login;
pub(crate) mod position;
pub(crate) mod query;
pub(crate) mod reply;
pub(crate) mod sets;
pub(crate) mod throttle;
