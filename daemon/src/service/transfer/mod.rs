//! The bytes' way in and out, and what is asked of people before and noted after it.

pub mod download;
pub mod history;
pub mod pace;
pub mod pass;
pub mod places;
pub mod proof;
pub mod upload;
