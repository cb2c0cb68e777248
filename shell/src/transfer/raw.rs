//! `RETR` as the protocol has it, for scripts: the bytes go to standard output, nothing is waited
//! for and nothing bought.

use std::io::{self, IsTerminal as _, Write as _};

use crate::fault::Fault;
use crate::shell::Shell;
use crate::show::{Answer, Layout, Screen};

/// Whether standard output can take bytes.
pub fn is_possible(screen: &Screen) -> bool {
    !screen.is_for_machines() && !io::stdout().is_terminal()
}

/// Sends `line` and writes the body out.
///
/// # Errors
/// A refusal, a wait, or a lost connection.
pub fn retr(shell: &mut Shell, line: &str) -> Result<Answer, Fault> {
    let reply = shell.session.with(|link| {
        let reply = link.ask(line)?;
        if reply.status.code != 150 {
            return Ok(reply);
        }
        let mut out = io::stdout().lock();
        let gone = |error| Fault::file(std::path::Path::new("standard output"), error);
        link.body(reply.number("length")?, |bytes| out.write_all(&bytes).map_err(gone))?;
        out.flush().map_err(gone)?;
        link.reply()
    })?;
    if reply.status.code >= 300 {
        return Err(Fault::Refused(Box::new(reply)));
    }
    Ok(Answer { reply, layout: Layout::Silent, more: None })
}
