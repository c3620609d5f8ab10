//! Taking an import's file.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, EXPECT};
use directory::access::{Context, ManageIdentities, View};
use directory::imports::{CHUNK_ROWS, CHUNK_SIZE, Row};
use directory::{Directory, Error, ImportId, OrganizationId, Schema, Time, records};
use tokio::sync::mpsc::Sender;

use super::size::sized;
use super::{Import, manner};
use crate::api::Api;
use crate::caller::{Item, Within};
use crate::import::{Manner, Piece, Stop, feed, read};
use crate::problem::Problem;
use crate::revision::Revised;

/// The most octets of a file.
const FILE: u64 = 256 << 20;
/// How long a file may take to arrive.
const TIME: Duration = Duration::from_secs(30 * 60);
/// The kinds of bodies that are taken.
const KINDS: [&str; 5] =
    ["text/csv", "text/ldif", "application/ldif", "text/plain", "application/octet-stream"];

/// A file as it arrives, if it is one by what the request says.
pub(crate) struct File(Option<Body>);

impl FromRequest<Api> for File {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Api) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let kind = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
        let known = KINDS.iter().any(|kind| kind.eq_ignore_ascii_case(essence));
        // Who asks whether to send it at all; who just sends it would not look at an answer before.
        if parts.headers.contains_key(EXPECT) && body.size_hint().lower() > FILE {
            return Err(too_large());
        }
        Ok(Self(known.then_some(body)))
    }
}

/// Takes the file of an import: 256 MiB and 250000 rows at most. Once it is here as a whole, its
/// rows are checked; until then it can be sent anew.
#[utoipa::path(
    put,
    path = "/organizations/{organization}/imports/{import}/content",
    tag = "Imports",
    request_body(
        content = String,
        content_type = "text/csv",
        description = "The file: CSV or LDIF.",
        example = json!("login,display_name,surname\nada,Ada Lovelace,Lovelace\n")
    ),
    responses((status = 200, description = "It is being checked.", body = Import)),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn upload_import(
    within: Within<ManageIdentities>,
    Item(import): Item,
    file: File,
) -> Result<Revised<Import>, Problem> {
    let (organization, context) = (within.organization, within.caller.context);
    let (manner, schema) = {
        let reading = within.caller.read()?;
        let grant = reading.authorize::<View>(organization)?;
        let imports = grant.imports();
        (manner(&imports.read(imports.id_of(import)?)?)?, grant.schema()?)
    };
    let body = file.0.ok_or_else(no_file)?;
    let api = &within.caller.api;
    let upload_under_way = api.uploads.begin(organization).ok_or_else(Problem::too_many_files)?;
    let begun = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        let mut imports = grant.imports();
        let id = imports.id_of(import)?;
        Ok((id, imports.begin_upload(id)?))
    });
    let (id, upload) = begun.await?;
    let (sender, make) = feed();
    let clock = api.clone();
    let take = api.blocking(move |directory| {
        let now = move || clock.now();
        let taker = Taker { directory, context, now: &now, organization, id, upload };
        let taken = taker.take(make, &manner, &schema);
        drop(upload_under_way);
        taken
    });
    let idle = api.limits.body_time;
    let arrive = tokio::time::timeout(TIME, arrive(body, sender, idle));
    let (arrived, taken) = tokio::join!(arrive, take);
    // Why it did not arrive says more than that it was cut off.
    arrived.unwrap_or_else(|_| Err(too_slow()))?;
    Import::revised(taken?)
}

/// Hands a body on as it arrives.
async fn arrive(mut body: Body, sender: Sender<Piece>, idle: Duration) -> Result<(), Problem> {
    let mut left = FILE;
    loop {
        let frame = poll_fn(|context| Pin::new(&mut body).poll_frame(context));
        let Ok(frame) = tokio::time::timeout(idle, frame).await else { return Err(too_slow()) };
        let piece = match frame {
            None => Piece::End,
            Some(Ok(frame)) => match frame.into_data() {
                Ok(octets) => Piece::Octets(octets),
                Err(_) => continue,
            },
            Some(Err(_)) => {
                let detail = "The file ended before it was complete; send it again.";
                let (status, kind) = (StatusCode::BAD_REQUEST, "/problems/malformed");
                return Err(Problem::new(status, kind, "Cut off", detail));
            }
        };
        let ends = matches!(piece, Piece::End);
        if let Piece::Octets(octets) = &piece {
            left = left.checked_sub(octets.len() as u64).ok_or_else(too_large)?;
        }
        // Whoever takes the rows may have stopped, and says why.
        if sender.send(piece).await.is_err() || ends {
            return Ok(());
        }
    }
}

pub(crate) fn no_file() -> Problem {
    let detail = format!("Send the file with a Content-Type of these: {}.", KINDS.join(", "));
    let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    Problem::new(status, "/problems/not-a-file", "Not a file", detail)
}

/// Nothing of such a file can be applied: what would be left out is not known.
fn unreadable(why: &str) -> Problem {
    let detail = format!("The file cannot be read: {why}. Mend it, and send it again.");
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    Problem::new(status, "/problems/invalid", "Not readable", detail)
}

fn too_large() -> Problem {
    let detail = "The file has more than 256 MiB; send it in several imports.";
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "/problems/too-large", "Too large", detail)
}

fn too_slow() -> Problem {
    let detail = "The file took too long to arrive; send it again.";
    Problem::new(StatusCode::REQUEST_TIMEOUT, "/problems/too-slow", "Too slow", detail)
}

/// Takes rows into an import, many in one change.
struct Taker<'a> {
    directory: &'a Directory,
    /// Who sends it.
    context: Context,
    now: &'a dyn Fn() -> Time,
    organization: OrganizationId,
    id: ImportId,
    upload: u32,
}

impl Taker<'_> {
    fn take(
        &self,
        make: impl FnOnce() -> crate::import::Feed,
        manner: &Manner,
        schema: &Schema,
    ) -> Result<records::Import, Problem> {
        let (mut rows, mut size) = (Vec::new(), 0_usize);
        let read = read::<Error>(make(), manner, schema, &mut |row| {
            let (row, octets) = sized(row);
            size = size.saturating_add(octets);
            rows.push(row);
            if rows.len() < CHUNK_ROWS && size < CHUNK_SIZE {
                return Ok(());
            }
            size = 0;
            self.keep(std::mem::take(&mut rows))
        });
        let ignored = match read {
            Ok(ignored) => ignored,
            Err(Stop::Refused(error)) => return Err(error.into()),
            Err(Stop::CutOff) => {
                let detail = "The file ended before it was complete; send it again.";
                let (status, kind) = (StatusCode::BAD_REQUEST, "/problems/malformed");
                return Err(Problem::new(status, kind, "Cut off", detail));
            }
            Err(Stop::Headings(why)) => return Err(Problem::invalid(why.pointer, why.message)),
            Err(Stop::Unreadable(why)) => return Err(unreadable(&why)),
        };
        if !rows.is_empty() {
            self.keep(rows)?;
        }
        let (organization, id, upload) = (self.organization, self.id, self.upload);
        Ok(self.directory.change(self.context(), move |change| {
            let mut grant = change.authorize::<ManageIdentities>(organization)?;
            grant.imports().finish_upload(id, upload, ignored)
        })?)
    }

    /// Who sends it, by what counts by now: a file may take half an hour.
    fn context(&self) -> Context {
        Context { now: (self.now)(), ..self.context }
    }

    fn keep(&self, rows: Vec<Row>) -> Result<(), Error> {
        let (organization, id, upload) = (self.organization, self.id, self.upload);
        self.directory.change(self.context(), move |change| {
            let mut grant = change.authorize::<ManageIdentities>(organization)?;
            grant.imports().append(id, upload, &rows)
        })
    }
}
