//! The desktop's keyring, by the Secret Service interface over D-Bus. Nothing here waits for long or asks anybody
//! who is not there: a keyring that does not answer, or is locked, is none.

use std::collections::HashMap;
use std::path::Path;
use std::sync::mpsc::channel;
use std::time::Duration;

use secret_service::blocking::{Collection, Item, SecretService};
use secret_service::{EncryptionType, Error};

/// How long a keyring may take to answer.
const ANSWER: Duration = Duration::from_secs(5);

/// How long somebody may take to type the keyring's password into its window.
const UNLOCK: Duration = Duration::from_secs(30);

/// Keeps a secret; says whether the keyring has taken it.
pub fn save(server: &str, user: &str, secret: &str) -> bool {
    let (server, user, secret) = (server.to_owned(), user.to_owned(), secret.to_owned());
    let saved = within(ANSWER, move |service| {
        let collection = opened(service, false)?;
        let label = format!("reel: {user} at {server}");
        let (about, text) = (attributes(&server, &user), "text/plain");
        collection.create_item(&label, about, secret.as_bytes(), true, text).map(drop)
    });
    saved.is_some()
}

/// A secret that was kept. With `unlock` a locked keyring is opened, for which it asks in a window of its own.
pub fn load(server: &str, user: &str, unlock: bool) -> Option<String> {
    let (server, user) = (server.to_owned(), user.to_owned());
    // Without a display there is no window.
    let shown = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let unlock = unlock && (shown("DISPLAY") || shown("WAYLAND_DISPLAY"));
    let patience = if unlock { UNLOCK } else { ANSWER };
    let bytes = within(patience, move |service| {
        let collection = opened(service, unlock)?;
        first(&collection, &server, &user)?.get_secret()
    })?;
    String::from_utf8(bytes).ok()
}

/// Removes a secret, if the keyring lets it go.
pub fn remove(server: &str, user: &str) {
    let (server, user) = (server.to_owned(), user.to_owned());
    within(ANSWER, move |service| {
        let collection = opened(service, false)?;
        first(&collection, &server, &user)?.delete()
    });
}

fn first<'a>(collection: &'a Collection<'a>, server: &str, user: &str) -> Result<Item<'a>, Error> {
    let items = collection.search_items(attributes(server, user))?;
    items.into_iter().next().ok_or(Error::NoResult)
}

fn attributes<'a>(server: &'a str, user: &'a str) -> HashMap<&'a str, &'a str> {
    HashMap::from([("application", "reel"), ("server", server), ("user", user)])
}

fn opened<'a>(service: &'a SecretService<'a>, unlock: bool) -> Result<Collection<'a>, Error> {
    let collection = service.get_default_collection()?;
    if unlock && collection.is_locked()? {
        collection.unlock()?;
    }
    collection.ensure_unlocked()?;
    Ok(collection)
}

/// Does something with the keyring on a thread of its own, which is left behind if it takes too long.
fn within<T: Send + 'static>(
    limit: Duration, work: impl FnOnce(&SecretService<'_>) -> Result<T, Error> + Send + 'static,
) -> Option<T> {
    if !is_there() {
        return None;
    }
    let (say, said) = channel();
    std::thread::spawn(move || {
        let done = SecretService::connect(EncryptionType::Dh).and_then(|service| work(&service));
        let _ = say.send(done);
    });
    said.recv_timeout(limit).ok()?.ok()
}

/// Whether there is a bus on which a keyring could be.
fn is_there() -> bool {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR");
    std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some_and(|address| !address.is_empty())
        || runtime.is_some_and(|folder| Path::new(&folder).join("bus").exists())
}
