//! What admins tell everybody: notices, and the ads before free titles.

use protocol::value::{AdId, NoticeId};
use sql::notice::{Ad, Notice};
use tokio::sync::broadcast;

use super::{Admin, Fault, Page, Paging, audit};
use crate::app::App;

/// Something that whoever watches is told of.
#[derive(Clone, Debug)]
pub enum News {
    /// A new notice.
    Notice {
        /// Its number.
        id: NoticeId,
        /// Its title.
        title: String,
    },
}

/// News that wait for one connection at most; a slower one misses the oldest.
pub const QUEUE: usize = 64;

/// A notice and the name of its author.
pub type Named = (Notice, String);

/// Posts a notice and tells whoever watches.
///
/// # Errors
/// Of the database.
pub async fn post(app: &App, admin: Admin<'_>, title: String, text: String) -> Result<NoticeId, Fault> {
    let (admin, now) = (admin.0.clone(), app.clock.now());
    let name = title.clone();
    let id = app
        .db
        .write(move |tx| {
            let (title, text) = (title.clone(), text.clone());
            let id = Notice { id: NoticeId(0), at: now, author: admin.id, title, text }.insert(tx)?;
            audit::note(tx, &admin, "post", id.to_string(), now)?;
            Ok::<_, Fault>(NoticeId(id))
        })
        .await?;
    // Nobody listens: nobody is told.
    let _ = app.news.send(News::Notice { id, title: name });
    Ok(id)
}

/// The notices, the newest first.
///
/// # Errors
/// Of the database.
pub async fn page(app: &App, paging: Paging) -> Result<Page<Named>, Fault> {
    let (before, limit) = (paging.number(i64::MAX)?, paging.limit);
    let rows = app.db.read(move |tx| Notice::page(tx, before, limit + 1)).await?;
    Ok::<_, Fault>(Page::cut(rows, limit, |(notice, _)| notice.id.to_string()))
}

/// The newest notice, if there is one.
///
/// # Errors
/// Of the database.
pub async fn newest(app: &App) -> Result<Option<Named>, Fault> {
    let rows = app.db.read(|tx| Notice::page(tx, i64::MAX, 1)).await?;
    Ok::<_, Fault>(rows.into_iter().next())
}

/// One notice.
///
/// # Errors
/// [`Fault::NotFound`].
pub async fn one(app: &App, id: NoticeId) -> Result<Named, Fault> {
    let found = app.db.read(move |tx| Notice::named(tx, id)).await?;
    found.ok_or(Fault::NotFound("no notice of that number"))
}

/// Listens for what happens from now on.
pub fn listen(app: &App) -> broadcast::Receiver<News> {
    app.news.subscribe()
}

/// Most ads that are kept: one is chosen among all of them at each wait.
const MOST_ADS: usize = 1000;

/// What an ad says; nothing where nothing is to be changed.
#[derive(Clone, Debug, Default)]
pub struct Copy {
    /// What is shown.
    pub text: Option<String>,
    /// Where it leads.
    pub link: Option<String>,
    /// How often it has its turn.
    pub weight: Option<u32>,
    /// Whether it has its turn at all.
    pub active: Option<bool>,
}

/// Adds an ad.
///
/// # Errors
/// [`Fault::Limit`] for a full stock.
pub async fn add_ad(app: &App, admin: Admin<'_>, text: String, copy: Copy) -> Result<AdId, Fault> {
    let (admin, now) = (admin.0.clone(), app.clock.now());
    app.db
        .write(move |tx| {
            if Ad::page(tx, 0, MOST_ADS as u32)?.len() >= MOST_ADS {
                return Err(Fault::Limit { max: MOST_ADS.to_string(), what: "the ads that are kept" });
            }
            let ad = Ad {
                id: AdId(0),
                text: text.clone(),
                link: copy.link.clone().unwrap_or_default(),
                weight: copy.weight.unwrap_or(1),
                active: true,
                shown: 0,
                created_at: now,
            };
            let id = ad.insert(tx)?;
            audit::note(tx, &admin, "ad", id.to_string(), now)?;
            Ok(AdId(id))
        })
        .await
}

/// Changes an ad.
///
/// # Errors
/// [`Fault::NotFound`].
pub async fn edit_ad(app: &App, admin: Admin<'_>, id: AdId, copy: Copy) -> Result<(), Fault> {
    let (admin, now) = (admin.0.clone(), app.clock.now());
    app.db
        .write(move |tx| {
            let ad = Ad::get(tx, id)?.ok_or(Fault::NotFound("no ad of that number"))?;
            let copy = copy.clone();
            ad.edit(tx, copy.text, copy.link, copy.weight, copy.active)?;
            audit::note(tx, &admin, "adset", id.to_string(), now)
        })
        .await
}

/// The ads, by number.
///
/// # Errors
/// Of the database.
pub async fn ads(app: &App, _: Admin<'_>, paging: Paging) -> Result<Page<Ad>, Fault> {
    let (after, limit) = (paging.number(0)?, paging.limit);
    let rows = app.db.read(move |tx| Ad::page(tx, after, limit + 1)).await?;
    Ok::<_, Fault>(Page::cut(rows, limit, |ad| ad.id.to_string()))
}
