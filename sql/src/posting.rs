//! What has which terms: the inverted index that SEARCH and USERS look in.
//!
//! A row holds those of [`BLOCK`] neighbouring numbers that have a term, two characters each. So the terms of a
//! question are intersected in memory, a block at a time, and however often they occur, a million titles are 245
//! blocks: words that are common alone and rare together cost no walk over all that have one of them.

use std::collections::HashSet;

use crate::{Error, FromRow, Row, Tx, Value, params};

/// How many numbers a row stands for. What is appended to a row writes it anew: at most two bytes for each.
pub(crate) const BLOCK: i64 = 4096;

/// Rows of the first look, which is enough for the first page of most questions; and of each after it, which bounds
/// the memory of one.
const FIRST_LOOK: u32 = 8;
const LOOK: u32 = 128;

/// Terms of one statement.
const TERMS: usize = 64;

/// An index: of titles or of accounts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Index {
    /// Its table: `term`, `block`, `members`.
    pub(crate) table: &'static str,
    /// What names its index by block to MySQL, if it has one.
    pub(crate) by_block: &'static str,
}

impl Index {
    /// Makes `id` be found by `terms`; none of them twice.
    pub(crate) fn add(self, tx: &mut Tx<'_>, id: i64, terms: &[String]) -> Result<(), Error> {
        terms.chunks(TERMS).try_for_each(|some| self.add_some(tx, id, some))
    }

    fn add_some(self, tx: &mut Tx<'_>, id: i64, terms: &[String]) -> Result<(), Error> {
        let table = self.table;
        let (block, member) = place(id);
        let there: Vec<String> = tx.rows(
            &format!("SELECT term FROM {table} WHERE block = ? AND term IN ({})", marks(terms.len())),
            with(block, terms),
        )?;
        let mut there: HashSet<String> = there.into_iter().collect();
        for term in terms {
            if !there.contains(term) {
                let sql = format!("INSERT INTO {table} (term, block, members) VALUES (?, ?, ?)");
                match tx.execute(&sql, params![term, block, &member]) {
                    // Somebody else was first meanwhile; rows are never removed, so it stays.
                    Err(Error::Duplicate) => {
                        there.insert(term.clone());
                    }
                    other => {
                        other?;
                    }
                }
            }
        }
        let there: Vec<&String> = terms.iter().filter(|term| there.contains(*term)).collect();
        if there.is_empty() {
            return Ok(());
        }
        let mut params = params![&member];
        params.extend(with(block, there.iter().copied()));
        let sql = format!(
            "UPDATE {table} SET members = members || ? WHERE block = ? AND term IN ({})",
            marks(there.len())
        );
        tx.execute(&sql, params).map(|_| ())
    }

    /// Makes `id` be found by `terms` no more.
    pub(crate) fn remove(self, tx: &mut Tx<'_>, id: i64, terms: &[String]) -> Result<(), Error> {
        terms.chunks(TERMS).try_for_each(|some| self.remove_some(tx, id, some))
    }

    fn remove_some(self, tx: &mut Tx<'_>, id: i64, terms: &[String]) -> Result<(), Error> {
        let table = self.table;
        let (block, member) = place(id);
        let which = format!("block = ? AND term IN ({})", marks(terms.len()));
        // Held first, so that nobody appends to what is read.
        tx.execute(&format!("UPDATE {table} SET members = members WHERE {which}"), with(block, terms))?;
        let read = format!("SELECT term, members FROM {table} WHERE {which}");
        let rows: Vec<(String, String)> = tx.rows(&read, with(block, terms))?;
        let write = format!("UPDATE {table} SET members = ? WHERE term = ? AND block = ?");
        for (term, members) in rows {
            tx.execute(&write, params![without(&members, &member), term, block])?;
        }
        Ok(())
    }

    /// Takes `id` out of every row, whatever its terms are said to be.
    pub(crate) fn forget(self, tx: &mut Tx<'_>, id: i64) -> Result<(), Error> {
        let (block, member) = place(id);
        let mut after = String::new();
        loop {
            let rows = self.rows(tx, block, &after, LOOK)?;
            let Some((last, _)) = rows.last() else { return Ok(()) };
            after.clone_from(last);
            let has = |members: &str| members.as_bytes().chunks(2).any(|two| two == member.as_bytes());
            let terms: Vec<String> =
                rows.into_iter().filter(|(_, members)| has(members)).map(|(term, _)| term).collect();
            if !terms.is_empty() {
                self.remove(tx, id, &terms)?;
            }
        }
    }

    /// Rows of a block behind a term: term and members.
    pub(crate) fn rows(
        self, tx: &mut Tx<'_>, block: i64, after: &str, limit: u32,
    ) -> Result<Vec<(String, String)>, Error> {
        let Self { table, by_block } = self;
        let sql = format!(
            "SELECT term, members FROM {table} {by_block} WHERE block = ? AND term > ? ORDER BY term LIMIT ?"
        );
        tx.rows(&sql, params![block, after, limit])
    }

    /// The first `limit` numbers above `after` that have all of `terms`, ascending. There is at least one term.
    pub(crate) fn find(
        self, tx: &mut Tx<'_>, terms: &[String], after: i64, limit: usize,
    ) -> Result<Vec<i64>, Error> {
        let sql = self.question(terms.len());
        let mut found = vec![];
        let (mut block, mut look) = (after.saturating_add(1).div_euclid(BLOCK), FIRST_LOOK);
        loop {
            let mut params: Vec<Value> = terms.iter().skip(1).map(Value::from).collect();
            params.extend(params![terms.first(), block, look]);
            let rows: Vec<Shared> = tx.rows(&sql, params)?;
            let last = rows.last().filter(|_| rows.len() == look as usize).map(|row| row.block);
            for row in &rows {
                found.extend(row.numbers().into_iter().filter(|id| *id > after));
                if found.len() >= limit {
                    found.truncate(limit);
                    return Ok(found);
                }
            }
            match last {
                None => return Ok(found),
                Some(last) => (block, look) = (last + 1, LOOK),
            }
        }
    }

    /// The blocks that have all of so many terms, from one on.
    fn question(self, terms: usize) -> String {
        let table = self.table;
        let (mut columns, mut from) = (String::from("x.block, x.members"), format!("{table} x"));
        for n in 1..terms {
            columns += &format!(", x{n}.members");
            from += &format!(" JOIN {table} x{n} ON x{n}.block = x.block AND x{n}.term = ?");
        }
        format!("SELECT {columns} FROM {from} WHERE x.term = ? AND x.block >= ? ORDER BY x.block LIMIT ?")
    }
}

/// As many `?` as that.
pub(crate) fn marks(count: usize) -> String {
    vec!["?"; count].join(", ")
}

/// Numbers for an `IN (…)`, the last of them again and again up to a power of two: so that there are few
/// different statements to be kept prepared.
pub(crate) fn padded(ids: &[i64]) -> impl Iterator<Item = Value> {
    let again = ids.last().into_iter().cycle();
    ids.iter().chain(again).take(ids.len().next_power_of_two()).map(|id| Value::Int(*id))
}

fn with<'t>(block: i64, terms: impl IntoIterator<Item = &'t String>) -> Vec<Value> {
    let mut params = params![block];
    params.extend(terms.into_iter().map(Value::from));
    params
}

/// In which block a number is, and what it is there: two characters from `0` to `o`.
pub fn place(id: i64) -> (i64, String) {
    let offset = id.rem_euclid(BLOCK);
    let digit = |n: i64| char::from(b'0' + (n & 63) as u8);
    (id.div_euclid(BLOCK), [digit(offset >> 6), digit(offset)].iter().collect())
}

/// `members` but one.
fn without(members: &str, member: &str) -> String {
    let two = members.as_bytes().chunks(2).filter(|two| *two != member.as_bytes());
    two.flatten().map(|byte| char::from(*byte)).collect()
}

/// A block that has all terms: the members of each.
struct Shared {
    block: i64,
    members: Vec<String>,
}

impl FromRow for Shared {
    fn from_row(row: &mut Row) -> Result<Self, Error> {
        Ok(Shared { block: row.take()?, members: row.rest()? })
    }
}

impl Shared {
    /// The numbers that all have, ascending, whatever order they were written in.
    fn numbers(&self) -> Vec<i64> {
        let mut all = [u64::MAX; 64];
        for members in &self.members {
            let bits = bits(members);
            all.iter_mut().zip(bits).for_each(|(all, bits)| *all &= bits);
        }
        let (mut numbers, mut base) = (vec![], self.block * BLOCK);
        for mut word in all {
            while word != 0 {
                numbers.push(base + i64::from(word.trailing_zeros()));
                word &= word - 1;
            }
            base += 64;
        }
        numbers
    }
}

/// The numbers of a row, in the order in which they were written.
pub(crate) fn numbers(block: i64, members: &str) -> impl Iterator<Item = i64> + '_ {
    let digit = |byte: u8| i64::from(byte.wrapping_sub(b'0') & 63);
    members.as_bytes().chunks_exact(2).map(move |two| block * BLOCK + digit(two[0]) * 64 + digit(two[1]))
}

/// One bit for each number of a block.
fn bits(members: &str) -> [u64; 64] {
    let mut bits = [0; 64];
    for two in members.as_bytes().chunks_exact(2) {
        let digit = |byte: u8| byte.wrapping_sub(b'0') & 63;
        bits[usize::from(digit(two[0]))] |= 1 << digit(two[1]);
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_where_it_is_placed() {
        for id in [0, 1, 63, 64, 4095, 4096, 4097, 999_999, 1_000_000] {
            let (block, member) = place(id);
            assert_eq!(member.len(), 2);
            let shared = Shared { block, members: vec![member.clone(), format!("12ab{member}")] };
            assert_eq!(shared.numbers(), [id]);
        }
    }

    #[test]
    fn one_is_taken_out_and_the_others_stay() {
        // `10` stands in the middle of the others, where it is not meant.
        assert_eq!(without("0110100112", "10"), "010112");
        assert_eq!(without("", "10"), "");
    }
}
