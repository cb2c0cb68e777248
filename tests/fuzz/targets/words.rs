//! A plain word list.
#![no_main]

mod entry;

use std::io::{Seek, Write};

use daemon::service::word::plain::Plain;
use daemon::service::word::read::Item;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut file = tempfile::tempfile_in("/dev/shm").expect("a file");
    file.write_all(input).expect("written");
    file.rewind().expect("back at its beginning");
    let mut plain = Plain::new(file);
    while let Some(item) = plain.read().expect("read") {
        if let Item::Entry(entry) = item {
            entry::check(&entry);
        }
    }
    assert_eq!(plain.bytes(), input.len() as u64);
});
