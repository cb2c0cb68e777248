//! `play`.
use crate::fault::Fault;
use crate::input::Given;
use crate::shell::Shell;
use crate::show::Answer;

/// Plays.
///
/// # Errors
/// Not yet.
pub fn play(_shell: &mut Shell, _given: &Given) -> Result<Answer, Fault> {
    Err(Fault::Cancelled)
}
