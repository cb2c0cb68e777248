//! The real schema of both engines is the one that the records declare.

// What is not inside a test function is a part of one all the same.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use sql::MIGRATIONS;
use sql::account::{Account, Deed, Invite, Lock, Reset, Session};
use sql::catalogue::{Content, Title};
use sql::lounge::{Message, Mute, Report, Room};
use sql::notice::{Ad, Notice};
use sql::removal::Removal;
use sql::shelf::Quota;
use sql::throttle::Failures;
use sql::ticket::{Booking, Event};
use sql::transfer::{Download, Pass};
use sql::wallet::{Entry, Note, Once, Purchase, Voucher};
use sql::word::{Dictionary, Lookup, Word};

both! {
async fn records_and_schema_agree(place) {
    let db = place.open_as(MIGRATIONS).await.unwrap();
    let records: [(&str, &[&str]); 29] = [
        (Failures::TABLE, Failures::FIELDS),
        (Account::TABLE, Account::FIELDS),
        (Session::TABLE, Session::FIELDS),
        (Invite::TABLE, Invite::FIELDS),
        (Content::TABLE, Content::FIELDS),
        (Lock::TABLE, Lock::FIELDS),
        (Reset::TABLE, Reset::FIELDS),
        (Deed::TABLE, Deed::FIELDS),
        (Notice::TABLE, Notice::FIELDS),
        (Ad::TABLE, Ad::FIELDS),
        (Event::TABLE, Event::FIELDS),
        (Booking::TABLE, Booking::FIELDS),
        (Quota::TABLE, Quota::FIELDS),
        (Room::TABLE, Room::FIELDS),
        (Message::TABLE, Message::FIELDS),
        (Mute::TABLE, Mute::FIELDS),
        (Report::TABLE, Report::FIELDS),
        (Voucher::TABLE, Voucher::FIELDS),
        (Note::TABLE, Note::FIELDS),
        (Title::TABLE, Title::FIELDS),
        (Purchase::TABLE, Purchase::FIELDS),
        (Pass::TABLE, Pass::FIELDS),
        (Entry::TABLE, Entry::FIELDS),
        (Once::TABLE, Once::FIELDS),
        (Download::TABLE, Download::FIELDS),
        (Removal::TABLE, Removal::FIELDS),
        (Dictionary::TABLE, Dictionary::FIELDS),
        (Word::TABLE, Word::FIELDS),
        (Lookup::TABLE, Lookup::FIELDS),
    ];
    for (table, fields) in records {
        let columns = db.read(move |tx| tx.columns(table)).await.unwrap();
        assert_eq!(columns, fields, "{table}");
    }
}
}
