//! Money, and keys that make a command happen once.

use crate::play::Play;
use crate::state::{Answer, Code, DAY, Kind, State, answer, money};

/// What is kept of a command with a key: effects, and refusals that the rules of the club gave.
fn is_kept((status, _): &Answer) -> bool {
    let refusals = ["552 NEED_FUNDS", "553 PRICE_CHANGED", "553 NOT_FOR_SALE"];
    status.starts_with('2') || refusals.contains(&status.as_str())
}

/// The price of a title for somebody.
fn price_for(state: &State, account: usize, id: u64, now: i64) -> i64 {
    let (who, title) = (&state.accounts[account], state.title(id).unwrap());
    match (title.kind, who.admin, who.member_until > now) {
        (Kind::Free | Kind::Shared, ..) | (_, true, _) => 0,
        (_, _, true) => title.member_price,
        _ => title.price,
    }
}

impl Play {
    pub fn money_move(&mut self, seat: usize) {
        match self.below(26) {
            0..5 => self.topup(seat),
            5..8 => self.credit(seat),
            8..10 => self.voucher(seat),
            10..13 => self.redeem(seat),
            13..20 => self.buy(seat),
            20..23 => self.member(seat),
            23 => self.refund(seat),
            _ => self.statement(seat),
        }
    }

    /// A key for a command, or none.
    pub fn some_key(&mut self) -> Option<String> {
        let keys = ["k1", "k2", "k3", "a \"key\"", "钥匙"];
        if self.one_in(3) { Some(self.pick(&keys).to_owned()) } else { None }
    }

    /// What is answered: what was answered to this key before, or what the rule says now.
    pub fn once(
        &mut self, account: usize, verb: &'static str, key: Option<String>, arguments: String,
        rule: impl FnOnce(&mut State) -> Answer,
    ) -> Answer {
        let Some(key) = key else { return rule(&mut self.state) };
        if let Some((before, answer)) = self.state.accounts[account].keys.get(&(verb, key.clone())) {
            return if *before == arguments { answer.clone() } else { ("553 KEY_REUSED".into(), vec![]) };
        }
        let answer = rule(&mut self.state);
        if is_kept(&answer) {
            self.state.accounts[account].keys.insert((verb, key), (arguments, answer.clone()));
        }
        answer
    }

    fn topup(&mut self, seat: usize) {
        let cents = [100, 1000, 4321, 10_000][self.below(4)];
        let key = self.some_key();
        let Some((account, reply)) =
            self.ask_as(seat, false, &format!("TOPUP {}{}", money(cents), option(&key)))
        else {
            return;
        };
        let now = self.now();
        let answer = self.once(account, "TOPUP", key, money(cents), |state| {
            let who = &mut state.accounts[account];
            let today: i64 = who.topups.iter().filter(|(at, _)| at / DAY == now / DAY).map(|(_, c)| c).sum();
            if today + cents > 30_000 {
                return answer("552 LIMIT", &[("max", "300.00".into())]);
            }
            who.topups.push((now, cents));
            who.moves(cents);
            answer("250 OK", &[("balance", money(who.balance()))])
        });
        self.expect(&reply, &answer);
    }

    fn credit(&mut self, seat: usize) {
        let name = self.pick(&["anna", "Anna", "绿茶", "ben", "Boss", "carla"]);
        let cents = [1, 500, 2000][self.below(3)];
        let (key, note) = (self.some_key(), if self.one_in(2) { " note=\"won it\"" } else { "" });
        let command = format!("CREDIT {name} {}{note}{}", money(cents), option(&key));
        let Some((admin, reply)) = self.ask_as(seat, true, &command) else { return };
        let arguments = format!("{} {cents}{note}", name.to_lowercase());
        let answer = self.once(admin, "CREDIT", key, arguments, |state| {
            let Some(target) = state.called(name) else { return answer("550 NOT_FOUND", &[]) };
            state.accounts[target].moves(cents);
            answer("250 OK", &[("balance", money(state.accounts[target].balance()))])
        });
        self.expect(&reply, &answer);
    }

    fn voucher(&mut self, seat: usize) {
        let (cents, count) = ([250, 700][self.below(2)], 1 + self.below(2));
        let Some((_, reply)) = self.ask_as(seat, true, &format!("VOUCHER {} count={count}", money(cents)))
        else {
            return;
        };
        self.expect(&reply, &answer("210 END", &[("rows", count.to_string())]));
        let until = self.now() + 365 * DAY;
        for row in &reply.rows {
            self.ensure(row.get("amount") == money(cents), "what a voucher is worth");
            let code = row.get("code").to_owned();
            self.state.vouchers.push(Code { code, of: cents, uses: 1, until });
        }
    }

    fn redeem(&mut self, seat: usize) {
        let at = self.below(self.state.vouchers.len() + 1);
        let code = self.state.vouchers.get(at).map_or("AAAAAA-AAAAAA-AAAAAA-AAAAAA", |c| &c.code).to_owned();
        let typed = if self.one_in(2) { code.replace('-', "").to_lowercase() } else { code.clone() };
        let key = self.some_key();
        let Some((account, reply)) = self.ask_as(seat, false, &format!("REDEEM {typed}{}", option(&key)))
        else {
            return;
        };
        let now = self.now();
        let answer = self.once(account, "REDEEM", key, code, |state| {
            let Some(voucher) = state.vouchers.get_mut(at).filter(|c| c.until > now) else {
                return answer("550 NOT_FOUND", &[]);
            };
            if voucher.uses == 0 {
                return answer("553 CODE_USED", &[]);
            }
            voucher.uses = 0;
            let cents = voucher.of;
            state.accounts[account].moves(cents);
            let balance = money(state.accounts[account].balance());
            answer("250 OK", &[("balance", balance), ("amount", money(cents))])
        });
        self.expect(&reply, &answer);
    }

    fn buy(&mut self, seat: usize) {
        let id = 1 + self.below(self.state.titles.len() + 1) as u64;
        let now = self.now();
        // Somebody who was shown the price names it, or names another.
        let shown = self.state.title(id).map_or(1000, |title| title.price);
        let named = [None, Some(shown), Some(shown), Some(500)][self.below(4)];
        let price = named.map(|cents| format!(" price={}", money(cents))).unwrap_or_default();
        let key = self.some_key();
        let Some((account, reply)) = self.ask_as(seat, false, &format!("BUY {id}{price}{}", option(&key)))
        else {
            return;
        };
        let answer = self
            .once(account, "BUY", key, format!("{id}{price}"), |state| buy(state, account, id, named, now));
        self.expect(&reply, &answer);
    }

    fn member(&mut self, seat: usize) {
        let (periods, key) = (1 + self.below(2) as i64, self.some_key());
        let named = [None, Some(3000), Some(3000 * periods)][self.below(3)];
        let price = named.map(|cents| format!(" price={}", money(cents))).unwrap_or_default();
        let Some((account, reply)) =
            self.ask_as(seat, false, &format!("MEMBER {periods}{price}{}", option(&key)))
        else {
            return;
        };
        let now = self.now();
        let cost = if self.state.accounts[account].admin { 0 } else { 3000 * periods };
        let answer = self.once(account, "MEMBER", key, format!("{periods}{price}"), |state| {
            let who = &mut state.accounts[account];
            if named.is_some_and(|named| named != cost) {
                return answer("553 PRICE_CHANGED", &[("price", money(cost))]);
            }
            if who.balance() < cost {
                return answer(
                    "552 NEED_FUNDS",
                    &[("price", money(cost)), ("balance", money(who.balance()))],
                );
            }
            who.moves(-cost);
            who.member_until = who.member_until.max(now) + periods * 30 * DAY;
            answer("250 OK", &[("balance", money(who.balance())), ("paid", money(cost))])
        });
        self.expect(&reply, &answer);
    }

    fn refund(&mut self, seat: usize) {
        let (name, key) = (self.pick(&["anna", "绿茶", "BEN", "Boss", "carla"]), self.some_key());
        // Of what somebody has, more often than not.
        let owned = self.state.called(name).and_then(|a| self.state.accounts[a].owned.keys().next().copied());
        let id = owned.filter(|_| !self.one_in(3)).unwrap_or(1);
        let Some((admin, reply)) = self.ask_as(seat, true, &format!("REFUND {name} {id}{}", option(&key)))
        else {
            return;
        };
        let answer = self.once(admin, "REFUND", key, format!("{} {id}", name.to_lowercase()), |state| {
            let target = state.called(name);
            let Some((target, paid)) = target.and_then(|t| Some((t, state.accounts[t].owned.remove(&id)?)))
            else {
                return answer("550 NOT_FOUND", &[]);
            };
            state.accounts[target].moves(paid);
            answer("250 OK", &[("balance", money(state.accounts[target].balance()))])
        });
        self.expect(&reply, &answer);
    }

    fn statement(&mut self, seat: usize) {
        let Some((account, reply)) = self.ask_as(seat, false, "STATEMENT limit=7") else { return };
        let mut balance = self.state.accounts[account].balance();
        let rows: Vec<(i64, i64)> =
            reply.rows.iter().map(|r| (r.money("amount"), r.money("balance"))).collect();
        let newest = self.state.accounts[account].ledger.iter().rev().take(7);
        let expected: Vec<(i64, i64)> = newest
            .map(|amount| {
                let row = (*amount, balance);
                balance -= amount;
                row
            })
            .collect();
        self.ensure(rows == expected, "the statement");
    }
}

fn buy(state: &mut State, account: usize, id: u64, named: Option<i64>, now: i64) -> Answer {
    let (who, title) = (&state.accounts[account], state.title(id));
    let owned = who.owned.contains_key(&id);
    let Some(title) = title.filter(|title| title.listed || owned) else {
        return answer("550 NOT_FOUND", &[]);
    };
    if owned || (who.admin && title.kind == Kind::Paid) {
        return answer("250 OWNED", &[("balance", money(who.balance())), ("paid", "0.00".into())]);
    }
    if title.kind != Kind::Paid {
        return answer("553 NOT_FOR_SALE", &[]);
    }
    let price = price_for(state, account, id, now);
    if named.is_some_and(|named| named != price) {
        return answer("553 PRICE_CHANGED", &[("price", money(price))]);
    }
    let who = &mut state.accounts[account];
    if who.balance() < price {
        return answer("552 NEED_FUNDS", &[("price", money(price)), ("balance", money(who.balance()))]);
    }
    who.moves(-price);
    who.owned.insert(id, price);
    answer("250 OK", &[("balance", money(who.balance())), ("paid", money(price))])
}

/// A key as an option.
pub fn option(key: &Option<String>) -> String {
    key.as_ref().map(|key| format!(" key={}", tests::quote(key))).unwrap_or_default()
}

impl Play {
    /// What a title costs who asks, for the refusal of RETR.
    pub fn price(&self, account: usize, id: u64) -> String {
        money(price_for(&self.state, account, id, self.now()))
    }
}
