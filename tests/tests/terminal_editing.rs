//! A line while it is typed: what TAB offers, what is shown ahead, what is marked, what is remembered.
#![allow(clippy::unwrap_used, reason = "a failed expectation here is the message")]

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use tests::{Club, Engine, Person, Terminal, admin, rows, stor, user};

/// The colours in which a line is drawn.
const VERB: vt100::Color = vt100::Color::Idx(2);
const FIXED: vt100::Color = vt100::Color::Idx(5);
const KEY: vt100::Color = vt100::Color::Idx(6);
const QUOTED: vt100::Color = vt100::Color::Idx(3);
const NUMBER: vt100::Color = vt100::Color::Idx(12);
const WRONG: vt100::Color = vt100::Color::Idx(1);
const PLAIN: vt100::Color = vt100::Color::Default;

/// Waits until the line at the cursor is this, the prompt left out.
#[track_caller]
fn line_is(shell: &mut Terminal, line: &str) {
    shell.wait_screen(line, |screen| typed(screen) == Some(line));
}

/// What stands behind the last prompt.
fn typed(screen: &str) -> Option<&str> {
    screen.trim_end().lines().last()?.split_once('>').map(|(_, line)| line.trim())
}

#[test]
fn what_is_typed_ahead_is_not_lost() {
    let World { club, folder, .. } = world();
    let mut anna = Terminal::of(&club, folder.path(), "anna", &[], &[]);
    // While the first is typed, and while it runs.
    anna.type_("search one\x03whoami\rnoop\rinfo 1\rsearch \"the last");
    line_is(&mut anna, "search \"the last");
    let screen = anna.screen();
    assert!(
        ["member-until", "nothing done", "Green tea"].iter().all(|said| screen.contains(said)),
        "{screen}"
    );
}

/// Drops the line.
fn drop_line(shell: &mut Terminal) {
    shell.type_("\x03");
    shell.prompt();
}

struct World {
    club: Club,
    boss: Person,
    folder: tempfile::TempDir,
}

fn world() -> World {
    let club = Club::start(Engine::Sqlite);
    let mut boss = admin(&club);
    user(&club, "anna");
    user(&club, "annabel");
    stor(&mut boss, "Green tea", "PAID", b"green", "price=1.00");
    stor(&mut boss, "绿茶的故事", "FREE", b"tea", "");
    stor(&mut boss, "Green \\x1b fields", "FREE", b"fields", "");
    World { club, boss, folder: tempfile::tempdir().unwrap() }
}

#[test]
fn tab_offers_titles_with_their_names() {
    let World { club, folder, .. } = world();
    let mut anna = Terminal::of(&club, folder.path(), "anna", &[], &[]);
    anna.type_("info ");
    anna.wait_screen("what is left", |screen| screen.contains("<id>"));
    anna.type_("\t");
    anna.wait_screen("all titles", |screen| {
        ["1 Green tea [PAID]", "2 绿茶的故事 [FREE]"].iter().all(|title| screen.contains(title))
    });
    anna.type_("绿");
    line_is(&mut anna, "info 绿");
    anna.type_("\t");
    anna.wait_screen("the number", |screen| typed(screen).is_some_and(|line| line.starts_with("info 2")));
    drop_line(&mut anna);
    // What is new is known at the next prompt; it need not be there when the key is.
    let mut boss = tests::admin(&club);
    stor(&mut boss, "Zebra crossing", "FREE", b"zebra", "");
    anna.give("noop");
    anna.type_("info zeb\t");
    let found = |screen: &str| screen.contains("4 Zebra crossing [FREE]") || screen.contains("> info 4");
    anna.wait_screen("the new title", found);
}

#[test]
fn accounts_are_offered_to_admins_alone() {
    let World { club, boss, folder } = world();
    let mut admin = Terminal::of(&club, folder.path(), &boss.name, &[], &[]);
    admin.type_("lock ann\t");
    admin.wait_screen("both", |screen| screen.contains("anna [user]") && screen.contains("annabel [user]"));
    // What they have in common is typed where they were known in time.
    admin.wait_screen("the line", |screen| matches!(typed(screen), Some("lock ann" | "lock anna")));
    admin.type_("\t");
    line_is(&mut admin, "lock anna");
    admin.type_("b\t");
    admin.wait_screen("the one", |screen| screen.contains("> lock annabel "));
    drop_line(&mut admin);
    admin.type_("credit annab\t5\r");
    admin.wait("balance");
    let mut anna = Terminal::of(&club, folder.path(), "anna", &[], &[]);
    anna.type_("quota ann\twhoami\t");
    line_is(&mut anna, "quota annwhoami");
    assert!(!anna.said().contains("annabel"), "{}", anna.said());
}

#[test]
fn what_the_club_lists_is_offered_by_number_and_name() {
    let World { club, mut boss, folder } = world();
    boss.want("STAGE \"Film night\" seats=40", "250 OK");
    boss.want("POST \"Closed on Monday\" \"Sorry.\"", "250 OK");
    boss.want("DELE 3", "250 OK");
    boss.want("AD \"Tea at the corner\"", "250 OK");
    boss.want("BOOK 1 2", "250 OK");
    boss.want("JOIN Tearoom", "250 OK");
    let mut admin = Terminal::of(&club, folder.path(), &boss.name, &[], &[]);
    for (begun, offered, becomes) in [
        ("event film", "1 Film night", "event 1"),
        ("notice clo", "1 Closed on Monday", "notice 1"),
        ("undele fie", "3 Green \\x1b fields", "undele 3"),
        ("adset tea", "Tea at the corner", "adset 1"),
        ("cancel booking=fil", "1 Film night", "cancel booking=1"),
        // Two sessions: neither is typed.
        ("kick adm", &format!("{} [127.0.0.1", boss.name), "kick 4"),
        ("join lou", "lounge", "join lounge"),
        ("join tea", "Tearoom [1]", "join Tearoom"),
        ("balan", "balance", "balance"),
    ] {
        admin.type_(&format!("{begun}\t"));
        admin.wait_screen(offered, |screen| {
            let line = typed(screen).unwrap_or_default();
            // It is shown above the line that asks for it, or was there in time and is typed.
            let shown = screen.trim_end().lines().rev().nth(1).is_some_and(|row| row.contains(offered));
            (shown && line == begun) || line.split(" [").next() == Some(becomes)
        });
        drop_line(&mut admin);
    }
}

#[test]
fn tab_offers_paths_with_blanks_quotes_and_a_home() {
    let World { club, folder, .. } = world();
    let films = folder.path().join("My films");
    fs::create_dir(&films).unwrap();
    for name in ["green tea.webm", "green fields.webm", "绿茶.webm"] {
        fs::write(films.join(name), name).unwrap();
    }
    let mut anna = Terminal::of(&club, folder.path(), "anna", &[], &[]);
    anna.type_("put ~/My\t");
    line_is(&mut anna, "put \"~/My films/");
    anna.type_("gr\t");
    anna.wait_screen("both", |screen| screen.contains("green fields.webm  green tea.webm"));
    line_is(&mut anna, "put \"~/My films/green");
    anna.type_("t\t");
    anna.wait_screen("the file", |screen| screen.contains("> put \"~/My films/green tea.webm\" "));
    anna.type_("kind=sh\ttitle=Tea\r");
    anna.wait_screen("it is stored", |screen| screen.contains("\nid"));
    anna.type_("put \"My films/绿\t");
    anna.wait_screen("the file", |screen| screen.contains("> put \"My films/绿茶.webm\" "));
    drop_line(&mut anna);
    anna.type_("get 2 -o \"My f\t");
    line_is(&mut anna, "get 2 -o \"My films/");
}

#[test]
fn a_frozen_club_delays_no_key() {
    let World { club, folder, .. } = world();
    let mut anna = Terminal::of(&club, folder.path(), "anna", &[], &[]);
    club.signal("STOP");
    let began = Instant::now();
    anna.type_("info gre\t\t");
    line_is(&mut anna, "info gre");
    anna.type_("x\x7f\x7f");
    line_is(&mut anna, "info gr");
    anna.type_("\x15notice \t\x15event \twho");
    line_is(&mut anna, "event who");
    drop_line(&mut anna);
    anna.type_("info gre\t");
    line_is(&mut anna, "info gre");
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    club.signal("CONT");
    // The key was not pressed in vain.
    anna.wait_screen("what was asked for", |screen| screen.contains("1 Green tea [PAID]"));
    line_is(&mut anna, "info gre");
    anna.type_("\x15info \"green t\t");
    anna.wait_screen("the number", |screen| screen.contains("> info 1"));
}

#[test]
fn a_club_that_starts_again_is_found_again() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut club = Club::listening(Engine::Sqlite, "", &port.to_string());
    let (mut boss, folder) = (admin(&club), tempfile::tempdir().unwrap());
    stor(&mut boss, "Green tea", "FREE", b"tea", "");
    let mut shell = Terminal::of(&club, folder.path(), &boss.name, &[], &[]);
    shell.type_("info gre\t");
    shell.wait_screen("the title", |screen| screen.contains("Green tea [FREE]") || screen.contains("info 1"));
    drop_line(&mut shell);
    shell.type_("info ");
    club.restart();
    // It is told above the line, which stays.
    shell.wait("The server");
    shell.wait_screen("the line", |screen| screen.contains("> info "));
    shell.type_("gre\t");
    shell.wait_screen("the title", |screen| {
        screen.matches("Green tea").count() > 1 || screen.contains("info 1")
    });
    drop_line(&mut shell);
    shell.give("whoami");
    let mut other = admin(&club);
    stor(&mut other, "Zebra crossing", "FREE", b"zebra", "");
    shell.type_("info zeb\t");
    shell.wait_screen("the new title", |screen| {
        screen.contains("Zebra crossing") || screen.contains("info 2")
    });
}

#[test]
fn words_of_the_dictionary_are_offered_without_waiting() {
    let World { club, folder, .. } = world();
    assert!(club.import("eng", "teapot a vessel\nteacup another\ntoad an animal\n").status.success());
    let mut anna = Terminal::of(&club, folder.path(), "anna", &[], &[]);
    anna.type_("words\r");
    anna.wait("word> ");
    anna.type_("te\t");
    anna.wait_screen("both", |screen| screen.contains("teacup") && screen.contains("teapot"));
    anna.type_("ac\t");
    anna.wait_screen("the word", |screen| {
        screen.contains("word> teacup") || screen.matches("teacup").count() > 1
    });
    anna.type_("\x15toa\r");
    anna.wait("toad");
    anna.type_("##\r");
    anna.wait("anna@127.0.0.1> ");
    anna.type_("define teap\t");
    anna.wait_screen("the word", |screen| screen.matches("teapot").count() > 1);
}

#[test]
fn a_line_is_drawn_and_what_is_wrong_is_marked() {
    let World { club, folder, .. } = world();
    let mut anna = Terminal::of(&club, folder.path(), "anna", &[], &[]);
    anna.type_("ls pai");
    line_is(&mut anna, "ls pai");
    assert_eq!((anna.colour_of("ls"), anna.colour_of("pai")), (VERB, PLAIN));
    anna.type_("d sort=name");
    line_is(&mut anna, "ls paid sort=name");
    assert_eq!(
        (anna.colour_of("paid"), anna.colour_of("sort="), anna.colour_of("name")),
        (FIXED, KEY, FIXED)
    );
    anna.type_("x");
    line_is(&mut anna, "ls paid sort=namex");
    assert_eq!(anna.colour_of("sort=namex"), WRONG);
    assert!(anna.cell_of("sort=namex", vt100::Cell::underline));
    drop_line(&mut anna);
    anna.type_("get 7 -o \"a b");
    line_is(&mut anna, "get 7 -o \"a b");
    assert_eq!(
        (anna.colour_of("7 -o"), anna.colour_of("-o"), anna.colour_of("\"a b")),
        (NUMBER, KEY, QUOTED)
    );
    drop_line(&mut anna);
    // A verb that is begun may become one; one that nobody has cannot.
    anna.type_("whoa");
    anna.wait_screen("the verb", |screen| screen.contains("> whoa"));
    assert_eq!(anna.colour_of("whoa"), PLAIN);
    anna.type_("x");
    line_is(&mut anna, "whoax");
    assert_eq!(anna.colour_of("whoax"), WRONG);
    drop_line(&mut anna);
    anna.type_("lock ben");
    line_is(&mut anna, "lock ben");
    assert_eq!(anna.colour_of("lock ben"), WRONG, "that is for admins");
    drop_line(&mut anna);
    anna.type_("info tea \x02\x02\x02");
    line_is(&mut anna, "info tea");
    anna.wait_cell("tea", |cell| cell.fgcolor() == WRONG);
}

#[test]
fn no_colours_are_drawn_where_none_are_wanted() {
    let World { club, folder, .. } = world();
    let mut anna = Terminal::of(&club, folder.path(), "anna", &[("NO_COLOR", "1")], &[]);
    anna.type_("ls all sort=x ");
    anna.wait_screen("the line", |screen| screen.contains("> ls all sort=x"));
    assert_eq!((anna.colour_of("ls all"), anna.colour_of("sort=x")), (PLAIN, PLAIN));
    assert!(
        anna.cell_of("sort=x", vt100::Cell::underline) && !anna.cell_of("ls all", vt100::Cell::underline)
    );
    assert!(anna.cell_of("[after=]", vt100::Cell::dim), "a hint looks like no typed text");
    let mut json = Terminal::of(&club, folder.path(), "anna", &[], &["--json"]);
    json.type_("ls all ");
    json.wait_screen("the line", |screen| screen.contains("> ls all"));
    assert_eq!(json.colour_of("ls all"), PLAIN);
    let mut dumb = Terminal::of(&club, folder.path(), "anna", &[("TERM", "dumb")], &[]);
    dumb.type_("whoami\r");
    dumb.wait("member-until");
}

#[test]
fn what_was_typed_before_is_shown_ahead_and_taken() {
    let World { club, folder, .. } = world();
    let mut anna = Terminal::of(&club, folder.path(), "anna", &[], &[]);
    for line in ["search green tea", "ls paid", "login anna 1a79a4d60de6718e8e5b326e338ae533"] {
        anna.give(line);
    }
    anna.type_("sea");
    line_is(&mut anna, "search green tea");
    assert!(anna.cell_of("rch green", vt100::Cell::dim));
    anna.type_("\x1b[C");
    anna.wait_cell("rch green", |cell| !cell.dim());
    drop_line(&mut anna);
    anna.type_("l");
    line_is(&mut anna, "ls paid");
    anna.type_("\x1b[F");
    anna.wait_cell("paid", |cell| cell.fgcolor() == FIXED);
    drop_line(&mut anna);
    // Word by word, and not behind the cursor's back.
    anna.type_("sea\x1bf");
    anna.wait_cell("rch", |cell| !cell.dim());
    line_is(&mut anna, "search green tea");
    anna.type_("\x1b[D");
    line_is(&mut anna, "search");
    anna.type_("\x1b[C\x1b[C");
    line_is(&mut anna, "search green tea");
    anna.wait_cell("green tea", vt100::Cell::dim);
    drop_line(&mut anna);
    assert!(
        anna.screen().lines().any(|row| row.trim_end().ends_with("> search")),
        "a hint is left behind: {}",
        anna.screen()
    );
    // No secret comes back.
    anna.type_("log");
    anna.wait_screen("the line", |screen| screen.contains("> log"));
    line_is(&mut anna, "log");
}

#[test]
fn the_history_is_searched_and_shared() {
    let World { club, folder, .. } = world();
    let mut one = Terminal::of(&club, folder.path(), "anna", &[], &[]);
    let mut two = Terminal::of(&club, folder.path(), "anna", &[], &[]);
    for line in
        ["search one", "login anna 1a79a4d60de6718e8e5b326e338ae533", "my secret password", " search hidden"]
    {
        one.give(line);
    }
    two.give("search two");
    one.give("noop");
    // Each finds what the other has typed.
    one.type_("\x12ch tw");
    one.wait_screen("the line of the other", |screen| {
        screen.contains("reverse-i-search)`ch tw': search two")
    });
    one.type_("\r");
    one.prompt();
    two.give("noop");
    two.type_("\x12one");
    two.wait_screen("the line of the other", |screen| screen.contains("`one': search one"));
    two.type_("\x07");
    drop_line(&mut two);
    let file = folder.path().join(".local/state/reel/history");
    let kept = fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = kept.lines().skip(1).collect();
    assert_eq!(lines, ["search one", "search two", "noop", "search two", "noop"], "{kept}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    for shell in [one, two] {
        shell.leave();
    }
    // A third one knows all of it.
    let mut three = Terminal::of(&club, folder.path(), "anna", &[], &[]);
    three.type_("\x1b[A\x1b[A");
    line_is(&mut three, "search two");
}

#[test]
fn vi_has_its_keys() {
    let World { club, folder, .. } = world();
    fs::write(folder.path().join(".inputrc"), "set editing-mode vi\n").unwrap();
    for (more, arguments, vi) in [
        (&[][..], &["--keys", "vi"][..], true),
        (&[("REEL_KEYS", "vi")], &[], true),
        (&[], &[], true),
        (&[("REEL_KEYS", "emacs")], &[], false),
        (&[("REEL_KEYS", "emacs")], &["--keys", "vi"], true),
    ] {
        let mut anna = Terminal::of(&club, folder.path(), "anna", more, arguments);
        anna.type_("search green tea");
        line_is(&mut anna, "search green tea");
        if vi {
            anna.type_("\x1b");
            // The cursor steps back from behind the line.
            let end = "anna@127.0.0.1> search green tea".len() as u16;
            anna.wait_column(end - 1);
            anna.type_("0xx");
            line_is(&mut anna, "arch green tea");
        } else {
            anna.type_("\x17xx");
            line_is(&mut anna, "search green xx");
        }
        drop_line(&mut anna);
    }
}

#[test]
fn ctrl_c_drops_the_line_and_not_the_shell() {
    let World { club, folder, .. } = world();
    let mut anna = Terminal::of_sized(&club, folder.path(), "anna", &[], &[], 24, 40);
    anna.type_("get ");
    anna.wait_screen("what is left", |screen| screen.contains("<id>"));
    drop_line(&mut anna);
    assert!(!anna.screen().contains("<id>"), "a hint is left behind: {}", anna.screen());
    anna.type_(&format!("search {}", "绿茶".repeat(20)));
    anna.wait_screen("the line", |screen| screen.matches('茶').count() == 20);
    drop_line(&mut anna);
    assert_eq!(anna.screen().matches('茶').count(), 20);
    anna.type_("whoami\r");
    anna.wait("member-until");
    assert!(!fs::read_to_string(folder.path().join(".local/state/reel/history")).unwrap().contains("search"));
}

/// The rows of the screen from the one where the prompt is, joined.
fn whole(screen: &str) -> String {
    let rows: Vec<&str> = screen.trim_end().lines().collect();
    let from = rows.iter().rposition(|row| row.starts_with("anna@")).unwrap_or(0);
    rows.get(from..).unwrap_or_default().concat()
}

#[test]
fn a_long_line_stays_whole_in_a_narrow_window() {
    let World { club, folder, .. } = world();
    let mut anna = Terminal::of_sized(&club, folder.path(), "anna", &[], &[], 24, 40);
    let text = "绿茶 and a long line, ".repeat(6);
    anna.type_(&format!("search {}", text.trim_end()));
    let squeezed = |text: &str| text.replace(' ', "");
    let line = squeezed(&format!("anna@127.0.0.1> search {text}"));
    anna.wait_screen("the line", |screen| squeezed(&whole(screen)) == line);
    // Home, and a character in front.
    anna.type_("\x01x");
    let longer = line.replace("search", "xsearch");
    anna.wait_screen("the longer line", |screen| squeezed(&whole(screen)) == longer);
    assert_eq!(anna.cursor().1, "anna@127.0.0.1> x".len() as u16);
    anna.type_("\x7f\x05");
    anna.wait_screen("the line again", |screen| squeezed(&whole(screen)) == line);
    // Another window: the prompt is there once.
    anna.resize(24, 60);
    anna.wait_screen("the line in 60 columns", |screen| screen.lines().any(|row| row.chars().count() > 42));
    anna.type_("!");
    anna.wait_screen("the line in 60 columns", |screen| {
        squeezed(&whole(screen)) == format!("{line}!") && screen.matches("search").count() == 1
    });
    drop_line(&mut anna);
    let text = "a long line ".repeat(6);
    anna.type_(&format!("search {text}."));
    let line = squeezed(&format!("anna@127.0.0.1> search {text}."));
    anna.wait_screen("the line", |screen| squeezed(&whole(screen)) == line);
    anna.resize(24, 30);
    anna.wait_screen("the line again", |screen| squeezed(&whole(screen)) == line);
    anna.type_("!");
    anna.wait_screen("the line in 30 columns", |screen| squeezed(&whole(screen)) == format!("{line}!"));
    drop_line(&mut anna);
    anna.type_("ls sor\t");
    anna.wait_screen("it goes on", |screen| screen.contains("> ls sort="));
}

#[test]
fn what_is_offered_fits_a_narrow_window_and_leaves_a_long_line_alone() {
    let World { club, mut boss, folder } = world();
    stor(&mut boss, &"绿茶的故事 ".repeat(8), "FREE", b"long", "");
    let mut anna = Terminal::of_sized(&club, folder.path(), "anna", &[], &[], 24, 40);
    anna.type_(&format!("get -o \"{}\" ", "ab ".repeat(20)));
    anna.wait_screen("the line", |screen| screen.matches("ab").count() == 20);
    anna.type_("\t");
    anna.wait_screen("the titles", |screen| screen.contains("1 Green tea") && screen.contains("4 绿茶"));
    anna.wait_screen("the line", |screen| whole(screen).matches("ab").count() == 20);
    let screen = anna.screen();
    assert_eq!(screen.matches("anna@127.0.0.1>").count(), 1, "{screen}");
    assert!(screen.contains('…'), "{screen}");
}

#[test]
fn a_line_stays_while_others_talk() {
    let World { club, folder, .. } = world();
    let mut anna = Terminal::of_sized(&club, folder.path(), "anna", &[], &[], 24, 40);
    anna.type_("join\r");
    anna.wait("You are in lounge");
    anna.wait("anna@127.0.0.1> ");
    let half = "search 绿茶 and a line that is longer than the window";
    anna.type_(half);
    anna.wait_screen("the line", |screen| whole(screen).ends_with("window"));
    let mut ben = user(&club, "ben");
    ben.want("JOIN", "250 OK");
    ben.want("SAY lounge \"Has anybody seen \\\\x1b[2J the film?\"", "250 OK");
    anna.wait("Has anybody seen");
    anna.wait_screen("the line below", |screen| {
        whole(screen).replace(' ', "").ends_with(&half.replace(' ', "")) && screen.contains("Has anybody")
    });
    assert_eq!(anna.screen().matches("search").count(), 1, "{}", anna.screen());
    anna.type_("\x15whoami\r");
    anna.wait("member-until");
}

#[test]
fn a_notice_is_written_in_an_editor() {
    let World { club, mut boss, folder } = world();
    let write = "sh -c 'printf \"Friday\\n at %s\" \"$0\" > \"$1\"' eight";
    let mut shell =
        Terminal::of(&club, folder.path(), &boss.name, &[("VISUAL", write), ("EDITOR", "false")], &[]);
    shell.type_("post \"Film night\"\r");
    shell.wait("id");
    shell.wait("@127.0.0.1> ");
    let posted = rows(&mut boss, "NOTICES");
    assert_eq!((posted[0].get("title"), posted[0].get("text")), ("Film night", "Friday\n at eight"));
    let failing = [("EDITOR", "false"), ("VISUAL", " ")];
    let mut shell = Terminal::of(&club, folder.path(), &boss.name, &failing, &[]);
    shell.type_("post Again\r");
    shell.wait("Stopped.");
    shell.wait("@127.0.0.1> ");
    let mut shell = Terminal::of(&club, folder.path(), &boss.name, &[("EDITOR", "/nowhere/ed")], &[]);
    shell.type_("post Again\r");
    shell.wait("Stopped.");
    // Without an editor it is typed here.
    let mut shell = Terminal::of(&club, folder.path(), &boss.name, &[], &[]);
    shell.type_("post Typed\r");
    shell.wait("a line with only a dot");
    for line in ["one", "two", "."] {
        // Until then it is no line of the text.
        shell.wait_column(2);
        shell.type_(line);
        shell.type_("\r");
    }
    shell.wait("id");
    assert_eq!(rows(&mut boss, "NOTICES")[0].get("text"), "one\ntwo");
    assert_eq!(rows(&mut boss, "NOTICES").len(), 2);
}

#[test]
fn a_long_text_is_typed_as_fast_as_it_comes() {
    let World { club, folder, .. } = world();
    let mut anna = Terminal::of(&club, folder.path(), "anna", &[], &[]);
    anna.type_(&format!("search {}the end", "word = \"x ".repeat(800)));
    anna.wait_screen("its end", |screen| screen.trim_end().ends_with("the end"));
    drop_line(&mut anna);
    anna.type_("whoami\r");
    anna.wait("member-until");
}
