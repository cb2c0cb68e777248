//! `top` and `new`: the titles that come first, by how often they are fetched or by when they came.

use protocol::command::{Command, List};
use protocol::value::{Count, Listing, Sort};

use crate::fault::Fault;
use crate::input::Given;
use crate::locale::Text;
use crate::shell::Shell;
use crate::show::{Answer, Layout};

/// How many are shown unless more are asked for.
const USUAL: u32 = 20;

/// `top [N] [WHICH]`, in either order.
///
/// # Errors
/// A word that is neither, a refusal, or no connection.
pub fn first(shell: &mut Shell, given: &Given, sort: Sort) -> Result<Answer, Fault> {
    let (mut which, mut limit) = (None, None);
    for word in &given.words {
        if let (None, Ok(count)) = (limit, word.parse::<Count>()) {
            limit = Some(count);
        } else if let (None, Ok(listing)) = (which, word.parse::<Listing>()) {
            which = Some(listing);
        } else {
            return Err(Fault::Usage(
                shell.screen.tongue.fill(Text::CountOrWhich, &[&Listing::WORDS.join(", ")]),
            ));
        }
    }
    let limit = Some(limit.unwrap_or(Count(USUAL)));
    let line = Command::List(List { which, sort: Some(sort), after: None, limit }).line();
    let reply = shell.session.look(&line)?;
    let more = reply.status.get("next").map(|next| {
        let mut line = format!("{} after=", line.to_lowercase());
        protocol::grammar::write_word(&mut line, next);
        line
    });
    Ok(Answer { reply, layout: Layout::Table, more })
}
