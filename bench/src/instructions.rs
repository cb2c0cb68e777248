//! Instructions a command: filled in below.
use crate::Result;
/// Stub.
/// # Errors
/// None.
pub fn run(_args: &[String]) -> Result<()> { Ok(()) }
