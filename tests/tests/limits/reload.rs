//! SIGHUP: what the operator changes holds without a restart.

use super::*;

#[test]
fn a_new_configuration_holds_and_a_bad_one_is_refused() {
    let club = Club::with(Engine::Sqlite, "[limits]\naddress_connections = 2\n");
    let mut anna = user(&club, "anna");
    let mut guest = club.line();
    Line::bare(club.address()).reply().is("421 TOO_MANY");
    let prices = "[prices]\nmembership = \"7.00\"\n[accounts]\nregistration = \"closed\"\n";
    club.configure(&format!("{prices}[limits]\naddress_connections = 3\nrows = 1\n"));
    club.signal("HUP");
    logged(
        &club,
        "reloaded: accounts.registration, limits.address_connections, limits.rows, prices.membership",
    );
    let mut third = club.line();
    Line::bare(club.address()).reply().is("421 TOO_MANY");
    third.want(&format!("REGISTER berta {}", pass("berta")), "550 SWITCHED_OFF");
    assert_eq!(anna.want("HELP", "210 END").number("rows"), 1);
    assert_eq!(anna.want("PRICES", "210 END").rows[0].get("price"), "7.00");
    for (text, named) in
        [("[ads]\nsecond = 3\n", "line 2"), ("[limits]\nrows = 0\n", "limits.rows"), ("[", "line 1")]
    {
        club.configure(text);
        club.signal("HUP");
        soon("it is refused", || {
            let said = club.said();
            let refused = said.lines().rev().find(|line| line.contains("not reloaded"));
            refused.is_some_and(|line| line.contains(named))
        });
        guest.want(&format!("REGISTER berta {}", pass("berta")), "550 SWITCHED_OFF");
        assert_eq!(anna.want("HELP", "210 END").number("rows"), 1);
    }
    // Fewer than there are: nobody is sent away, and nobody comes in.
    club.configure("[limits]\naddress_connections = 1\ndatabase_seconds = 9\n");
    club.signal("HUP");
    logged(&club, "only after a restart: limits.database_seconds");
    [&mut anna.line, &mut guest, &mut third].into_iter().for_each(|line| drop(line.want("NOOP", "250 OK")));
    Line::bare(club.address()).reply().is("421 TOO_MANY");
}

#[test]
fn the_log_says_as_much_as_it_is_told_to() {
    let club = Club::with(Engine::Sqlite, "log = \"warn\"\n");
    user(&club, "anna");
    club.configure("log = \"info\"\n");
    club.signal("HUP");
    logged(&club, "reloaded: log");
    user(&club, "berta");
    logged(&club, "account=2");
    assert!(!club.said().contains("account=1 "), "what was before is not: {}", club.said());
}

#[test]
fn without_a_file_there_is_nothing_to_read() {
    let club = Club::start(Engine::Sqlite);
    club.signal("HUP");
    logged(&club, "there is no --config");
    club.line().want("NOOP", "250 OK");
}
