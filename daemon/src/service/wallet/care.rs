//! What admins do with money: vouchers, credits, refunds.

use protocol::value::{Money, Secret, Time, TitleId, UserName};
use sha2::{Digest, Sha256};
use sql::Tx;
use sql::wallet::{MOST, Movement, Note, Purchase, Voucher, balance};

use super::charge;
use crate::app::App;
use crate::service::account::care::called;
use crate::service::once::{Key, Outcome, Receipt, once};
use crate::service::throttle::{Target, guarded};
use crate::service::{Admin, DAY, Fault, User, audit, secret, terms};

/// Most codes of one VOUCHER.
const MOST_CODES: u32 = 100;

/// How many days a voucher is good for unless something else is said.
const VOUCHER_DAYS: u32 = 365;

/// What does not fit into a wallet.
fn full() -> Fault {
    Fault::Limit { max: MOST.to_string(), what: "what a wallet may hold" }
}

/// Mints codes that are worth `amount` each. With the same key they are the same codes.
///
/// # Errors
/// [`Fault::Limit`] for too many at once.
pub async fn mint(
    app: &App, admin: Admin<'_>, amount: Money, count: u32, days: Option<u32>, key: Option<&str>,
) -> Result<Vec<Secret>, Fault> {
    if count > MOST_CODES {
        return Err(Fault::Limit { max: MOST_CODES.to_string(), what: "the codes made at once" });
    }
    let (admin, now) = (admin.0.clone(), app.clock.now());
    let expires_at = Time(now.0.saturating_add(i64::from(days.unwrap_or(VOUCHER_DAYS)) * DAY));
    // The codes come from a salt, which is kept with the answer, and from the key, which is not kept.
    let salt: [u8; 32] = rand::random();
    let word = key.map_or_else(|| format!("{:032x}", rand::random::<u128>()), str::to_owned);
    let key = key.map(|key| Key::new(admin.id, "VOUCHER", key, &format!("{amount} {count} {days:?}")));
    let secret = word.clone();
    let outcome = once(app, key, now, move |tx| {
        for code in codes(&salt, &secret, count) {
            let code = secret::code_hash(&code);
            Voucher {
                code,
                amount,
                maker: admin.id,
                created_at: now,
                expires_at,
                redeemed_by: None,
                redeemed_at: None,
            }
            .insert(tx)?;
        }
        audit::note(tx, &admin, "voucher", format!("{count} x {amount}"), now)?;
        Ok(Outcome::Minted(salt))
    })
    .await?;
    match outcome {
        Outcome::Minted(salt) => Ok(codes(&salt, &word, count)),
        _ => Err(Fault::KeyReused),
    }
}

fn codes(salt: &[u8; 32], word: &str, count: u32) -> Vec<Secret> {
    let code = |n: u32| {
        let hash =
            Sha256::new().chain_update(salt).chain_update(n.to_be_bytes()).chain_update(word).finalize();
        let bits = hash.iter().take(16).fold(0u128, |bits, byte| bits << 8 | u128::from(*byte));
        secret::code_of(bits)
    };
    (0..count).map(code).collect()
}

/// Turns a voucher into money; whoever is first has it. The receipt's `paid` is what it was worth.
///
/// # Errors
/// [`Fault::CodeUsed`], [`Fault::NotFound`] for an unknown or expired code.
pub async fn redeem(app: &App, user: &User, code: Secret, key: Option<&str>) -> Result<Receipt, Fault> {
    let target = Target::account(&app.config().limits, user.id, "voucher", &user.address);
    let (account, now, code) = (user.id, app.clock.now(), secret::code_hash(&code));
    let key = key.map(|key| Key::new(account, "REDEEM", key, &format!("{code:?}")));
    let redeemed = charge(app, key, move |tx| {
        let voucher = Voucher::of_code(tx, code)?.filter(|voucher| voucher.expires_at > now);
        let voucher = voucher.ok_or(Fault::NotFound("no such code, or it has expired"))?;
        if Voucher::redeem(tx, code, account, now)? == 0 {
            return Err(Fault::CodeUsed);
        }
        let (amount, actor) = (voucher.amount, Some(voucher.maker));
        let movement = Movement { account, book: "vouchers", amount, why: "voucher", title: None, actor };
        let posted = sql::wallet::post(tx, movement, now)?.ok_or_else(full)?;
        Ok(Receipt { balance: posted.balance, paid: amount, member_until: None, owned: false })
    });
    guarded(app, target, redeemed).await
}

/// Puts money into somebody's wallet.
///
/// # Errors
/// [`Fault::NotFound`], [`Fault::Limit`] for a full wallet.
pub async fn credit(
    app: &App, admin: Admin<'_>, name: UserName, amount: Money, note: Option<String>, key: Option<&str>,
) -> Result<Receipt, Fault> {
    let (admin, now) = (admin.0.clone(), app.clock.now());
    let key = key.map(|key| {
        Key::new(admin.id, "CREDIT", key, &format!("{} {amount} {note:?}", terms::fold(name.as_str())))
    });
    charge(app, key, move |tx| {
        let account = called(tx, &name)?;
        let (id, actor) = (account.id, Some(admin.id));
        let movement = Movement { account: id, book: "cash", amount, why: "credit", title: None, actor };
        let posted = sql::wallet::post(tx, movement, now)?.ok_or_else(full)?;
        if let Some(note) = note.clone().filter(|note| !note.is_empty()) {
            Note { entry: posted.entry, note }.insert(tx)?;
        }
        audit::note(tx, &admin, "credit", format!("{amount} to {}", account.name), now)?;
        Ok(Receipt { balance: posted.balance, paid: amount, member_until: None, owned: false })
    })
    .await
}

/// Takes a bought title back and pays back what it cost.
///
/// # Errors
/// [`Fault::NotFound`] where nothing was bought.
pub async fn refund(
    app: &App, admin: Admin<'_>, name: UserName, id: TitleId, key: Option<&str>,
) -> Result<Receipt, Fault> {
    let (admin, now) = (admin.0.clone(), app.clock.now());
    let key =
        key.map(|key| Key::new(admin.id, "REFUND", key, &format!("{} {id}", terms::fold(name.as_str()))));
    charge(app, key, move |tx| {
        let account = called(tx, &name)?;
        let purchase = Purchase::of(tx, account.id, id)?;
        let purchase = purchase.ok_or(Fault::NotFound("that account has not bought that title"))?;
        if Purchase::remove(tx, account.id, id)? == 0 {
            return Err(Fault::Raced);
        }
        let balance = pay_back(tx, &admin, &purchase, now)?;
        audit::note(tx, &admin, "refund", format!("{id} to {}", account.name), now)?;
        Ok(Receipt { balance, paid: purchase.paid, member_until: None, owned: false })
    })
    .await
}

fn pay_back(tx: &mut Tx<'_>, admin: &User, purchase: &Purchase, now: Time) -> Result<Money, Fault> {
    if purchase.paid == Money::ZERO {
        return Ok(balance(tx, purchase.account)?);
    }
    let movement = Movement {
        account: purchase.account,
        book: "sales",
        amount: purchase.paid,
        why: "refund",
        title: Some(purchase.title),
        actor: Some(admin.id),
    };
    Ok(sql::wallet::post(tx, movement, now)?.ok_or_else(full)?.balance)
}
